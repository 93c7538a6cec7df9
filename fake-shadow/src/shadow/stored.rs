//! The form in which a shadow is written to a file.
//!
//! An object of a section is an object; any other value is an array of its time and itself. So the times need no second
//! tree that could fail to fit the first.

use super::document::{Node, Section, Shadow};
use crate::json::Json;
use crate::members::Members;

impl Shadow {
    /// The shadow for a file.
    pub(crate) fn to_stored(&self) -> Json {
        Json::object([
            ("version", Json::integer(self.version)),
            ("desired", section_to_stored(&self.desired)),
            ("reported", section_to_stored(&self.reported)),
        ])
    }

    /// The shadow of a file; none if it is not in that form.
    pub(crate) fn from_stored(stored: &Json) -> Option<Self> {
        let Json::Object(members) = stored else { return None };
        Some(Self {
            desired: section_from_stored(members.get("desired")?)?.into(),
            reported: section_from_stored(members.get("reported")?)?.into(),
            version: members.get("version")?.as_version()?,
        })
    }
}

fn section_to_stored(section: &Section) -> Json {
    let stored = |node: &Node| match node {
        Node::Object(section) => section_to_stored(section),
        Node::Value { json, stamped_secs } => {
            Json::Array(vec![Json::integer(*stamped_secs), json.clone()])
        }
    };
    Json::Object(section.iter().map(|(key, node)| (key.clone(), stored(node))).collect())
}

fn section_from_stored(stored: &Json) -> Option<Section> {
    let Json::Object(members) = stored else { return None };
    let mut section = Members::new();
    for (key, stored) in members {
        let node = match stored {
            Json::Array(pair) => {
                let [stamped_secs, json] = pair.as_slice() else { return None };
                Node::Value { json: json.clone(), stamped_secs: stamped_secs.as_i64()? }
            }
            inner => Node::Object(section_from_stored(inner)?),
        };
        section.insert(key.clone(), node);
    }
    Some(section)
}
