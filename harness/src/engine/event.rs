//! All that can be observed in a run, in one enum.

#![expect(missing_docs, reason = "the fields of a variant are told by its own sentence")]

use std::time::Duration;

use serde_json::Value;

use super::crash::Crash;
pub use super::exchange::{Answer, PassedOn, Request, Signature, body_value};
pub use super::log::{Entry, Log};
pub use super::message::Message;
use super::reading::Reading;

/// What ends the words of an armed fault in which chance has a say.
pub const BY_CHANCE: &str = ", by chance";

/// One thing that was observed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The cloud answered a request.
    Answer(Answer),
    /// The rig waits for something to be observed, and acts at once then; with the step that arms it, what is known filled in, and
    /// with the number of the fault by which the cloud holds the request, where it waits for one.
    Armed { id: u64, what: String, step: Value, hold: Option<u64> },
    /// The supply sagged to so many millivolts for so long.
    Brownout { to_mv: u32, length: Duration },
    /// A program ran on the machine of the rig; no exit code where a signal ended it.
    Command { command: String, exit: Option<i32>, output: String },
    /// The cloud's clock was moved; the offset from the true time in milliseconds.
    Clock { offset_ms: i64 },
    /// A connection to the cloud changed.
    Connection { id: u64, change: ConnectionChange },
    /// The device wrote a line on its console.
    Console { line: String },
    /// What there is of a line that has begun and, for a while now, not gone on. It is told whole when it ends.
    ConsolePart { line: String },
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
    /// What was armed under that number met what it waits for; what it does comes behind this.
    Fired { id: u64, what: String },
    /// A message was published on a topic.
    Message(Message),
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

/// Who did something in the cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The cloud by itself: its shadow service.
    Cloud,
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

impl Event {
    /// The kind of event, as it stands in `events.jsonl`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Armed { .. } => "armed",
            Self::Brownout { .. } => "brownout",
            Self::Clock { .. } => "clock",
            Self::Command { .. } => "command",
            Self::Connection { .. } => "connection",
            Self::Console { .. } => "console",
            Self::ConsolePart { .. } => "console-part",
            Self::Crash(_) => "crash",
            Self::Current(_) => "current",
            Self::FaultArmed { .. } => "fault-armed",
            Self::FaultMet { .. } => "fault-met",
            Self::FaultsCleared => "faults-cleared",
            Self::Fired { .. } => "fired",
            Self::Message(_) => "message",
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
}
