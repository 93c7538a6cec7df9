//! `fault`: the cloud fails on purpose.

use std::sync::Arc;

use super::{Context, Step, Verb};
use crate::engine::action::{Action, FaultOrder, FaultTarget, Times};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::fault;
use crate::scenario::field::{Shape, optional, percent};
use crate::scenario::node::{Data, Node};
use crate::scenario::problem::Problem;
use crate::scenario::request_pattern;
use crate::scenario::template;
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "fault",
    shape: Shape::Fault,
    beside: &[
        optional(
            "to",
            Shape::Text,
            "the requests that it acts on, as `POST shadow`, or `connect`; any request where it is left out",
        ),
        optional(
            "times",
            Shape::OneOf(&[Shape::Whole, Shape::Choice(&["always"])]),
            "how many of them; default as the kind has it, mostly 1",
        ),
        optional("after", Shape::Whole, "how many it lets pass first; default 0"),
        optional(
            "chance",
            Shape::Percent,
            "the share of them that it acts on, drawn with the seed of the run; default as the kind has it, mostly 100%",
        ),
    ],
    doc: "Arms a fault; the step passes as soon as the fault is armed, so a device that connects right after meets it. `for` disarms it after \
          that long. A fault that is never met fails the file.",
    example: "fault: { status: 503 }",
    read,
};

fn read(context: &Context<'_>, problems: &mut Vec<Problem>) -> Option<Arc<dyn Step>> {
    let description = fault::description(context.node);
    if let Err(problem) = fault::check(context.node, &description) {
        problems.push(*problem);
        return None;
    }
    let target = read_target(context.step.get("to"), problems)?;
    let whole = |key: &str| match context.step.get(key).map(|node| &node.data) {
        Some(Data::Number(number)) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        _ => None,
    };
    let always = context.step.get("times").and_then(Node::text) == Some("always");
    let chance = context.step.get("chance").and_then(Node::text).and_then(percent);
    let order = FaultOrder {
        description,
        target,
        times: if always { Some(Times::Always) } else { whole("times").map(Times::Count) },
        after: whole("after").unwrap_or(0),
        armed_for: context.step.get("for").and_then(Node::text).and_then(time::parse_span),
        chance: chance.map(|percent| percent / 100.0),
    };
    Some(Arc::new(Fault { order }))
}

fn read_target(node: Option<&Node>, problems: &mut Vec<Problem>) -> Option<FaultTarget> {
    let Some(node) = node else { return Some(FaultTarget::Any) };
    match node.text()? {
        "connect" => Some(FaultTarget::Connect),
        text => match request_pattern::parse_short(text) {
            Ok(pattern) => Some(FaultTarget::Request(pattern)),
            Err(kind) => {
                problems.push(Problem::new(node.span, kind));
                None
            }
        },
    }
}

#[derive(Debug)]
struct Fault {
    order: FaultOrder,
}

impl Step for Fault {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|variables| {
            let description = template::fill_json(&self.order.description, variables);
            Action::ArmFault(FaultOrder { description, ..self.order.clone() })
        })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the fault was not armed")
    }
}
