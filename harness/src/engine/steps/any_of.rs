//! `any-of`: several steps at once, one of which must pass.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::nested::{self, NO_LIMIT};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::plan::{Common, PlannedStep};

pub(super) const VERB: Verb = Verb {
    name: "any-of",
    shape: Shape::Steps,
    beside: &[],
    doc: "Begins all its steps at once and passes with the first that does; the others are left where they are. Fails when all have. \
          A `within` beside it holds for each step that has none of its own.",
    example: "any-of: [expect-console: 'got 200', expect-console: 'got 503']",
    read: |context, _| Some(Arc::new(AnyOf { steps: context.inner.to_vec() })),
};

#[derive(Debug)]
struct AnyOf {
    steps: Vec<PlannedStep>,
}

impl Step for AnyOf {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        if run.memory.mark.replace(0).is_none() {
            nested::begin_all(&self.steps, run);
        }
        let mut left = std::mem::take(&mut run.memory.nested.frames).into_iter();
        let mut next = None;
        while let Some((at, mut frame)) = left.next() {
            let Some(step) = self.steps.get(at) else { continue };
            match run.look(step, &mut frame) {
                Progress::Passed(seen) => {
                    *run.cursors = frame.cursors.unwrap_or(*run.cursors);
                    run.memory.nested.frames.extend(left);
                    return Progress::Passed(seen);
                }
                // The rig's own failure is no answer of the device.
                Progress::Failed(mismatch) if mismatch.is_of_rig() => {
                    run.memory.nested.frames.extend(left);
                    return Progress::Failed(mismatch);
                }
                Progress::Failed(mismatch) => run.memory.nested.failed.push(*mismatch),
                Progress::Waiting(tick) => {
                    next = [next, tick].into_iter().flatten().min();
                    run.memory.nested.frames.push((at, frame));
                }
            }
        }
        match run.memory.nested.frames.is_empty() {
            true => Progress::failed(self.none(run)),
            false => Progress::Waiting(next),
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        self.none(run)
    }

    fn within(&self, _: &Common) -> Duration {
        NO_LIMIT
    }

    fn inner(&self) -> &[PlannedStep] {
        &self.steps
    }
}

impl AnyOf {
    fn none(&self, run: &Run<'_>) -> Mismatch {
        let titles: Vec<_> = self.steps.iter().map(|step| step.title.as_str()).collect();
        let failed = &run.memory.nested.failed;
        let why: Vec<_> = failed.iter().map(|mismatch| mismatch.headline.as_str()).collect();
        let why = if why.is_empty() { "none of them ran".to_owned() } else { why.join("; ") };
        let nearest = failed.iter().find_map(|mismatch| mismatch.nearest.clone());
        Mismatch::new(
            MismatchKind::NoneOfSteps,
            "none of the steps passed",
            titles.join(", or "),
            why,
        )
        .with_nearest(nearest)
        .with_window(run.started_index..run.log.len())
    }
}
