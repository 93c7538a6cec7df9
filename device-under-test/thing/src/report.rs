//! The body of a POST: only what changed, the most important first.

use crate::activity::Activity;
use crate::buffer::Buffer;
use crate::child::common;
use crate::json::{Kind as JsonKind, Str, Value, push_text};
use crate::kind::{CONDITIONS_MAX, Condition, Current, Kind};
use crate::shadow::Shadow;
use crate::state::State;
use crate::text::Text;

const OPENING: &str = "{\"state\":{\"reported\":{";
const CLOSING: &str = "}}}";

/// What the sensors said, in the order of the kind's conditions.
pub(crate) type Readings = [Option<i64>; CONDITIONS_MAX];

/// All that a report is made from.
pub(crate) struct Findings<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) state: &'a State,
    pub(crate) shadow: Shadow<'a>,
    pub(crate) readings: &'a Readings,
    pub(crate) activity: Option<&'a Activity>,
    pub(crate) unix_s: u64,
}

/// Writes the report, and says how many of its members found no room. A report without members is
/// left empty: nothing changed.
pub(crate) fn write_report(memory: &mut [u8], findings: &Findings<'_>) -> Report {
    let mut members = Members { buffer: Buffer::new(memory), count: 0, left_out: 0 };
    members.buffer.push_str(OPENING);
    members.status(findings);
    members.params(findings);
    members.conditions(findings);
    // What is only given back comes last: it may be larger than a report can be.
    if !findings.state.is_brief {
        members.echoes(findings);
    }
    members.buffer.push_str(CLOSING);
    let bytes = if members.count == 0 { 0 } else { members.buffer.len() };
    Report { bytes, left_out: members.left_out }
}

/// How a report came out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Report {
    /// Bytes that were written; zero when there is nothing to report.
    pub(crate) bytes: usize,
    /// Members that found no room.
    pub(crate) left_out: usize,
}

struct Members<'a> {
    buffer: Buffer<'a>,
    count: usize,
    left_out: usize,
}

impl Members<'_> {
    fn status(&mut self, findings: &Findings<'_>) {
        if !findings.state.status.is_empty() {
            self.put("status", |buffer| push_text(buffer, findings.state.status.as_str()));
        }
        if let Some(activity) = findings.activity {
            activity.report(&mut |key, text| self.put(key, |buffer| push_text(buffer, text)));
        }
    }

    fn params(&mut self, findings: &Findings<'_>) {
        for param in common::PARAMS.iter().chain(findings.kind.params) {
            let current = (param.current)(&findings.state.params);
            let is_reported = |value: Value<'_>| current.is(value);
            let is_desired = findings.shadow.desired.get(param.key).is_some();
            if is_desired && !findings.shadow.reported.get(param.key).is_some_and(is_reported) {
                self.put(param.key, |buffer| push_current(buffer, current));
            }
        }
    }

    fn conditions(&mut self, findings: &Findings<'_>) {
        for (condition, reading) in findings.kind.conditions.iter().zip(findings.readings) {
            if let Some(value) = reading
                && is_worth_reporting(condition, *value, findings)
            {
                self.put(condition.key, |buffer| push_integer(buffer, *value));
            }
        }
    }

    /// Gives back every desired key that means nothing to the device, so that it counts as done.
    fn echoes(&mut self, findings: &Findings<'_>) {
        for (key, value) in findings.shadow.desired.members() {
            // A null in a report deletes, so one that is given back would never be seen as reported.
            if is_own(findings.kind, key) || value.kind() == JsonKind::Null {
                continue;
            }
            let reported = findings.shadow.reported.get_same(key);
            if !reported.is_some_and(|reported| reported.same(value)) {
                self.put(key.raw(), |buffer| buffer.push_str(value.raw()));
            }
        }
    }

    /// Appends a member, or counts it as left out. The key comes as it stands between its quotes.
    fn put(&mut self, raw_key: &str, write_value: impl FnOnce(&mut Buffer<'_>)) {
        let before = self.buffer.len();
        self.buffer.push_str(if self.count == 0 { "\"" } else { ",\"" });
        self.buffer.push_str(raw_key);
        self.buffer.push_str("\":");
        write_value(&mut self.buffer);
        if self.buffer.is_overflown() || self.buffer.room() < CLOSING.len() {
            self.buffer.back_to(before);
            self.left_out += 1;
        } else {
            self.count += 1;
        }
    }
}

/// Whether the device itself says what is reported under this key.
fn is_own(kind: &Kind, key: Str<'_>) -> bool {
    key.is("status")
        || common::PARAMS.iter().chain(kind.params).any(|param| key.is(param.key))
        || kind.conditions.iter().any(|condition| key.is(condition.key))
}

fn is_worth_reporting(condition: &Condition, value: i64, findings: &Findings<'_>) -> bool {
    let Some(reported) = findings.shadow.reported.get(condition.key).and_then(Value::integer)
    else {
        return true;
    };
    let is_changed = match condition.threshold {
        Some(threshold) => reported.abs_diff(value) > u64::from(threshold),
        None => condition.interval_s.is_none() && reported != value,
    };
    let reported_at_s = findings.shadow.reported_at_s(condition.key);
    let is_old = match (condition.interval_s, reported_at_s) {
        (Some(interval_s), Some(reported_at_s)) => {
            findings.unix_s.saturating_sub(reported_at_s) > u64::from(interval_s)
        }
        _ => false,
    };
    is_changed || is_old
}

fn push_current(buffer: &mut Buffer<'_>, current: Current<'_>) {
    match current {
        Current::Integer(number) => push_integer(buffer, number),
        Current::Text(text) => push_text(buffer, text),
    }
}

fn push_integer(buffer: &mut Buffer<'_>, number: i64) {
    let mut text = Text::<20>::new();
    text.push_signed(number);
    buffer.push_str(text.as_str());
}
