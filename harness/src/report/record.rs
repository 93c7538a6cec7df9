//! A case as JSON, both ways: the shape of `case.json` and of each case in `run.json`. `docs/report.v1.json` is its schema.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::attempt_record::AttemptRecord;
use super::{CaseReport, PlanFacts, Status, human};
use crate::diagnostics::Style;
use crate::engine::event::StepState;
use crate::engine::mismatch::{Blame, Mismatch, MismatchKind, NearMiss};
use crate::engine::verdict::Failure;
use crate::engine::{Log, Outcome, StepReport, Verdict};
use crate::scenario::SourceText;
use crate::scenario::matcher::Difference;
use crate::scenario::node::Span;
use crate::time::Moment;

/// A case.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Case {
    /// Its place in the run, from 1.
    pub(super) number: usize,
    /// Its folder in the run directory.
    pub(super) folder: String,
    name: String,
    origin: Option<String>,
    description: Option<String>,
    file: String,
    tags: Vec<String>,
    board: String,
    /// Why the board was set aside after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    board_set_aside: Option<String>,
    seed: u64,
    /// The command that shows it again, where chance had a say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    again: Option<String>,
    status: StatusWord,
    reason: Option<String>,
    took_us: u64,
    wall_us: u64,
    /// The attempts before, where it was run more than once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<AttemptRecord>,
    /// The paths of the files that it includes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    included: Vec<String>,
    steps: Vec<Step>,
    failure: Option<FailureRecord>,
}

/// The texts that a case was read from, as they are kept beside it.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// The scenario's.
    pub scenario: &'a str,
    /// Those of the files that it includes, in their order.
    pub included: &'a [String],
}

impl Texts<'_> {
    fn included(&self, paths: &[String]) -> Vec<SourceText> {
        let texts = self.included.iter().map(String::as_str).chain(std::iter::repeat(""));
        let source =
            |(path, text): (&String, &str)| SourceText { path: path.clone(), text: text.into() };
        paths.iter().zip(texts).map(source).collect()
    }
}

/// A [`Status`] as its word.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StatusWord {
    Error,
    Fail,
    Interrupted,
    Pass,
    Skip,
}

/// A step, with whether it is one of `finally`.
#[derive(Debug, Serialize, Deserialize)]
struct Step {
    /// Empty in runs of before it was written.
    #[serde(default)]
    number: String,
    title: String,
    finally: bool,
    state: StepWord,
    started_at_us: u64,
    took_us: u64,
    place: Place,
}

/// A [`StepState`] as its word.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StepWord {
    Failed,
    Passed,
    Skipped,
    Started,
}

/// A place in the scenario file.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Place {
    /// 0 for the scenario itself; included files count from 1.
    #[serde(default, skip_serializing_if = "is_scenario")]
    file: usize,
    line: usize,
    column: usize,
    start: usize,
    len: usize,
}

/// Where and why a case failed.
#[derive(Debug, Serialize, Deserialize)]
struct FailureRecord {
    /// The name of a [`MismatchKind`]; left out where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    blame: BlameWord,
    headline: String,
    expected: String,
    actual: String,
    help: Option<String>,
    at_us: u64,
    step: Option<usize>,
    place: Place,
    nearest: Option<Nearest>,
    window: Window,
    /// The failure as a person reads it; made again when it is read back.
    #[serde(default)]
    text: String,
}

/// A [`Blame`] as its word.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BlameWord {
    Firmware,
    Rig,
}

/// The observed thing that came nearest.
#[derive(Debug, Serialize, Deserialize)]
struct Nearest {
    event: usize,
    differences: Vec<DifferenceRecord>,
    explanation: Option<String>,
}

/// One place where a value is not as wanted.
#[derive(Debug, Serialize, Deserialize)]
struct DifferenceRecord {
    path: String,
    expected: String,
    actual: Option<String>,
    place: Place,
}

/// A part of the log: from an index up to before another.
#[derive(Debug, Serialize, Deserialize)]
struct Window {
    from: usize,
    to: usize,
}

impl Case {
    /// A case with its place in the run, from 1.
    pub(super) fn new(number: usize, case: &CaseReport) -> Self {
        let step = |step: &StepReport| Step {
            number: step.number.clone(),
            title: step.title.clone(),
            finally: step.is_finally,
            state: step.state.into(),
            started_at_us: step.started_at.micros(),
            took_us: micros(step.took),
            place: step.span.into(),
        };
        let (reason, failure) = match &case.outcome.verdict {
            Verdict::Passed | Verdict::Interrupted => (None, None),
            Verdict::Skipped { reason } => (Some(reason.clone()), None),
            Verdict::Failed(failure) => {
                (None, Some(FailureRecord::new(failure, human::failure(case, Style::Plain))))
            }
        };
        Self {
            number,
            folder: case.folder(number),
            name: case.plan.name.clone(),
            origin: case.origin.clone(),
            description: case.plan.description.clone(),
            file: case.plan.file.clone(),
            tags: case.plan.tags.clone(),
            board: case.board.clone(),
            board_set_aside: case.aside.clone(),
            seed: case.seed,
            again: case.again(),
            status: case.status().into(),
            reason,
            took_us: micros(case.outcome.took),
            wall_us: micros(case.wall),
            earlier: case.earlier.iter().map(Into::into).collect(),
            included: case.included.iter().map(|source| source.path.clone()).collect(),
            steps: case.outcome.steps.iter().map(step).collect(),
            failure,
        }
    }

    /// The case again, with what is kept beside it; `None` if its status and what belongs to it do not fit.
    pub(super) fn into_report(self, sources: &Texts<'_>, log: Log) -> Option<CaseReport> {
        let verdict = match (self.status, self.failure, self.reason) {
            (StatusWord::Pass, None, _) => Verdict::Passed,
            (StatusWord::Interrupted, None, _) => Verdict::Interrupted,
            (StatusWord::Skip, None, Some(reason)) => Verdict::Skipped { reason },
            (StatusWord::Fail | StatusWord::Error, Some(failure), _) => {
                Verdict::Failed(Box::new(failure.into_failure()))
            }
            _ => return None,
        };
        let plan = PlanFacts {
            name: self.name,
            description: self.description,
            tags: self.tags,
            file: self.file,
        };
        let steps = self.steps.into_iter().map(Step::into_report).collect();
        let took = Duration::from_micros(self.took_us);
        Some(CaseReport {
            plan,
            source: sources.scenario.into(),
            included: sources.included(&self.included),
            earlier: self.earlier.into_iter().map(Into::into).collect(),
            board: self.board,
            aside: self.board_set_aside,
            seed: self.seed,
            command: self.again.unwrap_or_default(),
            origin: self.origin,
            outcome: Outcome { verdict, steps, log, took },
            wall: Duration::from_micros(self.wall_us),
        })
    }
}

impl Step {
    fn into_report(self) -> StepReport {
        StepReport {
            number: self.number,
            is_finally: self.finally,
            title: self.title,
            span: self.place.into(),
            state: self.state.into(),
            started_at: moment(self.started_at_us),
            took: Duration::from_micros(self.took_us),
        }
    }
}

impl FailureRecord {
    fn new(failure: &Failure, text: String) -> Self {
        let mismatch = &failure.mismatch;
        let difference = |difference: &Difference| DifferenceRecord {
            path: difference.path.clone(),
            expected: difference.expected.clone(),
            actual: difference.actual.clone(),
            place: difference.span.into(),
        };
        Self {
            blame: match mismatch.blame {
                Blame::Firmware => BlameWord::Firmware,
                Blame::Rig => BlameWord::Rig,
            },
            kind: mismatch.kind.map(|kind| kind.name().to_owned()),
            headline: mismatch.headline.clone(),
            expected: mismatch.expected.clone(),
            actual: mismatch.actual.clone(),
            help: mismatch.help.clone(),
            at_us: failure.at.micros(),
            step: failure.step,
            place: failure.span.into(),
            nearest: mismatch.nearest.as_ref().map(|nearest| Nearest {
                event: nearest.index,
                differences: nearest.differences.iter().map(difference).collect(),
                explanation: nearest.explanation.clone(),
            }),
            window: Window { from: mismatch.window.start, to: mismatch.window.end },
            text,
        }
    }

    fn into_failure(self) -> Failure {
        let difference = |difference: DifferenceRecord| Difference {
            path: difference.path,
            span: difference.place.into(),
            expected: difference.expected,
            actual: difference.actual,
        };
        let mismatch = Mismatch {
            trouble: None,
            // One that a later version has added is known to it alone.
            kind: self.kind.as_deref().and_then(MismatchKind::of_name),
            blame: match self.blame {
                BlameWord::Firmware => Blame::Firmware,
                BlameWord::Rig => Blame::Rig,
            },
            headline: self.headline,
            expected: self.expected,
            actual: self.actual,
            nearest: self.nearest.map(|nearest| NearMiss {
                index: nearest.event,
                differences: nearest.differences.into_iter().map(difference).collect(),
                explanation: nearest.explanation,
            }),
            window: self.window.from..self.window.to,
            help: self.help,
            step: None,
        };
        let at = moment(self.at_us);
        Failure { span: self.place.into(), step: self.step, at, mismatch }
    }
}

impl From<Status> for StatusWord {
    fn from(status: Status) -> Self {
        match status {
            Status::Error => Self::Error,
            Status::Fail => Self::Fail,
            Status::Interrupted => Self::Interrupted,
            Status::Pass => Self::Pass,
            Status::Skip => Self::Skip,
        }
    }
}

impl From<StepState> for StepWord {
    fn from(state: StepState) -> Self {
        match state {
            StepState::Failed => Self::Failed,
            StepState::Passed => Self::Passed,
            StepState::Skipped => Self::Skipped,
            StepState::Started => Self::Started,
        }
    }
}

impl From<StepWord> for StepState {
    fn from(word: StepWord) -> Self {
        match word {
            StepWord::Failed => Self::Failed,
            StepWord::Passed => Self::Passed,
            StepWord::Skipped => Self::Skipped,
            StepWord::Started => Self::Started,
        }
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        let Span { file, start, len, line, column } = span;
        Self { file, line, column, start, len }
    }
}

impl From<Place> for Span {
    fn from(place: Place) -> Self {
        let Place { file, line, column, start, len } = place;
        Self { file, start, len, line, column }
    }
}

/// Whether a place is in the scenario itself.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants a reference")]
const fn is_scenario(file: &usize) -> bool {
    *file == 0
}

fn moment(micros: u64) -> Moment {
    Moment::at(Duration::from_micros(micros))
}

/// Whole microseconds; stops at the end of the range.
pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
