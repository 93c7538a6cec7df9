//! Metadata: the tree of the state with the time of each value in its place.

use super::document::{Node, Section};
use crate::json::Json;

/// The metadata of what is kept.
pub(super) fn of(section: &Section) -> Json {
    let stamps = |node: &Node| match node {
        Node::Object(section) => of(section),
        Node::Value { json, stamped_secs } => of_sent(json, *stamped_secs),
    };
    Json::Object(section.iter().map(|(key, node)| (key.clone(), stamps(node))).collect())
}

/// The metadata of a value that was sent at that time: one stamp for each leaf, `null` being a leaf; arrays become
/// arrays with one stamp for each element.
pub(super) fn of_sent(sent: &Json, stamped_secs: i64) -> Json {
    match sent {
        Json::Object(members) => {
            let stamp =
                |(key, value): (&String, &Json)| (key.clone(), of_sent(value, stamped_secs));
            Json::Object(members.iter().map(stamp).collect())
        }
        Json::Array(items) => {
            Json::Array(items.iter().map(|item| of_sent(item, stamped_secs)).collect())
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {
            Json::object([("timestamp", Json::integer(stamped_secs))])
        }
    }
}
