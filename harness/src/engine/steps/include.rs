//! `include`: the steps of another file.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::nested::{self, NO_LIMIT};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::plan::{Common, PlannedStep};
use crate::time;

const FIELDS: &[Field] = &[
    required("file", Shape::Text, "the file, from the folder of the one that names it"),
    optional("vars", Shape::AnyKeys(&Shape::Json), "values for `${name}` in that file"),
];

pub(super) const VERB: Verb = Verb {
    name: "include",
    shape: Shape::OneOf(&[Shape::Text, Shape::Map(FIELDS)]),
    beside: &[],
    doc: "Runs the steps of another file, which holds `version`, `steps` and, where it wants, `description` and `vars`: values that `vars` \
          here overrides. What its steps capture is known to the steps behind. Begin its name with `_`, so that a folder's run does not \
          take it for a scenario.",
    example: "include: { file: _obey.yaml, vars: { signal: 2 } }",
    read: |context, _| Some(Arc::new(Include { steps: context.inner.to_vec() })),
};

#[derive(Debug)]
struct Include {
    steps: Vec<PlannedStep>,
}

impl Step for Include {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        nested::in_order(&self.steps, run)
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        Mismatch::new(
            MismatchKind::StepsTooLong,
            format!("the steps of the file took longer than {within}"),
            format!("an end within {within}"),
            format!("{} of {} were over", run.memory.nested.over, self.steps.len()),
        )
        .with_window(run.started_index..run.log.len())
    }

    fn within(&self, common: &Common) -> Duration {
        common.within.unwrap_or(NO_LIMIT)
    }

    fn inner(&self) -> &[PlannedStep] {
        &self.steps
    }
}
