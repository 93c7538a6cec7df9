//! `wait`: nothing is done for a while. The last resort; `check` warns about it.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::plan::Common;
use crate::scenario::problem::{Problem, ProblemKind};
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "wait",
    shape: Shape::Span,
    beside: &[],
    doc: "Waits a fixed time. Prefer an `expect-...` with `within`: it goes on as soon as it can.",
    example: "wait: 5s",
    read: |context, problems| {
        problems.push(Problem::new(context.node.span, ProblemKind::Wait));
        Some(Arc::new(Wait { length: time::parse_span(context.node.text()?)? }))
    },
};

#[derive(Debug)]
struct Wait {
    length: Duration,
}

impl Step for Wait {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let end = run.started_at.after(self.length);
        if run.now < end { Progress::Waiting(Some(end)) } else { Progress::passed() }
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("`within` is shorter than the wait")
    }

    fn within(&self, common: &Common) -> Duration {
        common.within.unwrap_or(self.length).max(self.length)
    }
}
