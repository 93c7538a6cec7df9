//! Metadata: the tree of the state with the time of each value in its place.

use super::document::{Node, Section};
use crate::json::{Json, write_digits, write_integer, write_members};
use crate::members::Key;

/// The metadata of what is kept.
pub(super) fn of(section: &Section) -> Json {
    let stamps = |node: &Node| match node {
        Node::Object(section) => of(section),
        Node::Value { json, stamped_secs } => of_sent(json, *stamped_secs),
    };
    Json::Object(section.iter().map(|(key, node)| (key.clone(), stamps(node))).collect())
}

/// Appends the metadata of what is kept, as [`of`] makes it.
pub(super) fn write(section: &Section, out: &mut Vec<u8>) {
    write_members(section, out, |node, out| match node {
        Node::Object(section) => write(section, out),
        Node::Value { json, stamped_secs } => {
            write_stamps(json, *stamped_secs, out);
        }
    });
}

/// Appends the metadata of a value that was sent at that time, as [`of_sent`] makes it.
pub(super) fn write_stamps(value: &Json, stamped_secs: i64, out: &mut Vec<u8>) {
    match value {
        Json::Object(members) => {
            write_members(members, out, |value, out| write_stamps(value, stamped_secs, out));
        }
        Json::Array(items) => {
            out.push(b'[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                write_stamps(item, stamped_secs, out);
            }
            out.push(b']');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {
            out.extend_from_slice(br#"{"timestamp":"#);
            write_integer(stamped_secs, out);
            out.push(b'}');
        }
    }
}

/// Appends version and time as the last two members of a document, which goes on behind them.
pub(super) fn write_end(version: u64, at_secs: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(br#","version":"#);
    write_digits(version, out);
    out.extend_from_slice(br#","timestamp":"#);
    write_integer(at_secs, out);
}

/// The metadata of a value that was sent at that time: one stamp for each leaf, `null` being a leaf; arrays become
/// arrays with one stamp for each element.
pub(super) fn of_sent(sent: &Json, stamped_secs: i64) -> Json {
    match sent {
        Json::Object(members) => {
            let stamp = |(key, value): (&Key, &Json)| (key.clone(), of_sent(value, stamped_secs));
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
