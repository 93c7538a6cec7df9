//! A case and a run as reports see them.

use std::time::Duration;

use crate::diagnostics::Source;
use crate::engine::event::BY_CHANCE;
use crate::engine::mismatch::Blame;
use crate::engine::{Event, Outcome, Verdict};
use crate::scenario::SourceText;
use crate::scenario::node::Span;
use crate::scenario::plan::{Plan, slug};

/// A run: what all reports are made from.
#[derive(Debug, Clone)]
pub struct RunReport {
    /// When it began, as RFC 3339 in UTC; `None` where nobody looked at a clock.
    pub began_at: Option<String>,
    /// How long it took on this machine; for joined runs the sum.
    pub wall: Duration,
    /// Its cases, in their order.
    pub cases: Vec<CaseReport>,
}

/// One case that ran, or that was skipped.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// What ran.
    pub plan: PlanFacts,
    /// The text of its file.
    pub source: std::sync::Arc<str>,
    /// The files that it includes; number 1 of a [`Span`] is the first.
    pub included: Vec<SourceText>,
    /// What it ran on, as `sim`.
    pub board: String,
    /// Why that board was set aside after the case; `None` for a board that was not.
    pub aside: Option<String>,
    /// Where chance came from.
    pub seed: u64,
    /// The command line that runs it with the same chance; empty where nobody knows it.
    pub command: String,
    /// The run that it came from, where joined runs have the same case more than once.
    pub origin: Option<String>,
    /// The attempts before this one, none of which passed, in their order.
    pub earlier: Vec<Attempt>,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took on this machine.
    pub wall: Duration,
}

/// An attempt that did not pass, and after which the case was run again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What it ran on.
    pub board: String,
    /// Why that board was set aside after it, so that the next attempt had another one; `None` where it was not.
    pub aside: Option<String>,
    /// Whether the rig could not do its part; otherwise the device did something else.
    pub is_rigs_fault: bool,
    /// Why, in a few words.
    pub headline: String,
    /// Why, as a person reads it.
    pub text: String,
    /// Where chance came from.
    pub seed: u64,
    /// How long it took in its own time.
    pub took: Duration,
    /// How long it took on this machine.
    pub wall: Duration,
}

/// What reports say of a plan; unlike the plan it can be read back from a run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFacts {
    /// What a person calls it; with the row of the matrix behind it where there is one.
    pub name: String,
    /// Longer words about it.
    pub description: Option<String>,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// The file it was read from, as it was given.
    pub file: String,
}

impl RunReport {
    /// The boards that were set aside in the run, each with the reason and once, in the order in which the cases tell of them.
    #[must_use]
    pub fn boards_aside(&self) -> Vec<(&str, &str)> {
        let mut boards: Vec<(&str, &str)> = Vec::new();
        for (board, reason) in self.cases.iter().flat_map(CaseReport::boards_aside) {
            if boards.iter().all(|(known, _)| *known != board) {
                boards.push((board, reason));
            }
        }
        boards
    }
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

impl From<&Plan> for PlanFacts {
    fn from(plan: &Plan) -> Self {
        Self {
            name: plan.name.clone(),
            description: plan.description.clone(),
            tags: plan.tags.clone(),
            file: plan.file.clone(),
        }
    }
}

impl Status {
    /// As it stands in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Fail => "fail",
            Self::Interrupted => "interrupted",
            Self::Pass => "pass",
            Self::Skip => "skip",
        }
    }
}

impl CaseReport {
    /// The command that shows the case again with the same chance; none where chance had no say.
    #[must_use]
    pub fn again(&self) -> Option<String> {
        let by_chance = |event: &Event| matches!(event, Event::FaultArmed { what, .. } if what.ends_with(BY_CHANCE));
        let entries = self.outcome.log.entries();
        let is_known = !self.command.is_empty();
        (is_known && entries.iter().any(|entry| by_chance(&entry.event)))
            .then(|| self.command.clone())
    }

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

    /// Whether it passed, and not at its first attempt. An attempt after which its board was set aside says nothing about the firmware.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        let counts = |attempt: &Attempt| attempt.aside.is_none();
        self.outcome.verdict == Verdict::Passed && self.earlier.iter().any(counts)
    }

    /// The boards that were set aside in its attempts, each with the reason, in order.
    pub fn boards_aside(&self) -> impl Iterator<Item = (&str, &str)> {
        let earlier = self.earlier.iter().map(|attempt| (&attempt.board, &attempt.aside));
        let all = earlier.chain([(&self.board, &self.aside)]);
        all.filter_map(|(board, aside)| Some((board.as_str(), aside.as_deref()?)))
    }

    /// The text that a place is in, and what it is called.
    #[must_use]
    pub fn source_of(&self, span: Span) -> Source<'_> {
        let included = span.file.checked_sub(1).and_then(|index| self.included.get(index));
        match included {
            Some(source) => Source { path: &source.path, text: &source.text },
            None => Source { path: &self.plan.file, text: &self.source },
        }
    }

    /// Its name, with the run behind it where joined runs have the same case more than once.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.origin {
            None => self.plan.name.clone(),
            Some(origin) => format!("{} (run {origin})", self.plan.name),
        }
    }

    /// The folder of the case in its run directory; `number` counts from 1, so folders of a run differ.
    #[must_use]
    pub fn folder(&self, number: usize) -> String {
        folder(number, &self.plan.name)
    }
}

/// The folder of a case in its run directory; `number` counts from 1.
#[must_use]
pub fn folder(number: usize, name: &str) -> String {
    format!("{number:03}-{}", slug(name)).trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_part_of_a_path() {
        assert_eq!(folder(7, "Obey once: signal=2 [é]"), "007-obey-once-signal-2");
        assert_eq!(folder(1000, "日本"), "1000");
    }
}
