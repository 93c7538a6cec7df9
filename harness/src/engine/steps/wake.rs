//! `wake`: the sleeping device is woken before its time.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;

pub(super) const VERB: Verb = Verb {
    name: "wake",
    shape: Shape::Choice(&["pin"]),
    beside: &[],
    doc: "Wakes the sleeping device by its wake pin; its wake cause is `external`, not `timer`.",
    example: "wake: pin",
    read: |_, _| Some(Arc::new(Wake)),
};

#[derive(Debug)]
struct Wake;

impl Step for Wake {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Wake)
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the board was not woken")
    }

    fn needs(&self) -> &'static [&'static str] {
        &["wake-pin"]
    }
}
