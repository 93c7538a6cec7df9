//! The delta: what is desired and not reported.

use super::document::{Node, Section};

/// The part of `desired` that `reported` does not say, with the path to it and the times of `desired`.
///
/// What is only reported is never in it. An object that is desired and not reported is in it as a whole, even when it
/// is empty; a desired object over a reported value of another kind likewise.
pub(super) fn delta(desired: &Section, reported: &Section) -> Section {
    desired
        .iter()
        .filter_map(|(key, wanted)| Some((key.clone(), difference(wanted, reported.get(key))?)))
        .collect()
}

/// Whether the delta holds anything.
pub(super) fn differs(desired: &Section, reported: &Section) -> bool {
    desired.iter().any(|(key, wanted)| is_different(wanted, reported.get(key)))
}

/// Whether a value that is desired is in the delta, or a part of it.
pub(super) fn is_different(wanted: &Node, had: Option<&Node>) -> bool {
    match (wanted, had) {
        (Node::Object(wanted), Some(Node::Object(had))) => differs(wanted, had),
        (Node::Value { json, .. }, Some(Node::Value { json: had, .. })) => !json.equals(had),
        _ => true,
    }
}

fn difference(wanted: &Node, had: Option<&Node>) -> Option<Node> {
    match (wanted, had) {
        (Node::Object(wanted), Some(Node::Object(had))) => {
            let inner = delta(wanted, had);
            (!inner.is_empty()).then_some(Node::Object(inner))
        }
        (Node::Value { json, .. }, Some(Node::Value { json: had, .. })) if json.equals(had) => None,
        _ => Some(wanted.clone()),
    }
}
