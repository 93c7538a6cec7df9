//! `snapshot`: what was seen is as it was when somebody last looked at it and said yes.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Step, Verb};
use crate::engine::event::{Event, body_value};
use crate::engine::mismatch::{Mismatch, MismatchKind, NearMiss};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::json_diff;
use crate::scenario::node::{Node, Span};
use crate::scenario::path::Path;
use crate::scenario::snapshots::{self, SnapshotMode};

const WHAT: &[&str] = &["shadow", "requests", "cycle", "console"];

const FIELDS: &[Field] = &[
    required("of", Shape::Choice(WHAT), "what is written down"),
    optional("shadow", Shape::Text, "the named shadow; the classic one where it is left out"),
    optional("redact", Shape::List(&Shape::Path), "places that differ from run to run"),
];

pub(super) const VERB: Verb = Verb {
    name: "snapshot",
    shape: Shape::OneOf(&[Shape::Choice(WHAT), Shape::Map(FIELDS)]),
    beside: &[],
    doc: "Compares what was seen with what is stored beside the scenario, in `__snapshots__/`: the `shadow` as it is now, the \
          `requests` with their answers and the lines on the `console` since the beginning or `since:`, or the latest `cycle`. Times, \
          versions, tokens, MACs and addresses are redacted. A `name` beside it names the file. What is stored is written by \
          `run --update-snapshots`, never in CI.",
    example: "snapshot: shadow",
    read: |context, _| Some(Arc::new(Snapshot::read(context.node)?)),
};

#[derive(Debug)]
struct Snapshot {
    what: String,
    shadow: Option<String>,
    redact: Vec<Path>,
    span: Span,
}

impl Snapshot {
    fn read(node: &Node) -> Option<Self> {
        let paths = node.get("redact").map_or(&[][..], Node::items);
        Some(Self {
            what: node.get("of").unwrap_or(node).text()?.to_owned(),
            shadow: node.get("shadow").and_then(Node::text).map(str::to_owned),
            redact: paths.iter().filter_map(|path| Path::parse(path.text()?)).collect(),
            span: node.span,
        })
    }

    /// What is seen now, redacted and masked.
    fn value(&self, run: &Run<'_>) -> Value {
        let start = run.since().unwrap_or(0);
        let seen = match self.what.as_str() {
            "shadow" => run.shadows.get(&self.shadow).cloned().flatten().unwrap_or(Value::Null),
            "requests" => Value::Array(requests(run, start..run.log.len())),
            "console" => {
                let lines = run.log.from(start).filter_map(|(_, entry)| match &entry.event {
                    Event::Console { line } => Some(Value::from(line.as_str())),
                    _ => None,
                });
                Value::Array(lines.collect())
            }
            _ => cycle(run),
        };
        let first = snapshots::first_version(run.log, self.shadow.as_deref());
        snapshots::without(run.plan.mask.json(&snapshots::redact(&seen, first)), &self.redact)
    }

    /// The name of the file, without its ending; a second one of the same name gets a number.
    fn name(&self, run: &Run<'_>) -> String {
        let own = run.step_name.unwrap_or(&self.what);
        let name = slug(&format!("{} {own}", run.plan.name));
        let used = |name: &str| {
            run.log.entries().iter().any(
                |entry| matches!(&entry.event, Event::Snapshot { name: used, .. } if used == name),
            )
        };
        let numbered = (1..).map(|number| match number {
            1 => name.clone(),
            number => format!("{name}-{number}"),
        });
        let mut free = numbered.filter(|name| !used(name));
        free.next().unwrap_or_default()
    }
}

impl Step for Snapshot {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let value = self.value(run);
        let name = self.name(run);
        let index = run.log.len();
        let text = snapshots::text(&value);
        run.log.push(run.now, Event::Snapshot { name: name.clone(), text });
        if run.plan.snapshots.mode == SnapshotMode::Update {
            return Progress::Passed(value);
        }
        let Some(stored) = run.plan.snapshots.stored.get(&name) else {
            let headline = format!("no snapshot is stored as `{name}`");
            let mismatch =
                Mismatch::new(MismatchKind::SnapshotMissing, headline, "a stored snapshot", "none")
                    .with_window(index..index + 1)
                    .with_help("look at what was seen, and store it by `run --update-snapshots`");
            return Progress::failed(mismatch);
        };
        let stored: Value =
            serde_json::from_str(stored).unwrap_or_else(|_| Value::String(stored.clone()));
        let differences = json_diff::differences(&stored, &value, self.span);
        if differences.is_empty() {
            return Progress::Passed(value);
        }
        let count = match differences.len() {
            1 => "1 difference".to_owned(),
            count => format!("{count} differences"),
        };
        let mismatch = Mismatch::new(
            MismatchKind::SnapshotDiffers,
            format!("the {} is not as the stored snapshot", self.what),
            format!("what is stored as `{name}`"),
            count,
        )
        .with_nearest(Some(NearMiss { index, differences, explanation: None }))
        .with_window(index..index + 1)
        .with_help("if the new one is right, store it by `run --update-snapshots`");
        Progress::failed(mismatch)
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the snapshot was not taken")
    }
}

/// The requests in a part of the log, as a reader wants to compare them.
fn requests(run: &Run<'_>, range: std::ops::Range<usize>) -> Vec<Value> {
    let entries = run.log.from(range.start).take_while(|(index, _)| *index < range.end);
    entries
        .filter_map(|(_, entry)| match &entry.event {
            Event::Request(request) => Some(request),
            _ => None,
        })
        .map(|request| {
            let first = snapshots::first_version(run.log, request.shadow_name());
            let answer = run.log.answer_to(request.id).map(|(_, answer)| answer);
            let mut seen = Map::from_iter([("request".to_owned(), request.short().into())]);
            seen.extend(request.body_value().map(|body| ("body".to_owned(), body)));
            let status = answer.and_then(|answer| answer.status);
            seen.insert("status".into(), json!(status));
            seen.extend(
                answer.and_then(|answer| body_value(&answer.body)).map(|b| ("answer".into(), b)),
            );
            snapshots::redact(&Value::Object(seen), first)
        })
        .collect()
}

/// The latest cycle that is over: why it woke, what it asked, and how long it said it would sleep.
fn cycle(run: &Run<'_>) -> Value {
    let entries = run.log.entries();
    let is_sleep = |entry: &crate::engine::Entry| matches!(entry.event, Event::Sleep { .. });
    let Some(sleep) = entries.iter().rposition(is_sleep) else { return Value::Null };
    let wake = entries[..sleep].iter().rposition(|entry| matches!(entry.event, Event::Wake { .. }));
    let Some(wake) = wake else { return Value::Null };
    let cause = match &entries[wake].event {
        Event::Wake { cause } => cause.as_str(),
        _ => "",
    };
    let announced = match &entries[sleep].event {
        Event::Sleep { announced } => announced.map(|span| span.as_secs_f64()),
        _ => None,
    };
    let start = run.cycle_start(wake);
    json!({ "cause": cause, "requests": requests(run, start..sleep), "sleep_s": announced })
}

/// A name as part of a path.
fn slug(name: &str) -> String {
    crate::scenario::plan::slug(name)
}
