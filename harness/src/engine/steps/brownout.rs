//! `brownout`: the supply sags for a moment.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::amount::Quantity;
use crate::scenario::field::{Field, Shape, required};
use crate::scenario::node::Node;
use crate::time;

const FIELDS: &[Field] = &[
    required("to", Shape::Amount(Quantity::Voltage), "the voltage to which it sags"),
    required("for", Shape::Span, "how long"),
];

pub(super) const VERB: Verb = Verb {
    name: "brownout",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Lets the supply sag and brings it back; the chip's detector may reset it. Needs a programmable supply. Resets by brownout fail a \
          case unless it says `allow: [brownout]`.",
    example: "brownout: { to: 2.6V, for: 30ms }",
    read: |context, _| {
        let text = |key: &str| context.node.get(key).and_then(Node::text);
        let microvolts = Quantity::Voltage.parse(text("to")?)?;
        Some(Arc::new(Brownout {
            to_mv: u32::try_from(microvolts / 1000).unwrap_or(u32::MAX),
            length: time::parse_span(text("for")?)?,
        }))
    },
};

#[derive(Debug)]
struct Brownout {
    to_mv: u32,
    length: Duration,
}

impl Step for Brownout {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Brownout { to_mv: self.to_mv, length: self.length })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the supply did not sag")
    }

    fn needs(&self) -> &'static [&'static str] {
        &["programmable-supply"]
    }
}
