//! The words of what changes, as they stand in `events.jsonl`.

use super::event::{ConnectionChange, Party, PowerChange, StateCut, StepState};

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
