//! `set-desired`: the app side asks the device for something.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Shape, optional};
use crate::scenario::node::Node;
use crate::scenario::template;

pub(super) const VERB: Verb = Verb {
    name: "set-desired",
    shape: Shape::Object,
    beside: &[
        optional("shadow", Shape::Text, "the named shadow; the classic one where it is left out"),
        optional(
            "version",
            Shape::Whole,
            "the version that the shadow must have, else the cloud refuses",
        ),
    ],
    doc: "Merges this into the desired section of the shadow, as an app does; `null` takes a key out.",
    example: "set-desired: { signal: 2 }",
    read: |context, _| {
        let name = context.step.get("shadow").and_then(Node::text).map(str::to_owned);
        let version = context.step.get("version").map(Node::to_json);
        Some(Arc::new(SetDesired { name, version, desired: context.node.to_json() }))
    },
};

#[derive(Debug)]
struct SetDesired {
    name: Option<String>,
    version: Option<Value>,
    desired: Value,
}

impl Step for SetDesired {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|variables| {
            let desired = template::fill_json(&self.desired, variables);
            let mut document = json!({ "state": { "desired": desired } });
            if let (Some(version), Value::Object(map)) = (&self.version, &mut document) {
                map.insert("version".into(), version.clone());
            }
            Action::UpdateShadow { name: self.name.clone(), document }
        })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the desired state was not set")
    }
}
