//! `events.jsonl`: everything observed, one JSON object a line, first a line about the run. The source of all reports.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::CaseReport;
use super::read_error::ReadError;
use crate::engine::crash::Crash;
use crate::engine::event::{
    Answer, ConnectionChange, Message, Party, PassedOn, PowerChange, Request, Signature, StateCut,
    StepState,
};
use crate::engine::reading::Reading;
use crate::engine::{Event, Log};
use crate::scenario::request_pattern::{RequestPattern, Target};
use crate::time::Moment;

/// The version of this format.
pub const VERSION: u64 = 1;

/// The log of a case. Holds nothing of the machine that it ran on, so equal runs in virtual time give equal bytes.
#[must_use]
pub fn render(case: &CaseReport) -> String {
    let head = json!({
        "kind": "run", "version": VERSION, "name": case.plan.name, "file": case.plan.file, "board": case.board,
    });
    let mut text = format!("{head}\n");
    for entry in case.outcome.log.entries() {
        let at = Map::from_iter([("at_us".to_owned(), Value::from(entry.at.micros()))]);
        let mut line = at;
        if let Value::Object(mut fields) = entry.event.to_json() {
            line.append(&mut fields);
        }
        text += &format!("{}\n", Value::Object(line));
    }
    text
}

/// Reads a log back.
///
/// # Errors
///
/// That it is not such a log, is from a later version, or has a line that says something else than events.
pub fn parse(text: &str) -> Result<Log, ReadError> {
    let mut lines = text.lines().enumerate();
    let head = lines.next().map(|(_, line)| serde_json::from_str::<Value>(line));
    let Some(Ok(head)) = head else { return Err(ReadError::NotOurs) };
    if head["kind"] != "run" {
        return Err(ReadError::NotOurs);
    }
    ReadError::check_version(head["version"].as_u64(), VERSION)?;
    let mut log = Log::default();
    for (index, line) in lines {
        let Line { at_us, event } =
            serde_json::from_str(line).map_err(|error| ReadError::json(index + 1, &error))?;
        log.push(Moment::at(Duration::from_micros(at_us)), event.into());
    }
    Ok(log)
}

#[derive(Debug, Deserialize)]
struct Line {
    at_us: u64,
    #[serde(flatten)]
    event: EventRecord,
}

/// An [`Event`] as it stands in the log.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum EventRecord {
    Answer { request: u64, status: Option<u16>, body: String, fault: Option<String> },
    Armed { id: u64, what: String, step: Value, hold: Option<u64> },
    Brownout { to_mv: u32, length_us: u64 },
    Clock { offset_ms: i64 },
    Command { command: String, exit: Option<i32>, output: String },
    Connection { id: u64, change: ConnectionWord },
    Console { line: String },
    ConsolePart { line: String },
    Crash(Crash),
    Current { until_us: u64, length_us: u64, average_na: i64, peak_na: i64, lost: u64 },
    FaultArmed { id: u64, what: String, step: Option<Value> },
    FaultMet { id: u64, what: String },
    FaultsCleared {},
    Fired { id: u64, what: String },
    Message { topic: String, payload: String, qos: u8, retain: bool, by: PartyWord },
    Note { text: String },
    Passed(PassedRecord),
    Pin { pin: String, value: i64 },
    Power { change: PowerWord },
    Request(RequestRecord),
    Reset { cause: String },
    Shadow { name: Option<String>, by: PartyWord, document: Option<Value> },
    Sleep { announced_ms: Option<u64> },
    Snapshot { name: String, text: String },
    StateWrite { bytes: usize, cut: Option<StateCut> },
    Step { index: usize, state: StepWord },
    Wake { cause: String },
}

#[derive(Debug, Deserialize)]
struct RequestRecord {
    id: u64,
    #[serde(default)]
    connection: Option<u64>,
    method: String,
    target: String,
    short: String,
    headers: Map<String, Value>,
    body: String,
    signature: SignatureWord,
    refusal: Option<String>,
    explanation: Option<String>,
}

#[derive(Debug, Deserialize)]
struct PassedRecord {
    request: u64,
    to: String,
    how: String,
    took_us: u64,
    status: Option<u16>,
    body: String,
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ConnectionWord {
    Opened,
    Closed,
    Reset,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PowerWord {
    Cut,
    Restored,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PartyWord {
    Cloud,
    Device,
    Rig,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StepWord {
    Started,
    Passed,
    Failed,
    Skipped,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignatureWord {
    Good,
    Refused,
    Unchecked,
}

impl From<EventRecord> for Event {
    fn from(record: EventRecord) -> Self {
        match record {
            EventRecord::Answer { request, status, body, fault } => {
                Self::Answer(Answer { request, status, body, fault })
            }
            EventRecord::Armed { id, what, step, hold } => Self::Armed { id, what, step, hold },
            EventRecord::Brownout { to_mv, length_us } => {
                Self::Brownout { to_mv, length: Duration::from_micros(length_us) }
            }
            EventRecord::Clock { offset_ms } => Self::Clock { offset_ms },
            EventRecord::Command { command, exit, output } => {
                Self::Command { command, exit, output }
            }
            EventRecord::Connection { id, change } => Self::Connection {
                id,
                change: match change {
                    ConnectionWord::Opened => ConnectionChange::Opened,
                    ConnectionWord::Closed => ConnectionChange::Closed,
                    ConnectionWord::Reset => ConnectionChange::Reset,
                },
            },
            EventRecord::Console { line } => Self::Console { line },
            EventRecord::ConsolePart { line } => Self::ConsolePart { line },
            EventRecord::Crash(crash) => Self::Crash(crash),
            EventRecord::Current { until_us, length_us, average_na, peak_na, lost } => {
                Self::Current(Reading {
                    until: Moment::at(Duration::from_micros(until_us)),
                    length: Duration::from_micros(length_us),
                    average_na,
                    peak_na,
                    lost,
                })
            }
            EventRecord::FaultArmed { id, what, step } => Self::FaultArmed { id, what, step },
            EventRecord::FaultMet { id, what } => Self::FaultMet { id, what },
            EventRecord::FaultsCleared {} => Self::FaultsCleared,
            EventRecord::Fired { id, what } => Self::Fired { id, what },
            EventRecord::Message { topic, payload, qos, retain, by } => {
                Self::Message(Message { topic, payload, qos, retain, by: by.into() })
            }
            EventRecord::Note { text } => Self::Note { text },
            EventRecord::Passed(passed) => Self::Passed(passed.into()),
            EventRecord::Pin { pin, value } => Self::Pin { pin, value },
            EventRecord::Power { change } => Self::Power {
                change: match change {
                    PowerWord::Cut => PowerChange::Cut,
                    PowerWord::Restored => PowerChange::Restored,
                },
            },
            EventRecord::Request(request) => Self::Request(request.into()),
            EventRecord::Reset { cause } => Self::Reset { cause },
            EventRecord::Shadow { name, by, document } => {
                Self::Shadow { name, by: by.into(), document }
            }
            EventRecord::Sleep { announced_ms } => {
                Self::Sleep { announced: announced_ms.map(Duration::from_millis) }
            }
            EventRecord::Snapshot { name, text } => Self::Snapshot { name, text },
            EventRecord::StateWrite { bytes, cut } => Self::StateWrite { bytes, cut },
            EventRecord::Step { index, state } => Self::Step {
                index,
                state: match state {
                    StepWord::Started => StepState::Started,
                    StepWord::Passed => StepState::Passed,
                    StepWord::Failed => StepState::Failed,
                    StepWord::Skipped => StepState::Skipped,
                },
            },
            EventRecord::Wake { cause } => Self::Wake { cause },
        }
    }
}

impl From<PartyWord> for Party {
    fn from(word: PartyWord) -> Self {
        match word {
            PartyWord::Cloud => Self::Cloud,
            PartyWord::Device => Self::Device,
            PartyWord::Rig => Self::Rig,
        }
    }
}

impl From<PassedRecord> for PassedOn {
    fn from(record: PassedRecord) -> Self {
        let PassedRecord { request, to, how, took_us, status, body, error } = record;
        Self { request, to, how, took: Duration::from_micros(took_us), status, body, error }
    }
}

impl From<RequestRecord> for Request {
    fn from(record: RequestRecord) -> Self {
        Self {
            pattern: pattern(&record),
            id: record.id,
            connection: record.connection,
            method: record.method,
            target: record.target,
            headers: record.headers.into_iter().flat_map(header).collect(),
            body: record.body,
            signature: match record.signature {
                SignatureWord::Good => Signature::Good,
                SignatureWord::Unchecked => Signature::Unchecked,
                SignatureWord::Refused => Signature::Refused {
                    message: record.refusal.unwrap_or_default(),
                    explanation: record.explanation.unwrap_or_default(),
                },
            },
        }
    }
}

/// A header; more than one where its name was sent more than once.
fn header((name, value): (String, Value)) -> Vec<(String, String)> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    match value {
        Value::Array(values) => {
            values.into_iter().map(|value| (name.clone(), text(value))).collect()
        }
        value => vec![(name, text(value))],
    }
}

/// What a request asks of which shadow, from its short form; `None` where that is its method and target.
fn pattern(record: &RequestRecord) -> Option<RequestPattern> {
    let (method, what) = record.short.split_once(' ')?;
    if what == record.target {
        return None;
    }
    let target = match what {
        "shadow" => Target::Classic,
        "shadows" => Target::List,
        _ => Target::Named(what.strip_prefix("shadow/")?.to_owned()),
    };
    Some(RequestPattern { method: method.to_owned(), target })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::crash::Frame;
    use crate::time::Moment;

    /// One event of each kind. The match beside it names all kinds, so a new one has to come by here.
    fn a_reading() -> Reading {
        Reading {
            until: Moment::at(Duration::from_millis(1500)),
            length: Duration::from_micros(999),
            average_na: -3,
            peak_na: 80_000_000,
            lost: 1,
        }
    }

    fn shadow(document: Value) -> Event {
        Event::Shadow { name: None, by: Party::Rig, document: Some(document) }
    }

    fn armed(step: Option<Value>) -> Event {
        Event::FaultArmed { id: 1, what: "503".to_owned(), step }
    }

    fn a_cut() -> Event {
        let step = json!({ "cut-power": { "when": { "request": "GET shadow" } } });
        let what = "the power cut at GET shadow".to_owned();
        Event::Armed { id: 1, what, step, hold: Some(2) }
    }

    fn a_message() -> Message {
        Message {
            topic: "lamps/\u{1b}1".to_owned(),
            payload: "{\"n\": 1}".to_owned(),
            qos: 1,
            retain: true,
            by: Party::Cloud,
        }
    }

    fn a_passed_one() -> PassedOn {
        PassedOn {
            request: 1,
            to: "https://h".into(),
            how: "as it came".into(),
            took: Duration::from_micros(1500),
            status: None,
            body: String::new(),
            error: Some("failed to connect".into()),
        }
    }

    fn a_crash() -> Crash {
        Crash {
            reason: "abort() was called".into(),
            frames: vec![
                Frame { address: Some(1 << 30), ..Frame::default() },
                Frame { function: Some("f".into()), is_guess: true, ..Frame::default() },
            ],
            hint: None,
        }
    }

    fn one_of_each() -> Vec<Event> {
        let text = |text: &str| text.to_owned();
        let request = Request {
            id: 1,
            connection: Some(3),
            method: text("GET"),
            target: text("/things/x/shadow"),
            pattern: Some(RequestPattern { method: text("GET"), target: Target::Classic }),
            headers: vec![
                (text("Host"), text("a")),
                (text("Twice"), text("1")),
                (text("Twice"), text("2")),
                (text("Twice"), text("3")),
            ],
            body: String::new(),
            signature: Signature::Refused { message: text("no"), explanation: text("a\nb") },
        };
        let unknown = Request {
            target: text("/other shadow"),
            connection: None,
            pattern: None,
            signature: Signature::Unchecked,
            ..request.clone()
        };
        let named = Request {
            pattern: Some(RequestPattern {
                method: text("PUT"),
                target: Target::Named(text("a/b")),
            }),
            signature: Signature::Good,
            ..request.clone()
        };
        vec![
            Event::Answer(Answer {
                request: 1,
                status: None,
                body: text("{}"),
                fault: Some(text("hang")),
            }),
            a_cut(),
            Event::Brownout { to_mv: 2600, length: Duration::from_millis(30) },
            Event::Clock { offset_ms: -5 },
            Event::Command { command: text("true"), exit: Some(0), output: text("a\nb") },
            Event::Connection { id: 1, change: ConnectionChange::Reset },
            Event::Console { line: text("</script>\u{1b}[0m\u{0}") },
            Event::ConsolePart { line: text("name: ") },
            Event::Crash(a_crash()),
            Event::Current(a_reading()),
            armed(None),
            armed(Some(json!({ "fault": { "status": 503 }, "to": "GET shadow" }))),
            Event::FaultMet { id: 1, what: text("503") },
            Event::FaultsCleared,
            Event::Fired { id: 1, what: text("the power cut at GET shadow") },
            Event::Message(a_message()),
            Event::Note { text: text("a note") },
            Event::Passed(a_passed_one()),
            Event::Pin { pin: text("led"), value: -1 },
            Event::Power { change: PowerChange::Cut },
            Event::Request(request),
            Event::Request(unknown),
            Event::Request(named),
            Event::Reset { cause: text("panic") },
            shadow(json!({ "version": 1, "n": 1.5 })),
            Event::Sleep { announced: Some(Duration::from_millis(5)) },
            Event::Snapshot { name: text("shadow"), text: text("{}") },
            Event::StateWrite { bytes: 132, cut: Some(StateCut::During) },
            Event::Step { index: 0, state: StepState::Skipped },
            Event::Wake { cause: text("timer") },
        ]
    }

    #[test]
    fn every_kind_of_event_reads_back() {
        for event in one_of_each() {
            match &event {
                Event::Answer(_)
                | Event::Armed { .. }
                | Event::Brownout { .. }
                | Event::Clock { .. }
                | Event::Command { .. }
                | Event::Connection { .. }
                | Event::Console { .. }
                | Event::ConsolePart { .. }
                | Event::Crash(_)
                | Event::Current(_)
                | Event::FaultArmed { .. }
                | Event::FaultMet { .. }
                | Event::FaultsCleared
                | Event::Fired { .. }
                | Event::Message(_)
                | Event::Note { .. }
                | Event::Passed(_)
                | Event::Pin { .. }
                | Event::Power { .. }
                | Event::Request(_)
                | Event::Reset { .. }
                | Event::Shadow { .. }
                | Event::Sleep { .. }
                | Event::Snapshot { .. }
                | Event::StateWrite { .. }
                | Event::Step { .. }
                | Event::Wake { .. } => {}
            }
            let mut line = json!({ "at_us": 1_500_000 });
            if let (Value::Object(line), Value::Object(mut fields)) = (&mut line, event.to_json()) {
                line.append(&mut fields);
            }
            let text = format!("{{\"kind\":\"run\",\"version\":1}}\n{line}\n");
            let log = parse(&text).unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(log.entries()[0].event, event);
            assert_eq!(log.entries()[0].at, Moment::at(Duration::from_micros(1_500_000)));
        }
    }

    /// As a log was before it told what the rig arms.
    #[test]
    fn an_older_log_is_read() {
        let text = "{\"kind\":\"run\",\"version\":1}\n\
            {\"at_us\":1,\"kind\":\"fault-armed\",\"id\":1,\"what\":\"503\"}\n\
            {\"at_us\":2,\"kind\":\"note\",\"text\":\"now comes the power cut at GET shadow\"}\n\
            {\"at_us\":3,\"kind\":\"power\",\"change\":\"cut\"}\n";
        let log = parse(text).expect("it is of this version");
        assert_eq!(log.entries()[0].event, armed(None));
        assert_eq!(log.len(), 3);
    }

    #[test]
    fn the_schema_and_the_page_know_every_kind() {
        let schema: Value = serde_json::from_str(include_str!("../../../docs/report.v1.json"))
            .expect("the schema is JSON");
        let known = &schema["$defs"]["event"]["properties"]["kind"]["enum"];
        let known: Vec<_> =
            known.as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let page = include_str!("../../../docs/report.md");
        for event in one_of_each() {
            let kind = event.kind();
            assert!(known.contains(&kind), "docs/report.v1.json does not know {kind}");
            assert!(page.contains(&format!("`{kind}`")), "docs/report.md does not tell of {kind}");
        }
    }

    #[test]
    fn what_is_no_log_is_refused_with_its_line() {
        let refused = |text: &str| parse(text).expect_err(text).to_string();
        assert_eq!(refused(""), "it was not written by a run");
        assert_eq!(refused("{\"kind\":\"toast\"}"), "it was not written by a run");
        assert_eq!(
            refused("{\"kind\":\"run\",\"version\":2}"),
            "it has version 2; this shadowrig reads up to version 1"
        );
        let cut = refused("{\"kind\":\"run\",\"version\":1}\n{\"at_us\":1,\"kind\":\"cons");
        assert!(cut.starts_with("line 2: "), "{cut}");
    }
}
