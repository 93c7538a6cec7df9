//! `fault`: the cloud fails on purpose.

use std::sync::Arc;

use super::{Context, Step, Verb};
use crate::engine::action::{Action, FaultOrder, FaultTarget};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::fault_kind::{self, KINDS};
use crate::scenario::field::{Shape, optional, percent};
use crate::scenario::node::{Data, Node};
use crate::scenario::problem::{Problem, ProblemKind, nearest};
use crate::scenario::request_pattern;
use crate::scenario::template;
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "fault",
    shape: Shape::OneOf(&[Shape::AnyKeys(&Shape::Json), Shape::Text]),
    beside: &[
        optional(
            "to",
            Shape::Text,
            "the requests that it acts on, as `POST shadow`, or `connect`; any request where it is left out",
        ),
        optional(
            "times",
            Shape::OneOf(&[Shape::Whole, Shape::Choice(&["always"])]),
            "how many of them; default 1",
        ),
        optional("after", Shape::Whole, "how many it lets pass first; default 0"),
        optional(
            "chance",
            Shape::Percent,
            "the share of them that it acts on, drawn with the seed of the run; default 100%",
        ),
    ],
    doc: "Arms a fault; the step passes as soon as the fault is armed, so a device that connects right after meets it. `for` disarms it after \
          that long. A fault that is never met fails the file.",
    example: "fault: { status: 503 }",
    read,
};

fn read(context: &Context<'_>, problems: &mut Vec<Problem>) -> Option<Arc<dyn Step>> {
    let kind = read_kind(context.node, problems)?;
    let target = read_target(context.step.get("to"), problems)?;
    let whole = |key: &str| match context.step.get(key).map(|node| &node.data) {
        Some(Data::Number(number)) => number.as_u64().and_then(|n| u32::try_from(n).ok()),
        _ => None,
    };
    let always = context.step.get("times").and_then(Node::text) == Some("always");
    let chance = context.step.get("chance").and_then(Node::text).and_then(percent);
    let armed_for = context.step.get("for").and_then(Node::text).and_then(time::parse_span);
    Some(Arc::new(Fault {
        order: FaultOrder {
            kind,
            parameters: context.node.to_json(),
            target,
            times: if always { None } else { Some(whole("times").unwrap_or(1)) },
            after: whole("after").unwrap_or(0),
            armed_for,
            chance: chance.unwrap_or(100.0) / 100.0,
        },
    }))
}

/// The kind that a checked-by-nobody map or word names; all that is wrong with it goes into the problems.
fn read_kind(node: &Node, problems: &mut Vec<Problem>) -> Option<String> {
    let words: Vec<_> = match node.text() {
        Some(word) => vec![(word, node.span)],
        None => node.entries().iter().map(|(key, _)| (key.name.as_str(), key.span)).collect(),
    };
    let Some(kind) = words.iter().find_map(|(word, _)| fault_kind::find(word)) else {
        let (word, span) = words.first().copied().unwrap_or(("", node.span));
        let kind = ProblemKind::UnknownWord {
            word: word.to_owned(),
            what: "a kind of fault".to_owned(),
            nearest: nearest(word, KINDS.iter().map(|kind| kind.name)),
            allowed: KINDS.iter().map(|kind| kind.name.to_owned()).collect(),
        };
        problems.push(Problem::new(span, kind));
        return None;
    };
    let before = problems.len();
    kind.check(node, problems);
    (problems.len() == before).then(|| kind.name.to_owned())
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
            let parameters = template::fill_json(&self.order.parameters, variables);
            Action::ArmFault(FaultOrder { parameters, ..self.order.clone() })
        })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the fault was not armed")
    }
}
