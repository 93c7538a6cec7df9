//! The words of what changes, as they stand in `events.jsonl`.

use super::event::{ConnectionChange, Party, PowerChange, StepState};

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
            Self::Device => "device",
            Self::Rig => "rig",
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
