//! What earlier runs have stored, to be compared with.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::path::Path;
use crate::engine::{Event, Log};

/// The stored snapshots of a case, and what is done with one that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshots {
    /// What is stored, by the name of the snapshot.
    pub stored: BTreeMap<String, String>,
    /// What is done with one that differs or is not there.
    pub mode: SnapshotMode,
}

/// What is done with a snapshot that differs or is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SnapshotMode {
    /// It fails the case.
    #[default]
    Check,
    /// It passes, and what was seen is stored.
    Update,
}

/// Keys whose values are of the moment.
const MOMENTS: &[(&str, &str)] =
    &[("clientToken", "(token)"), ("timestamp", "(time)"), ("metadata", "(times)")];

/// What stands for a version where none is known to count from.
const VERSION: &str = "(version)";

/// The version from which those of a shadow are counted: the first one that was seen in the run.
#[must_use]
pub fn first_version(log: &Log, shadow: Option<&str>) -> Option<i64> {
    log.entries().iter().find_map(|entry| match &entry.event {
        Event::Shadow { name, document: Some(document), .. } if name.as_deref() == shadow => {
            document.get("version")?.as_i64()
        }
        _ => None,
    })
}

/// A value as it stands in a snapshot's file.
#[must_use]
pub fn text(taken: &Value) -> String {
    format!("{taken:#}\n")
}

/// A value without what is at these places.
#[must_use]
pub fn without(mut value: Value, paths: &[Path]) -> Value {
    for path in paths {
        if let Some(place) = path.find_mut(&mut value) {
            *place = "(redacted)".into();
        }
    }
    value
}

/// A value without what differs from run to run: times, tokens, and in texts MACs, addresses and the like. Versions count from the first
/// one that was seen: `+0`, `+1`.
#[must_use]
pub fn redact(value: &Value, first_version: Option<i64>) -> Value {
    match value {
        Value::String(text) => Value::String(redact_text(text)),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| redact(item, first_version)).collect())
        }
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| {
                    let moment = MOMENTS.iter().find(|(moment, _)| moment == key);
                    let value = match (key.as_str(), moment) {
                        ("version", _) if value.is_number() => version(value, first_version),
                        (_, Some((_, put))) => (*put).into(),
                        (_, None) => redact(value, first_version),
                    };
                    (key.clone(), value)
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

fn version(value: &Value, first: Option<i64>) -> Value {
    match (value.as_i64(), first) {
        (Some(version), Some(first)) => format!("{:+}", version.saturating_sub(first)).into(),
        (None, _) | (_, None) => VERSION.into(),
    }
}

/// A text without what differs from run to run.
#[must_use]
pub fn redact_text(text: &str) -> String {
    const PATTERNS: &[(&str, &str)] = &[
        (r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?Z?", "(time)"),
        (
            r"\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b",
            "(uuid)",
        ),
        (r"\b([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}\b", "(mac)"),
        (r"\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b", "(address)"),
        (r"Signature=[0-9a-f]+", "Signature=(signature)"),
        (r"\b0x[0-9a-fA-F]{6,}\b", "(pointer)"),
        (r"\b1[5-9]\d{8}(\d{3})?\b", "(time)"),
    ];
    PATTERNS.iter().fold(text.to_owned(), |text, (pattern, put)| {
        // The patterns are constants, and a test compiles them all.
        regex::Regex::new(pattern)
            .map_or_else(|_| text.clone(), |regex| regex.replace_all(&text, *put).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(redact_text(text), expected);
    }

    #[test]
    fn what_differs_from_run_to_run_is_redacted() {
        check("up at 2026-01-02T03:04:05.6Z", "up at (time)");
        check(
            "I (312) wifi: 84:f7:03:67:84:6c joined 192.168.4.1:80",
            "I (312) wifi: (mac) joined (address)",
        );
        check("at 1767225600 s, 1767225600123 ms", "at (time) s, (time) ms");
        check("pc 0x40081234, id 01234567-89ab-cdef-0123-456789abcdef", "pc (pointer), id (uuid)");
        check("Credential=a/b, Signature=0123abcd", "Credential=a/b, Signature=(signature)");
        check("signaled 2 times in 30 s, version 1.2.3", "signaled 2 times in 30 s, version 1.2.3");
    }

    #[test]
    fn keys_of_the_moment_lose_their_value_and_stay() {
        let seen =
            json!({ "state": { "a": 1 }, "version": 7, "timestamp": 5, "metadata": { "a": 1 } });
        let kept = json!({ "state": { "a": 1 }, "version": "(version)", "timestamp": "(time)", "metadata": "(times)" });
        assert_eq!(redact(&seen, None), kept);
        assert_eq!(redact(&seen, Some(5))["version"], "+2");
    }
}
