//! Events in words: for a time line, and as they stand in `events.jsonl`.

use super::event::{ConnectionChange, Event, Party, PowerChange, StateCut, StepState};
use super::exchange::Signature;
use crate::scenario::amount::Quantity;
use crate::time;

impl Event {
    /// The event in a few words, for a time line.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Answer(answer) => {
                let status = answer.status.map_or_else(|| "no answer".into(), |s| s.to_string());
                let fault = answer.fault.as_ref().map(|fault| format!(" (fault: {fault})"));
                format!("answer to #{}: {status}{}", answer.request, fault.unwrap_or_default())
            }
            Self::Armed { what, .. } | Self::FaultArmed { what, .. } => format!("armed: {what}"),
            Self::Brownout { to_mv, length } => {
                let to = Quantity::Voltage.exact(u64::from(*to_mv) * 1000);
                format!("the supply sags to {to} for {}", time::span(*length))
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
            Self::ConsolePart { line } => format!("{line} (not finished)"),
            Self::Crash(crash) => crash.words(),
            Self::Current(reading) => reading.words(),
            Self::FaultMet { what, .. } => format!("met: {what}"),
            Self::FaultsCleared => "all faults cleared".into(),
            Self::Fired { what, .. } => format!("now comes {what}"),
            Self::Message(message) => {
                format!("{} {}", message.short(), message.payload).trim_end().to_owned()
            }
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
}

impl ConnectionChange {
    /// As it stands in `events.jsonl`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Reset => "reset",
        }
    }
}

impl PowerChange {
    /// As it stands in `events.jsonl`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Restored => "restored",
        }
    }
}

impl Party {
    /// As it stands in `events.jsonl`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Device => "device",
            Self::Rig => "rig",
        }
    }

    /// The party that a word names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Cloud, Self::Device, Self::Rig].into_iter().find(|party| party.word() == word)
    }
}

impl StateCut {
    /// As it stands in `events.jsonl` and in scenarios.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::During => "during",
            Self::After => "after",
        }
    }

    /// The moment that a word names.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Before, Self::During, Self::After].into_iter().find(|cut| cut.word() == word)
    }

    /// To stand before what is done to the state.
    pub(super) const fn when(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::During => "while",
            Self::After => "as soon as",
        }
    }
}

impl StepState {
    /// As it stands in `events.jsonl`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}
