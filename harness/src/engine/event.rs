//! All that can be observed in a run, in one enum.

#![expect(missing_docs, reason = "the fields of a variant are told by its own sentence")]

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::crash::Crash;
pub use super::log::{Entry, Log};
use super::reading::Reading;
use crate::scenario::request_pattern::{RequestPattern, Target};
use crate::time;

/// What ends the words of an armed fault in which chance has a say.
pub const BY_CHANCE: &str = ", by chance";

/// One thing that was observed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The cloud answered a request.
    Answer(Answer),
    /// A program ran on the machine of the rig; no exit code where a signal ended it.
    Command { command: String, exit: Option<i32>, output: String },
    /// The cloud's clock was moved; the offset from the true time in milliseconds.
    Clock { offset_ms: i64 },
    /// A connection to the cloud changed.
    Connection { id: u64, change: ConnectionChange },
    /// The device wrote a line on its console.
    Console { line: String },
    /// The firmware crashed; the reset that it makes is told behind it.
    Crash(Crash),
    /// The current meter told of a stretch of time.
    Current(Reading),
    /// A fault waits for its request; with the step that arms such a one, where a scenario can say it.
    FaultArmed { id: u64, what: String, step: Option<Value> },
    /// A fault met what it waited for.
    FaultMet { id: u64, what: String },
    /// Faults that were still armed are gone.
    FaultsCleared,
    /// Something that a reader should know and that no step asks for.
    Note { text: String },
    /// The rig passed the device's request on to the real cloud, which answered it.
    Passed(PassedOn),
    /// A pin of the board changed, or what hangs on it: 0 or 1, or the unit that the board's page names.
    Pin { pin: String, value: i64 },
    /// Power was cut or restored.
    Power { change: PowerChange },
    /// The device's request reached the cloud.
    Request(Request),
    /// The chip was reset.
    Reset { cause: String },
    /// A shadow changed, or was read for the first time; the document is as a GET answers it.
    Shadow { name: Option<String>, by: Party, document: Option<Value> },
    /// The device went to sleep; with the span that it announced, if it did.
    Sleep { announced: Option<Duration> },
    /// Something was written down to be compared with what is stored.
    Snapshot { name: String, text: String },
    /// A step changed its state; the index counts all steps in the order in which they began.
    Step { index: usize, state: StepState },
    /// The device kept its state, so many bytes of it; with when in that its power was cut, if it was.
    StateWrite { bytes: usize, cut: Option<StateCut> },
    /// The device woke up.
    Wake { cause: String },
}

/// A request as the cloud saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Its number in this run, from 1.
    pub id: u64,
    /// The connection that it came on; none where that is not known, as in logs of earlier versions.
    pub connection: Option<u64>,
    /// The method as sent.
    pub method: String,
    /// The raw target as sent.
    pub target: String,
    /// What it asks of which shadow, if the cloud knows it.
    pub pattern: Option<RequestPattern>,
    /// The headers, secrets masked.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// What the cloud says of its signature.
    pub signature: Signature,
}

/// What the cloud says of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signature {
    /// It is right.
    Good,
    /// It was not looked at, since a fault came first.
    Unchecked,
    /// It was refused.
    Refused {
        /// What AWS says.
        message: String,
        /// What we found out, several lines.
        explanation: String,
    },
}

/// An answer as the cloud sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The number of its request.
    pub request: u64,
    /// The status; `None` when a fault let no status out.
    pub status: Option<u16>,
    /// The body as text.
    pub body: String,
    /// The fault that had its hand in it.
    pub fault: Option<String>,
}

/// A request that the rig passed on, and what the real cloud said; what the device got of that is in the [`Answer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// The number of the request.
    pub request: u64,
    /// The real cloud, as `https://prefix-ats.iot.eu-west-1.amazonaws.com`.
    pub to: String,
    /// How: `as it came` or `signed anew`.
    pub how: String,
    /// How long the answer took.
    pub took: Duration,
    /// The status; `None` if there was no answer.
    pub status: Option<u16>,
    /// The body as text.
    pub body: String,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// What happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionChange {
    /// It was accepted.
    Opened,
    /// It ended in order.
    Closed,
    /// It was reset.
    Reset,
}

/// What happened to the supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerChange {
    /// It is off.
    Cut,
    /// It is back.
    Restored,
}

/// When the power is cut that is cut at a write of the device's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StateCut {
    /// Before a byte is written.
    Before,
    /// When a part of it is written.
    During,
    /// When all is written, and before the device does anything else.
    After,
}

/// Who did something to a shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The device, by a request.
    Device,
    /// The scenario, as the app side.
    Rig,
}

/// Where a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// It began.
    Started,
    /// It passed.
    Passed,
    /// It failed.
    Failed,
    /// Its `if` was false, or an earlier step failed.
    Skipped,
}

impl Request {
    /// The request in short, as `GET shadow`; method and target where the cloud does not know it.
    #[must_use]
    pub fn short(&self) -> String {
        self.pattern
            .as_ref()
            .map_or_else(|| format!("{} {}", self.method, self.target), ToString::to_string)
    }

    /// The body as JSON, or as text where it is not JSON; nothing for an empty one.
    #[must_use]
    pub fn body_value(&self) -> Option<Value> {
        body_value(&self.body)
    }

    /// The shadow it is about.
    #[must_use]
    pub fn shadow_name(&self) -> Option<&str> {
        match &self.pattern.as_ref()?.target {
            Target::Named(name) => Some(name),
            Target::Classic | Target::List => None,
        }
    }
}

/// A body as JSON, or as text where it is not JSON; nothing for an empty one.
#[must_use]
pub fn body_value(body: &str) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    Some(serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))
}

impl Event {
    /// The kind of event, as it stands in `events.jsonl`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Clock { .. } => "clock",
            Self::Command { .. } => "command",
            Self::Connection { .. } => "connection",
            Self::Console { .. } => "console",
            Self::Crash(_) => "crash",
            Self::Current(_) => "current",
            Self::FaultArmed { .. } => "fault-armed",
            Self::FaultMet { .. } => "fault-met",
            Self::FaultsCleared => "faults-cleared",
            Self::Note { .. } => "note",
            Self::Passed(_) => "passed",
            Self::Pin { .. } => "pin",
            Self::Power { .. } => "power",
            Self::Request(_) => "request",
            Self::Reset { .. } => "reset",
            Self::Shadow { .. } => "shadow",
            Self::Sleep { .. } => "sleep",
            Self::Snapshot { .. } => "snapshot",
            Self::StateWrite { .. } => "state-write",
            Self::Step { .. } => "step",
            Self::Wake { .. } => "wake",
        }
    }

    /// The event in a few words, for a time line.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Answer(answer) => {
                let status = answer.status.map_or_else(|| "no answer".into(), |s| s.to_string());
                let fault = answer.fault.as_ref().map(|fault| format!(" (fault: {fault})"));
                format!("answer to #{}: {status}{}", answer.request, fault.unwrap_or_default())
            }
            Self::Clock { offset_ms } => {
                format!("the cloud's clock is off by {}", time::signed_span(*offset_ms))
            }
            Self::Command { command, exit, .. } => {
                let exit =
                    exit.map_or_else(|| "no exit code".into(), |exit| format!("exit {exit}"));
                format!("{command}: {exit}")
            }
            Self::Connection { id, change } => format!("connection {id} {}", change.word()),
            Self::Console { line } => line.clone(),
            Self::Crash(crash) => crash.words(),
            Self::Current(reading) => reading.words(),
            Self::FaultArmed { what, .. } => format!("armed: {what}"),
            Self::FaultMet { what, .. } => format!("met: {what}"),
            Self::FaultsCleared => "all faults cleared".into(),
            Self::Note { text } => text.clone(),
            Self::Passed(passed) => passed.words(),
            Self::Pin { pin, value } => format!("{pin}: {value}"),
            Self::Power { change: PowerChange::Cut } => "power cut".into(),
            Self::Power { change: PowerChange::Restored } => "power restored".into(),
            Self::Request(request) => {
                let refused = match request.signature {
                    Signature::Refused { .. } => ", signature refused",
                    Signature::Good | Signature::Unchecked => "",
                };
                format!("#{} {}{refused} {}", request.id, request.short(), request.body)
                    .trim_end()
                    .to_owned()
            }
            Self::Reset { cause } => format!("reset: {cause}"),
            Self::Shadow { name, by, document } => {
                let name = name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
                let by = by.word();
                match document.as_ref().and_then(|document| document.get("version")) {
                    Some(version) => format!("shadow{name} is at version {version}, by the {by}"),
                    None => format!("shadow{name} is gone, by the {by}"),
                }
            }
            Self::Sleep { announced: Some(length) } => {
                format!("asleep for {}", time::span(*length))
            }
            Self::Sleep { announced: None } => "asleep".into(),
            Self::Snapshot { name, .. } => format!("snapshot {name}"),
            Self::StateWrite { bytes, cut: None } => format!("state of {bytes} bytes kept"),
            Self::StateWrite { bytes, cut: Some(cut) } => {
                format!("the power goes {} a state of {bytes} bytes is kept", cut.when())
            }
            Self::Step { index, state } => format!("step {} {}", index + 1, state.word()),
            Self::Wake { cause } => format!("awake: {cause}"),
        }
    }

    /// The event as one JSON object, without its time.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = match self {
            Self::Answer(answer) => json!({
                "request": answer.request, "status": answer.status, "body": answer.body,
                "fault": answer.fault,
            }),
            Self::Clock { offset_ms } => json!({ "offset_ms": offset_ms }),
            Self::Command { command, exit, output } => {
                json!({ "command": command, "exit": exit, "output": output })
            }
            Self::Connection { id, change } => json!({ "id": id, "change": change.word() }),
            Self::Console { line } => json!({ "line": line }),
            Self::Crash(crash) => json!(crash),
            Self::Current(reading) => reading.to_json(),
            Self::FaultArmed { id, what, step: Some(step) } => {
                json!({ "id": id, "what": what, "step": step })
            }
            Self::FaultArmed { id, what, step: None } | Self::FaultMet { id, what } => {
                json!({ "id": id, "what": what })
            }
            Self::FaultsCleared => json!({}),
            Self::Note { text } => json!({ "text": text }),
            Self::Passed(passed) => passed.to_json(),
            Self::Pin { pin, value } => json!({ "pin": pin, "value": value }),
            Self::Power { change } => json!({ "change": change.word() }),
            Self::Request(request) => request.to_json(),
            Self::Reset { cause } | Self::Wake { cause } => json!({ "cause": cause }),
            Self::Shadow { name, by, document } => {
                json!({ "name": name, "by": by.word(), "document": document })
            }
            Self::Sleep { announced } => {
                json!({ "announced_ms": announced.map(|span| span.as_millis() as u64) })
            }
            Self::Snapshot { name, text } => json!({ "name": name, "text": text }),
            Self::StateWrite { bytes, cut } => {
                json!({ "bytes": bytes, "cut": cut.map(StateCut::word) })
            }
            Self::Step { index, state } => json!({ "index": index, "state": state.word() }),
        };
        let mut object = Map::from_iter([("kind".to_owned(), Value::from(self.kind()))]);
        if let Value::Object(fields) = &mut fields {
            object.append(fields);
        }
        Value::Object(object)
    }
}

impl PassedOn {
    fn words(&self) -> String {
        let Self { request, to, how, took, status, error, .. } = self;
        let answer = match (status, error) {
            (Some(status), _) => status.to_string(),
            (None, error) => error.clone().unwrap_or_default(),
        };
        format!("#{request} passed on {how} to {to}: {answer} ({})", time::span(*took))
    }

    fn to_json(&self) -> Value {
        json!({
            "request": self.request, "to": self.to, "how": self.how,
            "took_us": u64::try_from(self.took.as_micros()).unwrap_or(u64::MAX),
            "status": self.status, "body": self.body, "error": self.error,
        })
    }
}

impl Request {
    fn to_json(&self) -> Value {
        // A name that was sent twice has a list of its values, so that the log loses none.
        let mut headers = Map::new();
        for (name, value) in &self.headers {
            let value = Value::from(value.as_str());
            match headers.get_mut(name) {
                None => drop(headers.insert(name.clone(), value)),
                Some(Value::Array(values)) => values.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
        let (signature, message, explanation) = match &self.signature {
            Signature::Good => ("good", None, None),
            Signature::Unchecked => ("unchecked", None, None),
            Signature::Refused { message, explanation } => {
                ("refused", Some(message), Some(explanation))
            }
        };
        json!({
            "id": self.id, "connection": self.connection, "method": self.method, "target": self.target,
            "short": self.short(), "headers": headers, "body": self.body,
            "signature": signature, "refusal": message, "explanation": explanation,
        })
    }
}
