//! Live progress on a terminal: a line for each case that runs, with the step that it is at.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::scheduler::Update;

/// How often a line is drawn again.
const TICK: Duration = Duration::from_millis(100);

/// The lines of the cases that run.
pub(super) struct Progress {
    lines: MultiProgress,
    running: BTreeMap<usize, ProgressBar>,
    style: ProgressStyle,
}

impl Progress {
    /// Lines on standard error, or nothing where no person watches.
    pub(super) fn new(live: bool) -> Self {
        let target = if live { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("  {spinner} {elapsed:>4} {prefix} {wide_msg:.dim}");
        Self {
            lines: MultiProgress::with_draw_target(target),
            running: BTreeMap::new(),
            style: style.unwrap_or_else(|_| ProgressStyle::default_spinner()),
        }
    }

    /// Draws what an update says; `name` is the case's.
    pub(super) fn update(&mut self, update: &Update, name: &str) {
        match update {
            Update::Began(number) => {
                let line = self.lines.add(ProgressBar::new_spinner());
                line.set_style(self.style.clone());
                line.set_prefix(name.to_owned());
                line.enable_steady_tick(TICK);
                self.running.insert(*number, line);
            }
            Update::At(number, at, of, title) => {
                if let Some(line) = self.running.get(number) {
                    line.set_message(format!("{at}/{of} {title}"));
                }
            }
            Update::Note(_) => {}
            Update::Moved(number) | Update::Over(number, _) => {
                if let Some(line) = self.running.remove(number) {
                    line.finish_and_clear();
                }
            }
        }
    }

    /// Takes the lines away while something else is written.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.lines.suspend(write)
    }
}
