//! `never`: an event did not happen, and does not for a while.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind, NearMiss};
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::plan::Common;
use crate::scenario::watch::{self, Watch};

pub(super) const VERB: Verb = Verb {
    name: "never",
    shape: watch::SHAPE,
    beside: &[],
    doc: "Passes when no such event happened since the beginning of the run, or `since:`, and none does `for` that long.",
    example: "never: POST shadow",
    read: |context, _| Some(Arc::new(Never { watch: Watch::read(context.node)? })),
};

#[derive(Debug)]
struct Never {
    watch: Watch,
}

impl Step for Never {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.since().unwrap_or(0);
        if let Some(index) = search::all(&self.watch, start, run).first().copied() {
            return Progress::failed(happened(&self.watch, index, run));
        }
        let end = run.started_at.after(run.common.watch_for.unwrap_or_default());
        if run.now < end { Progress::Waiting(Some(end)) } else { Progress::passed() }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        // The limit is never shorter than the time to watch.
        super::reset::not_done("the time to watch was not over")
            .with_window(run.started_index..run.log.len())
    }

    fn hears_shadow(&self) -> bool {
        self.watch.hears_shadow()
    }

    fn within(&self, common: &Common) -> Duration {
        common.limit().max(common.watch_for.unwrap_or_default())
    }
}

fn happened(watch: &Watch, index: usize, run: &Run<'_>) -> Mismatch {
    let at = run.log.entries().get(index).map_or(run.now, |entry| entry.at);
    Mismatch::new(
        MismatchKind::NeverHappened,
        format!("{} happened, and never should", watch.filled(run.variables).words()),
        "that it never happens",
        format!("one at {at}"),
    )
    .with_nearest(Some(NearMiss { index, differences: Vec::new(), explanation: None }))
    .with_window(index.saturating_sub(5)..run.log.len())
}
