//! The scenario as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::body::Seen;
use super::device_time::device_times;
use super::start::Start;
use super::steps::{Line, Steps, steps};
use crate::engine::event::Party;
use crate::engine::shadows::version;
use crate::engine::{Event, Log};
use crate::scenario::path::Path;
use crate::scenario::plan::slug;
use crate::scenario::snapshots;
use crate::scenario::written::item;

/// A recording as a scenario.
#[derive(Debug)]
pub struct Written {
    /// The scenario.
    pub text: String,
    /// What its snapshots are compared with, by their names.
    pub snapshots: BTreeMap<String, String>,
    /// How many steps it has, its snapshots left out.
    pub steps: usize,
    /// How many cycles the device went through.
    pub cycles: usize,
}

/// The scenario that expects what a log tells; `board` is what it was recorded on.
#[must_use]
pub fn written(start: &Start, board: &str, log: &Log) -> Written {
    let seen = Seen::of(log);
    let Steps { lines, end, allow, cycles } = steps(log, &device_times(log), &seen);
    let mut text = format!(
        "# Recorded on {board}. Proves: what the device did then, it does again.\n\
         # Needs: what its steps use. What differs from run to run is loosened; tighten or loosen the rest by hand.\n"
    );
    let allow: Vec<_> = allow.into_iter().collect();
    text += &start.head(&allow);
    text += "steps:\n";
    for line in &lines {
        match line {
            Line::Comment(comment) => {
                let _ = writeln!(text, "  # {}", comment.replace('\n', " "));
            }
            Line::Step(step) => text += &item(step, 2),
        }
    }
    let mut stored = BTreeMap::new();
    for (name, document) in documents(log, end) {
        let paths = seen.of_the_moment(document);
        let mut step = json!({ "of": "shadow" });
        if let Some(name) = name {
            step["shadow"] = name.as_str().into();
        }
        if !paths.is_empty() {
            step["redact"] = json!(paths);
        }
        let is_short = paths.is_empty() && name.is_none();
        let mut snapshot = json!({ "snapshot": if is_short { json!("shadow") } else { step } });
        let own = name.map_or_else(|| "shadow".to_owned(), |name| format!("shadow {name}"));
        if let Some(name) = name {
            snapshot["name"] = format!("shadow {name}").into();
        }
        text += &item(&snapshot, 2);
        let paths: Vec<_> = paths.iter().filter_map(|path| Path::parse(path)).collect();
        let first = snapshots::first_version(log, name.map(String::as_str));
        let taken = snapshots::without(snapshots::redact(document, first), &paths);
        stored.insert(slug(&format!("{} {own}", start.name)), snapshots::text(&taken));
    }
    let count = lines.iter().filter(|line| matches!(line, Line::Step(_))).count();
    Written { text, snapshots: stored, steps: count, cycles }
}

/// The shadows as they were when the last step had seen what it waits for.
fn documents(log: &Log, end: usize) -> BTreeMap<Option<&String>, &Value> {
    let mut documents: BTreeMap<Option<&String>, &Value> = BTreeMap::new();
    for (index, entry) in log.from(0) {
        let Event::Shadow { name, by, document } = &entry.event else {
            // What a request changed is told right behind it.
            if index >= end && !matches!(entry.event, Event::FaultMet { .. } | Event::Message(_)) {
                break;
            }
            continue;
        };
        if index >= end && *by == Party::Rig {
            break;
        }
        match document {
            Some(document) => {
                let known = documents.get(&name.as_ref()).and_then(|known| version(known));
                // What the device changed may be told behind what somebody changed after it.
                if version(document) >= known {
                    documents.insert(name.as_ref(), document);
                }
            }
            None => drop(documents.remove(&name.as_ref())),
        }
    }
    documents
}
