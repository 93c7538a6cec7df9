//! All that the engine can ask the bench to do, in one enum.

#![expect(missing_docs, reason = "the fields of a variant are told by its own sentence")]

use std::time::Duration;

use serde_json::{Value, json};

use super::event::StateCut;
use crate::scenario::plan::{Firmware, StartShadow};
use crate::scenario::request_pattern::RequestPattern;
use crate::time;

/// One thing to be done, at once and in order.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// Arm a fault in the cloud.
    ArmFault(FaultOrder),
    /// Let the supply sag to so many millivolts for so long.
    Brownout { to_mv: u32, length: Duration },
    /// Take all faults off.
    ClearFaults,
    /// Move the cloud's clock.
    Clock(ClockOrder),
    /// Cut the supply at a write of the device's state.
    CutAtStateWrite(StateCutOrder),
    /// Delete a shadow, as the app side.
    DeleteShadow { name: Option<String> },
    /// Put the image on the board, erase what is to be erased, provision it, and start it.
    Flash(Firmware),
    /// Tell what the shadow service publishes, until the end.
    HearShadow,
    /// Begin to measure the current, until the end.
    Measure,
    /// Change the supply.
    Power(PowerOrder),
    /// Publish a message, as the app side.
    Publish(MessageOrder),
    /// Reset the chip.
    Reset,
    /// Run a program on this machine, and kill it when its time is over.
    RunCommand(CommandOrder),
    /// Drive a pin of the board, or what hangs on it.
    SetPin { pin: String, value: i64 },
    /// Make a shadow hold exactly this, as the app side; it may be a new one.
    SetShadow { name: Option<String>, shadow: StartShadow },
    /// Update a shadow, as the app side; the document as UpdateThingShadow takes it.
    UpdateShadow { name: Option<String>, document: Value },
    /// Wake a sleeping board before its time.
    Wake,
    /// Write text on the device's console input.
    WriteConsole { text: String },
}

/// A program to run on the machine of the rig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandOrder {
    /// The program and its arguments.
    pub words: Vec<String>,
    /// The most time that it may take, of this machine's own.
    pub limit: Duration,
}

/// A message to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageOrder {
    /// The topic.
    pub topic: String,
    /// The content.
    pub payload: String,
    /// 0 or 1.
    pub qos: u8,
    /// Whether the topic is to keep it.
    pub retain: bool,
}

/// What to do with the supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerOrder {
    /// Off.
    Cut,
    /// Off, this long, and on again.
    Cycle(Duration),
    /// On.
    Restore,
}

/// A power cut at a write of the device's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateCutOrder {
    /// When in the write.
    pub at: StateCut,
    /// How many writes pass before.
    pub after: u32,
    /// How long the supply is off.
    pub off: Duration,
}

/// What to do with the cloud's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockOrder {
    /// Move it on by so many milliseconds, on top of what it is off already.
    Advance(i64),
    /// Make it show this point in time: milliseconds since 1970.
    Set(i64),
    /// Let it be off from the true time by so many milliseconds.
    Skew(i64),
}

/// A fault to arm.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultOrder {
    /// The fault in the words of the cloud's table: an object with its kind and parameters.
    pub description: Value,
    /// The requests that it acts on.
    pub target: FaultTarget,
    /// How many of them; as the kind has it where it is not said.
    pub times: Option<Times>,
    /// How many it lets pass first.
    pub after: u32,
    /// How long it stays armed; `None` for the whole case.
    pub armed_for: Option<Duration>,
    /// The share of them that it acts on, from 0 to 1; as the kind has it where it is not said.
    pub chance: Option<f64>,
}

impl FaultOrder {
    /// The step that gives this order, as a scenario says it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut step = json!({ "fault": self.description });
        let mut put = |key: &str, value: Value| step[key] = value;
        match &self.target {
            FaultTarget::Any => {}
            FaultTarget::Connect => put("to", "connect".into()),
            FaultTarget::Request(pattern) => put("to", pattern.to_string().into()),
        }
        match self.times {
            None => {}
            Some(Times::Always) => put("times", "always".into()),
            Some(Times::Count(count)) => put("times", count.into()),
        }
        if self.after > 0 {
            put("after", self.after.into());
        }
        if let Some(length) = self.armed_for {
            put("for", time::span(length).into());
        }
        if let Some(chance) = self.chance {
            put("chance", format!("{}%", chance * 100.0).into());
        }
        step
    }
}

/// How often a fault acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// On all that it is meant for.
    Always,
    /// So often.
    Count(u32),
}

/// What a fault acts on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultTarget {
    /// Any request.
    Any,
    /// The next connection, before a request can be known.
    Connect,
    /// Requests like this.
    Request(RequestPattern),
}

/// Why something could not be done. It is the rig's fault or the author's, never the device's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionError {
    /// What could not be done, a fragment that stands behind "failed to".
    pub what: String,
    /// Why.
    pub why: String,
    /// What to do next.
    pub help: Option<String>,
    /// What it says about the board that it happened on; `None` where another board would have done no better.
    pub trouble: Option<Trouble>,
}

/// What is wrong with a board, so that another one may do better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Another board is where it should be.
    AnotherBoard,
    /// Its supply breaks down again and again.
    Brownouts,
    /// It answers, and its flash was not written, or does not hold what was written. The next time may be better.
    FlashFailed,
    /// It does not answer, or its port is gone or not ours.
    Unreachable,
    /// What should switch its supply does not.
    Unswitched,
}

impl std::fmt::Display for ActionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "failed to {}: {}", self.what, self.why)
    }
}

impl std::error::Error for ActionError {}

impl ActionError {
    /// An error with its reason.
    #[must_use]
    pub fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into(), help: None, trouble: None }
    }

    /// The same with what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
