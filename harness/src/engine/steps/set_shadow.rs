//! `set-shadow`: the shadow holds exactly this.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::scenario::plan::StartShadow;
use crate::scenario::template;

/// The sections of a shadow.
pub(crate) const FIELDS: &[Field] = &[
    optional("desired", Shape::Object, "what the app side wants"),
    optional("reported", Shape::Object, "what the device says of itself"),
];

pub(super) const VERB: Verb = Verb {
    name: "set-shadow",
    shape: Shape::Map(FIELDS),
    beside: &[optional(
        "shadow",
        Shape::Text,
        "the named shadow; the classic one where it is left out",
    )],
    doc: "Makes the shadow hold exactly these sections; what it held before is gone. Its version goes on.",
    example: "set-shadow: { desired: { sleep: 30 }, reported: { sleep: 30 } }",
    read: |context, _| {
        let name = context.step.get("shadow").and_then(Node::text).map(str::to_owned);
        Some(Arc::new(SetShadow { name, shadow: read(context.node) }))
    },
};

/// Reads the sections of a checked node.
pub(crate) fn read(node: &Node) -> StartShadow {
    StartShadow {
        desired: node.get("desired").map(Node::to_json),
        reported: node.get("reported").map(Node::to_json),
    }
}

#[derive(Debug)]
struct SetShadow {
    name: Option<String>,
    shadow: StartShadow,
}

impl Step for SetShadow {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|variables| {
            let fill = |section: &Option<serde_json::Value>| {
                section.as_ref().map(|section| template::fill_json(section, variables))
            };
            let shadow = StartShadow {
                desired: fill(&self.shadow.desired),
                reported: fill(&self.shadow.reported),
            };
            Action::SetShadow { name: self.name.clone(), shadow }
        })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the shadow was not set")
    }
}
