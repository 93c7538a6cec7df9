//! `always`: a state holds for a while.

use std::sync::Arc;
use std::time::Duration;

use super::state_want::{self, StateWant};
use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::plan::Common;

pub(super) const VERB: Verb = Verb {
    name: "always",
    shape: Shape::Map(state_want::FIELDS),
    beside: &[],
    doc: "Passes when the shadow is as described now, or the pin has the value, and stays so `for` that long; fails at once when it is not.",
    example: "always: { shadow: { reported: { signal: 2 } } }",
    read: |context, problems| {
        let want = StateWant::read(context, "always", problems)?;
        Some(Arc::new(Always { want }))
    },
};

#[derive(Debug)]
struct Always {
    want: StateWant,
}

impl Step for Always {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        if !self.want.differences(run).0.is_empty() {
            let headline = format!("{} is not as described all the time", self.want.subject());
            return Progress::failed(self.want.mismatch(headline, run));
        }
        let end = run.started_at.after(run.common.watch_for.unwrap_or_default());
        if run.now < end { Progress::Waiting(Some(end)) } else { Progress::passed() }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        // The limit is never shorter than the time to watch.
        self.want.mismatch("the time to watch was not over".into(), run)
    }

    fn needs(&self) -> &'static [&'static str] {
        self.want.needs()
    }

    fn within(&self, common: &Common) -> Duration {
        common.limit().max(common.watch_for.unwrap_or_default())
    }
}
