//! The run as one page: for each case a time line, the failure and all events. The page loads nothing, works without its
//! script as a list, and lets nothing run but its script, whatever a console held.

mod event;

use std::time::Duration;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use self::event::{EventView, detail, event_view};
use super::record::micros;
use super::{Attempt, CaseReport, RunReport, human, summary::Summary, visible::visible};
use crate::diagnostics::Style;
use crate::engine::event::StepState;
use crate::engine::mismatch::{Blame, Mismatch};
use crate::engine::verdict::Failure;
use crate::engine::{StepReport, Verdict};
use crate::time;

/// How many events of a case the page holds, so that browsers can show it; the last ones, where there are more.
const EVENTS_MAX: usize = 20_000;

/// The look of our pages; a fleet has the same.
pub(crate) const STYLE: &str = include_str!("html/style.css");

/// The parts of the script share one scope, so together they are one text.
const SCRIPT: &str = concat!(
    include_str!("html/read.js"),
    include_str!("html/time_line.js"),
    include_str!("html/page.js")
);

/// How a case is called that passed, and not at its first attempt.
const FLAKY: &str = "flaky";

/// The page.
///
/// # Errors
///
/// What the library of templates says; it does not happen with text.
pub fn render(run: &RunReport) -> Result<String, askama::Error> {
    let summary = Summary::of(&run.cases);
    let flaky = run.cases.iter().filter(|case| case.is_flaky()).count();
    let counts = [
        ("fail", "failed", summary.failed),
        ("error", "errors", summary.errors),
        ("interrupted", "interrupted", summary.interrupted),
        (FLAKY, "flaky", flaky),
        ("pass", "passed", summary.passed - flaky),
        ("skip", "skipped", summary.skipped),
    ];
    let cases: Vec<_> =
        run.cases.iter().enumerate().map(|(index, case)| case_view(index + 1, case)).collect();
    let mut listed: Vec<_> = cases.iter().collect();
    // What went wrong stands first; apart from that the order is the run's.
    listed
        .sort_by_key(|case| counts.iter().position(|(word, ..)| *word == case.status).min(Some(4)));
    let page = Page {
        verdict: verdict(&summary, run.cases.len()),
        is_good: summary.exit_code() == 0,
        counts: counts.into_iter().filter(|(.., count)| *count > 0).collect(),
        began_at: run.began_at.as_deref().map(visible),
        wall: time::span(round(run.wall)),
        version: env!("CARGO_PKG_VERSION"),
        boards_aside: run
            .boards_aside()
            .into_iter()
            .map(|(board, reason)| (visible(board), visible(reason)))
            .collect(),
        cases: &cases,
        listed,
        style: STYLE,
        script: SCRIPT,
        style_hash: hash(STYLE),
        script_hash: hash(SCRIPT),
    };
    page.render()
}

/// The page as its template sees it.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    verdict: String,
    is_good: bool,
    counts: Vec<(&'static str, &'static str, usize)>,
    began_at: Option<String>,
    wall: String,
    version: &'static str,
    /// Boards that were set aside, each with the reason.
    boards_aside: Vec<(String, String)>,
    cases: &'a [CaseView],
    /// The cases in the order of the list.
    listed: Vec<&'a CaseView>,
    style: &'static str,
    script: &'static str,
    style_hash: String,
    script_hash: String,
}

struct CaseView {
    number: usize,
    title: String,
    description: Option<String>,
    file: String,
    tags: Vec<String>,
    board: String,
    seed: u64,
    again: Option<String>,
    status: &'static str,
    took: String,
    took_us: u64,
    reason: Option<String>,
    failure: Option<FailureView>,
    /// The attempts before the one that counts.
    earlier: Vec<AttemptView>,
    steps: Vec<StepView>,
    events: Vec<EventView>,
    left_out: usize,
    folder: String,
}

struct FailureView {
    who: &'static str,
    headline: String,
    place: String,
    expected: String,
    actual: String,
    help: Option<String>,
    at: String,
    at_us: u64,
    nearest: Option<usize>,
    differences: Vec<[String; 3]>,
    explanation: Option<String>,
    text: String,
}

struct AttemptView {
    headline: String,
    board: String,
    seed: u64,
    took: String,
    aside: Option<String>,
    text: String,
}

struct StepView {
    number: String,
    title: String,
    state: &'static str,
    is_failing: bool,
    is_finally: bool,
    line: usize,
    at: String,
    at_us: u64,
    took: String,
    took_us: u64,
}

fn verdict(summary: &Summary, cases: usize) -> String {
    let all = if cases == 1 { "The case".to_owned() } else { format!("All {cases} cases") };
    let of = if cases == 1 { "1 case".to_owned() } else { format!("{cases} cases") };
    match summary {
        _ if cases == 0 => "No case was run".to_owned(),
        Summary { interrupted: 1.., .. } => "The run was interrupted".to_owned(),
        Summary { failed: 0, errors: 0, skipped: 0, .. } => format!("{all} passed"),
        Summary { failed: 0, errors: 0, passed: 0, .. } => format!("{all} skipped"),
        Summary { failed: 0, errors: 0, .. } => "All cases that ran passed".to_owned(),
        Summary { errors: 0, failed, .. } => format!("{failed} of {of} failed"),
        Summary { failed: 0, errors, .. } => format!("The rig failed in {errors} of {of}"),
        Summary { failed, errors, .. } => {
            format!("{failed} of {of} failed, and the rig failed in {errors}")
        }
    }
}

fn case_view(number: usize, case: &CaseReport) -> CaseView {
    let failure = match &case.outcome.verdict {
        Verdict::Failed(failure) => Some(&**failure),
        Verdict::Passed | Verdict::Interrupted | Verdict::Skipped { .. } => None,
    };
    let reason = match &case.outcome.verdict {
        Verdict::Skipped { reason } => Some(visible(reason)),
        Verdict::Passed | Verdict::Interrupted | Verdict::Failed(_) => None,
    };
    let nearest = failure.and_then(|failure| failure.mismatch.nearest.as_ref());
    let nearest = nearest.map(|nearest| nearest.index);
    let left_out = case.outcome.log.len().saturating_sub(EVENTS_MAX);
    let events = case.outcome.log.from(left_out);
    let steps = case.outcome.steps.iter().enumerate();
    CaseView {
        number,
        title: visible(&case.title()),
        description: case.plan.description.as_deref().map(visible),
        file: visible(&case.plan.file),
        tags: case.plan.tags.iter().map(|tag| visible(tag)).collect(),
        board: visible(&case.board),
        seed: case.seed,
        again: case.again().map(|again| visible(&again)),
        status: if case.is_flaky() { FLAKY } else { case.status().word() },
        took: time::span(round(case.outcome.took)),
        took_us: micros(case.outcome.took),
        reason,
        failure: failure.map(|failure| failure_view(failure, case)),
        earlier: case.earlier.iter().map(attempt_view).collect(),
        steps: steps
            .map(|(index, step)| {
                let is_failing = failure.is_some_and(|failure| failure.step == Some(index));
                step_view(step, is_failing)
            })
            .collect(),
        events: events.map(|(index, entry)| event_view(index, entry, nearest, case)).collect(),
        left_out,
        folder: case.folder(number),
    }
}

fn attempt_view(attempt: &Attempt) -> AttemptView {
    AttemptView {
        headline: visible(&attempt.headline),
        board: visible(&attempt.board),
        seed: attempt.seed,
        took: time::span(round(attempt.took)),
        aside: attempt.aside.as_deref().map(visible),
        text: visible(&attempt.text),
    }
}

fn failure_view(failure: &Failure, case: &CaseReport) -> FailureView {
    let Mismatch { blame, headline, expected, actual, nearest, help, .. } = &failure.mismatch;
    let line = failure.span.line;
    let differences = nearest.iter().flat_map(|nearest| &nearest.differences).map(|difference| {
        let path = if difference.path.is_empty() { "(whole)" } else { &difference.path };
        let actual = difference.actual.as_deref().unwrap_or("nothing");
        [path, &difference.expected, actual].map(detail)
    });
    FailureView {
        who: match blame {
            Blame::Firmware => "The device did something else",
            Blame::Rig => "The rig could not do its part",
        },
        headline: visible(headline),
        place: match line {
            0 => visible(&case.plan.file),
            line => format!(
                "{}:{line}:{}",
                visible(case.source_of(failure.span).path),
                failure.span.column
            ),
        },
        expected: detail(expected),
        actual: detail(actual),
        help: help.as_deref().map(visible),
        at: failure.at.to_string(),
        at_us: failure.at.micros(),
        nearest: nearest.as_ref().map(|nearest| nearest.index),
        differences: differences.collect(),
        explanation: nearest
            .as_ref()
            .and_then(|nearest| nearest.explanation.as_deref())
            .map(|text| visible(text.trim_end())),
        text: visible(human::failure(case, Style::Plain).trim_end()),
    }
}

fn step_view(step: &StepReport, is_failing: bool) -> StepView {
    StepView {
        number: step.number.clone(),
        title: visible(&step.title),
        state: step.state.word(),
        is_failing,
        is_finally: step.is_finally,
        line: step.span.line,
        at: step.started_at.to_string(),
        at_us: step.started_at.micros(),
        took: match step.state {
            StepState::Skipped => String::new(),
            StepState::Started | StepState::Passed | StepState::Failed => time::span(step.took),
        },
        took_us: micros(step.took),
    }
}

/// A span without what nobody reads.
fn round(span: Duration) -> Duration {
    Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
}

/// A text as a Content-Security-Policy names it.
pub(crate) fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes())))
}
