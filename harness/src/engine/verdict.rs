//! How a case ended, and how each of its steps did.

use std::time::Duration;

use super::event::{Log, StepState};
use super::mismatch::{Blame, Mismatch};
use crate::scenario::node::Span;
use crate::time::Moment;

/// How a case ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Everything was as described.
    Passed,
    /// The device did something else, or the rig could not do its part; [`Failure::blame`] says which.
    Failed(Box<Failure>),
    /// Somebody stopped the run.
    Interrupted,
    /// The bench cannot do what the case needs; decided before anything was touched.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// Where and why a case failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The place in the scenario.
    pub span: Span,
    /// The index of the step in [`Outcome::steps`], if it was one; the innermost of nested ones.
    pub step: Option<usize>,
    /// When.
    pub at: Moment,
    /// Why.
    pub mismatch: Mismatch,
}

impl Failure {
    /// Whose fault it is.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        self.mismatch.blame
    }
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// What a person calls its place: `3`, and `3.2` for the second step inside it.
    pub number: String,
    /// Whether it is one of `finally`, or inside one.
    pub is_finally: bool,
    /// Its name, or its line.
    pub title: String,
    /// Where it stands.
    pub span: Span,
    /// How it ended; `Started` if the run ended before.
    pub state: StepState,
    /// When it began.
    pub started_at: Moment,
    /// How long it took.
    pub took: Duration,
}

/// Everything that is known of a case when it is over.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How it ended.
    pub verdict: Verdict,
    /// Its steps in the order in which they began, nested ones behind the one that holds them.
    pub steps: Vec<StepReport>,
    /// Everything that was observed.
    pub log: Log,
    /// How long it took in its own time: device time when time is virtual, wall time otherwise.
    pub took: Duration,
}
