//! `eventually`: a state comes about.

use std::sync::Arc;

use super::state_want::{self, StateWant};
use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "eventually",
    shape: Shape::Map(state_want::FIELDS),
    beside: &[],
    doc: "Passes as soon as the shadow is as described, or the pin has the value, now or `within` the limit.",
    example: "eventually: { shadow: { reported: { signal: 2 }, delta: { $absent: true } } }",
    read: |context, problems| {
        let want = StateWant::read(context, "eventually", problems)?;
        Some(Arc::new(Eventually { want }))
    },
};

#[derive(Debug)]
struct Eventually {
    want: StateWant,
}

impl Step for Eventually {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let (differences, found) = self.want.differences(run);
        if !differences.is_empty() {
            return Progress::Waiting(None);
        }
        run.variables.extend(found);
        Progress::Passed(self.want.value(run))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        let headline = format!("{} is not as described within {within}", self.want.subject());
        self.want.mismatch(headline, run)
    }

    fn needs(&self) -> &'static [&'static str] {
        self.want.needs()
    }
}
