//! Why a step failed, as data. [`crate::diagnostics`] draws it.

use std::ops::Range;

use super::action::{ActionError, Trouble};
pub use super::mismatch_kind::MismatchKind;
use crate::scenario::matcher::Difference;
use crate::scenario::node::Span;

/// What was wanted, what there is instead, and what came nearest.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// What is wrong, in one word for programs; `None` in what earlier versions wrote down.
    pub kind: Option<MismatchKind>,
    /// Whose fault it is.
    pub blame: Blame,
    /// In a few words, without a full stop: `no POST shadow within 10s`.
    pub headline: String,
    /// What was wanted.
    pub expected: String,
    /// What there is instead.
    pub actual: String,
    /// The observed thing that came nearest, with all that is different.
    pub nearest: Option<NearMiss>,
    /// The part of the log that a reader should see: indexes.
    pub window: Range<usize>,
    /// What to do next.
    pub help: Option<String>,
    /// The step that failed, where that is one inside another: its place and its index among the steps of the run.
    pub step: Option<(Span, usize)>,
    /// What it says about the board; known only while the run goes on, and not kept with it.
    pub trouble: Option<Trouble>,
}

/// Whose fault a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The device's: it did something else. Exit code 100.
    Firmware,
    /// The bench's: no board, link lost, an action that did not work. Exit code 5.
    Rig,
}

/// The observed thing that came nearest.
#[derive(Debug, Clone, PartialEq)]
pub struct NearMiss {
    /// Its index in the log.
    pub index: usize,
    /// All that is different; empty where only the order or the time is wrong.
    pub differences: Vec<Difference>,
    /// Why the cloud refused its signature, several lines, if it did.
    pub explanation: Option<String>,
}

impl Mismatch {
    /// The device did something else.
    #[must_use]
    pub fn new(
        kind: MismatchKind,
        headline: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            kind: Some(kind),
            blame: Blame::Firmware,
            headline: headline.into(),
            expected: expected.into(),
            actual: actual.into(),
            nearest: None,
            window: 0..0,
            help: None,
            step: None,
            trouble: None,
        }
    }

    /// Something could not be done.
    #[must_use]
    pub fn of_rig(error: &ActionError) -> Self {
        Self {
            blame: Blame::Rig,
            help: error.help.clone(),
            trouble: error.trouble,
            ..Self::new(
                MismatchKind::ActionFailed,
                format!("failed to {}", error.what),
                "it works",
                error.why.clone(),
            )
        }
    }

    /// Whether it is the bench's fault.
    #[must_use]
    pub fn is_of_rig(&self) -> bool {
        self.blame == Blame::Rig
    }

    /// Something that was armed has waited in vain until the last step was over; `what` ends with a verb.
    pub(crate) fn never_met(what: &str, expected: String, log_len: usize) -> Self {
        let actual = "none came before the last step was over";
        let headline = format!("{what} armed and never met");
        Self::new(MismatchKind::NeverMet, headline, expected, actual)
            .with_window(log_len.saturating_sub(10)..log_len)
            .with_help(
                "wait for it by `expect-fault: applied`, or take it off by `clear-faults: all`",
            )
    }

    /// A fault has waited in vain; `what` begins with its kind. The device has to ask the rig's own servers to meet theirs.
    pub(crate) fn fault_never_met(what: &str, log_len: usize) -> Self {
        let kind = what.split([' ', ',']).next().unwrap_or_default();
        let (expected, help) = match kind {
            "dns" => (
                "a question to the rig's name server that meets it",
                Some(
                    "the device has to ask the name server in SHADOWRIG_NAME_SERVER for its endpoint",
                ),
            ),
            "ntp" => (
                "a question to the rig's time server that meets it",
                Some("the device has to ask the time server in SHADOWRIG_NTP_SERVER"),
            ),
            "wifi" => (
                "a wake in which the device misses its network",
                Some("the device has to wake once more after the step"),
            ),
            _ => ("a request or connection that meets it", None),
        };
        let mismatch = Self::never_met(&format!("the fault {what} was"), expected.into(), log_len);
        match (help, &mismatch.help) {
            (Some(more), Some(usual)) => {
                let help = format!("{more}; and {usual}");
                mismatch.with_help(help)
            }
            _ => mismatch,
        }
    }

    /// The same with the observed thing that came nearest.
    #[must_use]
    pub fn with_nearest(mut self, nearest: Option<NearMiss>) -> Self {
        self.nearest = nearest;
        self
    }

    /// The same with the part of the log that a reader should see.
    #[must_use]
    pub fn with_window(mut self, window: Range<usize>) -> Self {
        self.window = window;
        self
    }

    /// The same with what to do next.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
