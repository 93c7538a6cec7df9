//! `publish`: the app side publishes a message.

use std::sync::Arc;

use serde_json::Value;

use super::{Step, Verb};
use crate::engine::action::{Action, MessageOrder};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::{Data, Node};
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::template;

const FIELDS: &[Field] = &[
    required("topic", Shape::Topic, "the topic"),
    optional("payload", Shape::Json, "what is sent: a text as it is, anything else as JSON"),
    optional("qos", Shape::Whole, "the quality of service, 0 (where it is left out) or 1"),
    optional("retain", Shape::TrueFalse, "`true`: the topic keeps it, for GetRetainedMessage"),
];

pub(super) const VERB: Verb = Verb {
    name: "publish",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Publishes a message to a topic, as the app side. One that is retained can be fetched by the device over HTTPS \
          (`GET /retainedMessage/...`); one without content takes away what the topic kept. One to a topic of the shadow service, as \
          `$aws/things/thing-1/shadow/update`, acts on the shadow.",
    example: "publish: { topic: lamps/1/cmd, payload: { go: true }, retain: true }",
    read: |context, problems| {
        let number = |key: &str| match &context.node.get(key)?.data {
            Data::Number(number) => number.as_u64(),
            _ => None,
        };
        let qos = number("qos").unwrap_or(0);
        if qos > 1 {
            let span = context.node.get("qos").map_or(context.node.span, |node| node.span);
            let what = "the quality of service that AWS IoT has";
            let kind = ProblemKind::OutOfRange { what, text: qos.to_string(), range: "0 to 1" };
            problems.push(Problem::new(span, kind));
        }
        let retain = context.node.get("retain").map(|node| &node.data);
        Some(Arc::new(Publish {
            topic: context.node.get("topic").and_then(Node::text)?.to_owned(),
            payload: context.node.get("payload").map(Node::to_json),
            qos: u8::try_from(qos).unwrap_or(1),
            retain: matches!(retain, Some(Data::Bool(true))),
        }))
    },
};

#[derive(Debug)]
struct Publish {
    topic: String,
    payload: Option<Value>,
    qos: u8,
    retain: bool,
}

impl Step for Publish {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|variables| {
            let payload =
                self.payload.as_ref().map(|payload| template::fill_json(payload, variables));
            Action::Publish(MessageOrder {
                topic: template::plain(&template::fill(&self.topic, variables)),
                payload: payload.as_ref().map(template::plain).unwrap_or_default(),
                qos: self.qos,
                retain: self.retain,
            })
        })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the message was not published")
    }
}
