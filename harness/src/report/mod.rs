//! Reports: each a pure function of what was recorded. One file a format.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod events;
pub mod human;
pub mod junit;
pub mod summary;

use std::sync::Arc;
use std::time::Duration;

use crate::engine::mismatch::Blame;
use crate::engine::{Outcome, Verdict};
use crate::scenario::plan::Plan;

/// One case that ran, or that was skipped.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// What ran.
    pub plan: Arc<Plan>,
    /// The text of its file.
    pub source: Arc<str>,
    /// What it ran on, as `sim`.
    pub board: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took on this machine.
    pub wall: Duration,
}

/// How a case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The rig could not do its part.
    Error,
    /// The device did something else.
    Fail,
    /// Somebody stopped it.
    Interrupted,
    /// Everything was as described.
    Pass,
    /// The bench cannot do it.
    Skip,
}

impl CaseReport {
    /// How it counts.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.outcome.verdict {
            Verdict::Passed => Status::Pass,
            Verdict::Failed(failure) => match failure.blame() {
                Blame::Firmware => Status::Fail,
                Blame::Rig => Status::Error,
            },
            Verdict::Interrupted => Status::Interrupted,
            Verdict::Skipped { .. } => Status::Skip,
        }
    }
}
