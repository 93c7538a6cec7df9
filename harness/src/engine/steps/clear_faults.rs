//! `clear-faults`: the cloud behaves again.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;

pub(super) const VERB: Verb = Verb {
    name: "clear-faults",
    shape: Shape::Choice(&["all"]),
    beside: &[],
    doc: "Takes off every fault that is still armed; those that were never met no longer fail the file.",
    example: "clear-faults: all",
    read: |_, _| Some(Arc::new(ClearFaults)),
};

#[derive(Debug)]
struct ClearFaults;

impl Step for ClearFaults {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::ClearFaults)
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the faults were not cleared")
    }
}
