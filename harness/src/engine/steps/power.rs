//! `power`: the supply is cut, restored or cycled.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::action::{Action, PowerOrder};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Shape, optional};
use crate::scenario::node::Node;
use crate::time;

/// How long the supply is off in a cycle where the scenario does not say: long enough for a board's capacitors.
pub(super) const OFF_DEFAULT: Duration = Duration::from_secs(1);

pub(super) const VERB: Verb = Verb {
    name: "power",
    shape: Shape::Choice(&["cut", "restore", "cycle"]),
    beside: &[optional("off-for", Shape::Span, "how long a cycle leaves it off; default 1s")],
    doc: "Cuts the supply, restores it, or does both. What the device keeps across deep sleep only is lost.",
    example: "power: cycle",
    read: |context, _| {
        let off = context.step.get("off-for").and_then(Node::text).and_then(time::parse_span);
        let order = match context.node.text()? {
            "cut" => PowerOrder::Cut,
            "restore" => PowerOrder::Restore,
            _ => PowerOrder::Cycle(off.unwrap_or(OFF_DEFAULT)),
        };
        Some(Arc::new(Power { order }))
    },
};

#[derive(Debug)]
struct Power {
    order: PowerOrder,
}

impl Step for Power {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Power(self.order))
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the supply was not switched")
    }

    fn needs(&self) -> &'static [&'static str] {
        &["power-switch"]
    }
}
