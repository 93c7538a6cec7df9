//! `all-of`: several steps at once, in any order.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::nested::{self, NO_LIMIT};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::plan::{Common, PlannedStep};

pub(super) const VERB: Verb = Verb {
    name: "all-of",
    shape: Shape::Steps,
    beside: &[],
    doc: "Begins all its steps at once and passes when each of them has, in whatever order. Each looks forward from the same place. \
          A `within` beside it holds for each step that has none of its own.",
    example: "all-of: [expect-request: GET shadow, expect-console: 'got 200']",
    read: |context, _| Some(Arc::new(AllOf { steps: context.inner.to_vec() })),
};

#[derive(Debug)]
struct AllOf {
    steps: Vec<PlannedStep>,
}

impl Step for AllOf {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        if run.memory.mark.replace(0).is_none() {
            nested::begin_all(&self.steps, run);
        }
        let mut left = std::mem::take(&mut run.memory.nested.frames).into_iter();
        let mut next = None;
        while let Some((at, mut frame)) = left.next() {
            let Some(step) = self.steps.get(at) else { continue };
            match run.look(step, &mut frame) {
                Progress::Passed(_) => {
                    let read = frame.cursors.unwrap_or_default();
                    run.memory.nested.read = run.memory.nested.read.max(read);
                }
                Progress::Failed(mismatch) => {
                    run.memory.nested.frames.extend(left);
                    return Progress::Failed(mismatch);
                }
                Progress::Waiting(tick) => {
                    next = [next, tick].into_iter().flatten().min();
                    run.memory.nested.frames.push((at, frame));
                }
            }
        }
        if !run.memory.nested.frames.is_empty() {
            return Progress::Waiting(next);
        }
        *run.cursors = run.cursors.max(run.memory.nested.read);
        Progress::passed()
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("some of the steps had not passed")
    }

    fn within(&self, _: &Common) -> Duration {
        NO_LIMIT
    }

    fn inner(&self) -> &[PlannedStep] {
        &self.steps
    }
}
