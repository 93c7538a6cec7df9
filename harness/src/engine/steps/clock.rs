//! `clock`: the cloud's clock is moved.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::{Action, ClockOrder};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::scenario::problem::{Problem, ProblemKind};
use crate::time;

const FIELDS: &[Field] = &[
    optional("advance", Shape::SignedSpan, "move it on, on top of what it is off already"),
    optional("set", Shape::Text, "make it show this point in time, as `2036-02-07T06:28:16Z`"),
    optional(
        "skew",
        Shape::SignedSpan,
        "let it be off from the true time by this; `0s` puts it right",
    ),
];

pub(super) const VERB: Verb = Verb {
    name: "clock",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Moves the cloud's clock: its `Date`, the time stamps in metadata and the window for signatures. It is put right at the end.",
    example: "clock: { skew: +20m }",
    read: |context, problems| {
        let node = context.node;
        let millis =
            |key: &str| node.get(key).and_then(Node::text).and_then(time::parse_signed_millis);
        let set = match node.get("set") {
            None => None,
            Some(set) => match set.text().and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
                Some(at) => Some(ClockOrder::Set(at.as_millisecond())),
                None => {
                    let wanted = "a point in time, as 2036-02-07T06:28:16Z".to_owned();
                    let kind = ProblemKind::WrongKind { wanted, got: set.kind().to_owned() };
                    problems.push(Problem::new(set.span, kind));
                    return None;
                }
            },
        };
        let orders =
            [millis("advance").map(ClockOrder::Advance), set, millis("skew").map(ClockOrder::Skew)];
        let Some(order) = orders.into_iter().flatten().next() else {
            let kind = ProblemKind::Missing { key: "advance, set or skew", what: "`clock`".into() };
            problems.push(Problem::new(node.span, kind));
            return None;
        };
        Some(Arc::new(Clock { order }))
    },
};

#[derive(Debug)]
struct Clock {
    order: ClockOrder,
}

impl Step for Clock {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Clock(self.order))
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the clock was not moved")
    }
}
