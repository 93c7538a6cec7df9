//! `always`: a state holds for a while.

use std::sync::Arc;
use std::time::Duration;

use super::shadow_want::{self, ShadowWant};
use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::plan::Common;

pub(super) const VERB: Verb = Verb {
    name: "always",
    shape: Shape::Map(shadow_want::FIELDS),
    beside: &[],
    doc: "Passes when the shadow is as described now and stays so `for` that long; fails at once when it is not.",
    example: "always: { shadow: { reported: { signal: 2 } } }",
    read: |context, _| Some(Arc::new(Always { want: ShadowWant::read(context.node)? })),
};

#[derive(Debug)]
struct Always {
    want: ShadowWant,
}

impl Step for Always {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        if !self.want.differences(run).0.is_empty() {
            let headline = "the shadow is not as described all the time".to_owned();
            return Progress::failed(self.want.mismatch(headline, run));
        }
        let end = run.started_at.after(run.common.watch_for.unwrap_or_default());
        if run.now < end { Progress::Waiting(Some(end)) } else { Progress::passed() }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        self.want.mismatch("the time to watch is longer than `within`".into(), run)
    }

    fn within(&self, common: &Common) -> Duration {
        common.limit().max(common.watch_for.unwrap_or_default())
    }
}
