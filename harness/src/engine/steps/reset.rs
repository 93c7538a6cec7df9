//! `reset`: the chip is reset by its reset pin.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::{Action, ActionError};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;

pub(super) const VERB: Verb = Verb {
    name: "reset",
    shape: Shape::Choice(&["pin"]),
    beside: &[],
    doc: "Resets the chip as its reset button does. What the device keeps in memory that only deep sleep keeps is lost. \
          The reset is told as `external` and the wake as `reset` on every board: most chips take their reset pin for power, but the rig knows what it did.",
    example: "reset: pin",
    read: |_, _| Some(Arc::new(Reset)),
};

#[derive(Debug)]
struct Reset;

impl Step for Reset {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Reset)
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        not_done("the board was not reset")
    }
}

/// Why an action that should be over is not.
pub(super) fn not_done(what: &str) -> Mismatch {
    Mismatch::of_rig(&ActionError::new("finish the step in time", what))
}
