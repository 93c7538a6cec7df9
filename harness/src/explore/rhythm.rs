//! When a device slept in a run: another one, however quick it is, can be waited for by that.

use super::script::{steps_began, within, write_cycles, write_wait};
use crate::engine::{Event, Log};
use crate::time::Moment;

/// When a device slept and woke, at the time of the steps, and what of it was waited for.
#[derive(Debug, Clone)]
pub struct Rhythm {
    /// In order, with whether it is a sleep.
    turns: Vec<(Moment, bool)>,
    /// How many sleeps were waited for.
    waited: usize,
    now: Moment,
}

impl Rhythm {
    /// That of a run.
    #[must_use]
    pub fn of(log: &Log) -> Self {
        let began = steps_began(log);
        let turns = log.entries().iter().filter_map(|entry| {
            let sleeps = match entry.event {
                Event::Sleep { .. } => true,
                Event::Wake { .. } => false,
                _ => return None,
            };
            Some((Moment::at(entry.at.since(began)), sleeps))
        });
        Self { turns: turns.collect(), waited: 0, now: Moment::START }
    }

    /// Waits for what is done then. The sleeps up to it are waited for; a time is left only where the device is awake again by
    /// then, or where no sleep comes before.
    pub(super) fn write_gap(&mut self, text: &mut String, at: Moment) {
        let before = |turn: &&(Moment, bool)| turn.0 <= at;
        let slept = self.sleeps_until(at);
        if let Some(count) = slept.checked_sub(self.waited).filter(|count| *count > 0) {
            write_cycles(text, count, within(at.since(self.now)));
            self.waited = slept;
            let last = self.turns.iter().filter(before).rfind(|(_, sleeps)| *sleeps);
            self.now = last.map_or(self.now, |(slept, _)| *slept);
        }
        let is_asleep = self.turns.iter().take_while(before).last().is_some_and(|turn| turn.1);
        if !is_asleep {
            write_wait(text, at.since(self.now));
        }
        self.now = self.now.max(at);
    }

    /// Waits for one sleep more than there were then.
    pub(super) fn write_end(&self, text: &mut String, at: Moment) {
        let count = self.sleeps_until(at).saturating_sub(self.waited) + 1;
        write_cycles(text, count, within(at.since(self.now)));
    }

    fn sleeps_until(&self, at: Moment) -> usize {
        self.turns.iter().filter(|(turn, sleeps)| *sleeps && *turn <= at).count()
    }
}
