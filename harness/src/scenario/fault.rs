//! Faults as a scenario writes them. What kinds there are and what each takes stands in the cloud's own table.

use fake_shadow::fault::{Fault, FaultError, Kind};
use serde_json::{Value, json};

use super::node::{Data, Node, Span};
use super::problem::{Problem, ProblemKind, nearest};

/// A fault in the words of the cloud's table: `{ status: 503 }` as it is, a bare word as its kind.
#[must_use]
pub fn description(node: &Node) -> Value {
    node.text().map_or_else(|| node.to_json(), |word| json!({ "kind": word }))
}

/// All faults of a file, wherever they stand in it; one that has a captured value in it is not known yet.
#[must_use]
pub fn all(node: &Node) -> Vec<Kind> {
    let mut found = Vec::new();
    collect(node, &mut found);
    found
}

fn collect(node: &Node, found: &mut Vec<Kind>) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| collect(item, found)),
        Data::Map(entries) => {
            for (key, value) in entries {
                if key.name == "fault" {
                    found.extend(Fault::read(&description(value)).map(|fault| fault.kind));
                }
                collect(value, found);
            }
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {}
    }
}

/// Whether the cloud knows such a fault.
///
/// # Errors
///
/// What is wrong with it, at its own place.
pub fn check(node: &Node, description: &Value) -> Result<(), Box<Problem>> {
    let Err(error) = Fault::read(description) else { return Ok(()) };
    let key_at = |name: &str| node.entry(name).map_or(node.span, |(key, _)| key.span);
    let value_at = |name: &str| node.get(name).map_or(node.span, |value| value.span);
    let unknown = |word: String, span: Span| {
        Problem::new(
            span,
            ProblemKind::UnknownWord {
                nearest: nearest(&word, Kind::NAMES.iter().copied()),
                word,
                what: "a kind of fault".to_owned(),
                allowed: Kind::NAMES.iter().map(ToString::to_string).collect(),
            },
        )
    };
    Err(Box::new(match error {
        FaultError::BadValue { ref key, .. } => {
            Problem::new(value_at(key), ProblemKind::BadFault { reason: error.to_string() })
        }
        FaultError::UnknownKey { ref key, .. } => {
            Problem::new(key_at(key), ProblemKind::BadFault { reason: error.to_string() })
        }
        FaultError::UnknownKind { kind } => unknown(kind, node.span),
        FaultError::NotOneKind { named } if named.is_empty() => {
            let first = node.entries().first();
            let (word, span) =
                first.map_or_else(Default::default, |(key, _)| (key.name.clone(), key.span));
            unknown(word, span)
        }
        FaultError::Missing { kind, .. } => {
            // What the kind says of a value that cannot be right is what it may be.
            let reason = match Fault::read(&json!({ kind: "?" })) {
                Err(FaultError::BadValue { expected, .. }) => {
                    format!("the fault `{kind}` needs a value, as `{{ {kind}: ... }}`: {expected}")
                }
                _ => error.to_string(),
            };
            Problem::new(node.span, ProblemKind::BadFault { reason })
        }
        FaultError::NotOneKind { .. } | FaultError::NotObject => {
            Problem::new(node.span, ProblemKind::BadFault { reason: error.to_string() })
        }
    }))
}
