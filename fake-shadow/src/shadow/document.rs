//! What is kept of a shadow, and how it is shown.

use std::sync::Arc;

use super::delta::{differs, is_different};
use super::metadata;
use crate::json::{Counted, Json, Sink, write_members, write_text};
use crate::members::Members;

/// A shadow as it is kept: both sections with the time of each value, and the version.
#[derive(Debug, Clone, PartialEq)]
pub struct Shadow {
    // Nearly all updates touch one of the two, and share the other with the shadow before.
    pub(super) desired: Arc<Section>,
    pub(super) reported: Arc<Section>,
    pub(super) version: u64,
}

/// `desired` or `reported`. A section without keys is not there: it is in no document.
pub(super) type Section = Members<Node>;

/// A value of a section.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// An object: its keys are merged one by one.
    Object(Section),
    /// Anything else, an array included: it is replaced as a whole, so it has one time.
    Value {
        /// The value; never an object and never `null`.
        json: Json,
        /// When it was last sent, in seconds since 1970.
        stamped_secs: i64,
    },
}

impl Shadow {
    /// The version: how many updates and deletes there were, this shadow's predecessors of the last 48 h counted.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Bytes of both sections as JSON without white space: what the size limit counts.
    pub(super) fn document_bytes(&self) -> usize {
        let mut out = Counted::default();
        for section in [&self.desired, &self.reported] {
            if !section.is_empty() {
                write_section(section, &mut out);
            }
        }
        out.bytes()
    }

    /// `state` and `metadata` without the delta.
    pub(super) fn state_and_metadata(&self) -> (Members<Json>, Members<Json>) {
        let sections = [("desired", &self.desired), ("reported", &self.reported)];
        let kept = || sections.into_iter().filter(|(_, section)| !section.is_empty());
        (
            kept().map(|(key, section)| (key.into(), state_of(section))).collect(),
            kept().map(|(key, section)| (key.into(), metadata::of(section))).collect(),
        )
    }
}

/// The document that a GET answers, at that time in seconds since 1970. It is written straight from what is kept, as it is
/// asked for more often than anything else.
#[must_use]
pub fn get_document(shadow: &Shadow, answered_secs: i64) -> Vec<u8> {
    let Shadow { desired, reported, .. } = shadow;
    let sections = [("desired", &**desired), ("reported", reported)];
    let mut out = Vec::with_capacity(DOCUMENT_BYTES_USUAL);
    out.extend_from_slice(br#"{"state":"#);
    write_sections(&sections, write_section, &mut out);
    if differs(desired, reported) {
        // Something is desired then, so the object is not empty.
        out.pop();
        out.extend_from_slice(br#","delta":"#);
        write_delta(desired, reported, &mut out);
        out.push(b'}');
    }
    out.extend_from_slice(br#","metadata":"#);
    write_sections(&sections, metadata::write, &mut out);
    metadata::write_end(shadow.version, answered_secs, &mut out);
    out.push(b'}');
    out
}

/// Bytes of a document that most fit in without growing.
const DOCUMENT_BYTES_USUAL: usize = 1024;

/// Appends an object of the sections that have keys.
fn write_sections(
    sections: &[(&str, &Section)],
    write: fn(&Section, &mut Vec<u8>),
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    let filled = sections.iter().filter(|(_, section)| !section.is_empty());
    for (place, (key, section)) in filled.enumerate() {
        let before = if place == 0 { "\"" } else { ",\"" };
        for part in [before, key, "\":"] {
            out.extend_from_slice(part.as_bytes());
        }
        write(section, out);
    }
    out.push(b'}');
}

/// Appends what is desired and not reported, as [`super::delta::delta`] finds it; there is something.
fn write_delta(desired: &Section, reported: &Section, out: &mut Vec<u8>) {
    out.push(b'{');
    let different = desired.iter().filter(|(key, wanted)| is_different(wanted, reported.get(key)));
    for (place, (key, wanted)) in different.enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        match (wanted, reported.get(key)) {
            (Node::Object(wanted), Some(Node::Object(had))) => write_delta(wanted, had, out),
            _ => write_node(wanted, out),
        }
    }
    out.push(b'}');
}

/// The values of a section.
pub(super) fn state_of(section: &Section) -> Json {
    let value = |node: &Node| match node {
        Node::Object(section) => state_of(section),
        Node::Value { json, .. } => json.clone(),
    };
    Json::Object(section.iter().map(|(key, node)| (key.clone(), value(node))).collect())
}

fn write_section(section: &Section, out: &mut impl Sink) {
    write_members(section, out, write_node);
}

fn write_node(node: &Node, out: &mut impl Sink) {
    match node {
        Node::Object(section) => write_section(section, out),
        Node::Value { json, .. } => json.write_compact(out),
    }
}
