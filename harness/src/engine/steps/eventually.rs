//! `eventually`: a state comes about.

use std::sync::Arc;

use super::shadow_want::{self, ShadowWant};
use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "eventually",
    shape: Shape::Map(shadow_want::FIELDS),
    beside: &[],
    doc: "Passes as soon as the shadow is as described, now or `within` the limit.",
    example: "eventually: { shadow: { reported: { signal: 2 }, delta: { $absent: true } } }",
    read: |context, _| Some(Arc::new(Eventually { want: ShadowWant::read(context.node)? })),
};

#[derive(Debug)]
struct Eventually {
    want: ShadowWant,
}

impl Step for Eventually {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let (differences, found) = self.want.differences(run);
        if !differences.is_empty() {
            return Progress::Waiting(None);
        }
        run.variables.extend(found);
        Progress::Passed(self.want.value(run).unwrap_or_default())
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        self.want.mismatch(format!("the shadow is not as described within {within}"), run)
    }
}
