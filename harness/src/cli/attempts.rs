//! A case again, when it did not pass: its earlier attempts stay with its report.

use clap::{Args, ValueEnum};

use super::files::Case;
use crate::diagnostics::Style;
use crate::engine::Verdict;
use crate::report::{Attempt, CaseReport, Status, human};

/// The words about cases that did not pass.
#[derive(Debug, Args)]
pub(super) struct RetryArgs {
    /// Run a case that failed up to N times more; one that then passes is flaky. A case that the rig failed in real time is
    /// run once more without being asked.
    #[arg(long, default_value_t = 0, value_name = "N")]
    retries: u16,
    /// Whether a flaky case is good enough.
    #[arg(long, value_enum, default_value = "pass", value_name = "fail|pass")]
    flaky: Flaky,
}

/// Whether a flaky case is good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Flaky {
    /// The run fails.
    Fail,
    /// The run passes, and says so.
    Pass,
}

/// Whether a rig that failed may do better the next time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RigErrors {
    /// In virtual time the same comes out each time.
    Stay,
    /// A cable, a port or a network may have had its moment.
    MayPass,
}

impl RetryArgs {
    /// Whether flaky cases make the run fail.
    pub(super) const fn flaky_fails(&self) -> bool {
        matches!(self.flaky, Flaky::Fail)
    }

    /// Runs a case until it passes or nobody wants it again; `run` is told how many times the firmware has failed before: each
    /// time its case has another chance. One that the rig failed showed nothing, and is the same case again.
    pub(super) fn run(
        &self,
        case: &Case,
        rig_errors: RigErrors,
        run: &mut dyn FnMut(u64) -> CaseReport,
    ) -> CaseReport {
        let mut earlier = Vec::new();
        loop {
            let failed = earlier.iter().filter(|earlier: &&Attempt| !earlier.is_rigs_fault).count();
            let mut report = run(failed as u64);
            let more = match (report.status(), rig_errors) {
                // The next attempt, if there is one, has another board.
                _ if report.aside.is_some() => 0,
                (Status::Fail, _) | (Status::Error, RigErrors::Stay) => self.retries,
                (Status::Error, RigErrors::MayPass) => self.retries.max(1),
                (Status::Interrupted | Status::Pass | Status::Skip, _) => 0,
            };
            if earlier.len() >= usize::from(more) {
                report.earlier = earlier;
                report.origin = case.round.map(|(round, of)| format!("{round} of {of}"));
                return report;
            }
            earlier.push(attempt(&report));
        }
    }
}

/// An attempt, as the report of a later one has it.
pub(super) fn attempt(report: &CaseReport) -> Attempt {
    let headline = match &report.outcome.verdict {
        Verdict::Failed(failure) => failure.mismatch.headline.clone(),
        Verdict::Passed | Verdict::Interrupted | Verdict::Skipped { .. } => String::new(),
    };
    Attempt {
        board: report.board.clone(),
        aside: report.aside.clone(),
        is_rigs_fault: report.status() == Status::Error,
        headline,
        text: human::failure(report, Style::Plain),
        seed: report.seed,
        took: report.outcome.took,
        wall: report.wall,
    }
}
