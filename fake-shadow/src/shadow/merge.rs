//! Merging what was sent into what is kept.

use super::document::{Node, Section};
use crate::json::Json;
use crate::members::Members;

/// Merges an object that was sent at that time. Only the keys sent change: `null` removes, objects merge, the rest
/// replaces. An empty object over an object changes nothing.
pub(super) fn merge(section: &mut Section, sent: &Members<Json>, stamped_secs: i64) {
    for (key, value) in sent {
        match (value, section.get_mut(key)) {
            (Json::Null, _) => {
                section.remove(key);
            }
            (Json::Object(sent), Some(Node::Object(kept))) => merge(kept, sent, stamped_secs),
            (Json::Object(sent), Some(kept)) => {
                *kept = Node::Object(branch(sent, stamped_secs).unwrap_or_default());
            }
            (Json::Object(sent), None) => {
                if let Some(branch) = branch(sent, stamped_secs) {
                    section.insert(key.clone(), Node::Object(branch));
                }
            }
            (value, _) => {
                section
                    .insert(key.clone(), Node::Value { json: without_nulls(value), stamped_secs });
            }
        }
    }
}

/// A new object of what was sent; none if it holds nothing but nulls, as such a branch is not created.
fn branch(sent: &Members<Json>, stamped_secs: i64) -> Option<Section> {
    let mut section = Section::new();
    merge(&mut section, sent, stamped_secs);
    (!section.is_empty() || sent.is_empty()).then_some(section)
}

/// The value to keep. A `null` member of an object inside an array means what it means everywhere, "no such key";
/// elements that are `null` were refused before.
fn without_nulls(value: &Json) -> Json {
    match value {
        Json::Array(items) => Json::Array(items.iter().map(without_nulls).collect()),
        Json::Object(members) => Json::Object(
            members
                .iter()
                .filter(|(_, value)| **value != Json::Null)
                .map(|(key, value)| (key.clone(), without_nulls(value)))
                .collect(),
        ),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => value.clone(),
    }
}
