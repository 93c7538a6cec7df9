//! `set-pin`: an input of the board is driven.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, required};
use crate::scenario::node::{Data, Node};

const FIELDS: &[Field] = &[
    required("pin", Shape::Text, "the pin, or what hangs on it, by the board's name for it"),
    required("value", Shape::Integer, "0 or 1, or a whole number in the unit of what hangs on it"),
];

pub(super) const VERB: Verb = Verb {
    name: "set-pin",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Drives an input of the board: a button, or a sensor's reading. The simulated board has `wake`, `battery` and `bus` (millivolts), \
          `motor-current` (milliamperes) and `temperature` (thousandths of a degree). Needs `pins`.",
    example: "set-pin: { pin: battery, value: 3300 }",
    read: |context, _| {
        let pin = context.node.get("pin").and_then(Node::text)?.to_owned();
        Some(Arc::new(SetPin { pin, value: whole(context.node.get("value")?)? }))
    },
};

/// A whole number, below zero too.
pub(super) fn whole(node: &Node) -> Option<i64> {
    match &node.data {
        Data::Number(number) => number.as_i64(),
        _ => None,
    }
}

#[derive(Debug)]
struct SetPin {
    pin: String,
    value: i64,
}

impl Step for SetPin {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::SetPin { pin: self.pin.clone(), value: self.value })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the pin was not set")
    }

    fn needs(&self) -> &'static [&'static str] {
        &["pins"]
    }
}
