//! JUnit XML as GitHub, GitLab and Jenkins read it: `failure` for the firmware, `error` for the rig.

use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite,
};

use super::{Attempt, CaseReport, Status, human, visible::visible};
use crate::diagnostics::Style;
use crate::engine::Verdict;
use crate::engine::event::Event;

/// The report of a run: one suite a file, one test case a case.
///
/// # Errors
///
/// What the XML library says; it does not happen with text that was read as UTF-8.
pub fn render(cases: &[CaseReport]) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new("shadowrig");
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in cases {
        let test_case = test_case(case);
        let file = visible(&case.plan.file);
        match suites.iter_mut().find(|suite| suite.name.as_str() == file) {
            Some(suite) => {
                suite.add_test_case(test_case);
            }
            None => {
                let mut suite = TestSuite::new(file);
                suite.add_test_case(test_case);
                suites.push(suite);
            }
        }
    }
    report.add_test_suites(suites);
    report.to_string()
}

fn test_case(case: &CaseReport) -> TestCase {
    let non_success = |kind, message: &str| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(visible(message));
        status.set_description(visible(&human::failure(case, Style::Plain)));
        status
    };
    let status = match (&case.outcome.verdict, case.status()) {
        (Verdict::Passed, _) => TestCaseStatus::success(),
        (Verdict::Skipped { reason }, _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(visible(reason));
            status
        }
        (Verdict::Interrupted, _) => non_success(NonSuccessKind::Error, "interrupted"),
        (Verdict::Failed(failure), status) => {
            let kind = if status == Status::Error {
                NonSuccessKind::Error
            } else {
                NonSuccessKind::Failure
            };
            non_success(kind, &failure.mismatch.headline)
        }
    };
    let mut status = status;
    status.add_reruns(case.earlier.iter().map(rerun));
    let mut test_case = TestCase::new(visible(&case.title()), status);
    test_case.set_classname(visible(&case.plan.file));
    test_case.set_time(case.outcome.took);
    // GitLab and others link the case to this file.
    test_case.extra.insert("file".into(), visible(&case.plan.file).into());
    test_case.add_property(Property::new("board", visible(&case.board)));
    for (board, reason) in case.boards_aside() {
        let value = format!("{board}: {reason}");
        test_case.add_property(Property::new("board-set-aside", visible(&value)));
    }
    test_case.add_property(Property::new("seed", case.seed.to_string()));
    let again = case.again().map(|again| Property::new("again", visible(&again)));
    test_case.add_properties(again);
    test_case.add_properties(case.plan.tags.iter().map(|tag| Property::new("tag", visible(tag))));
    let console = console(case);
    if !console.is_empty() {
        test_case.set_system_out(visible(&console));
    }
    test_case
}

/// An attempt before; the library calls it flaky or a rerun, by how the case ended.
fn rerun(attempt: &Attempt) -> TestRerun {
    let kind = match attempt.is_rigs_fault {
        true => NonSuccessKind::Error,
        false => NonSuccessKind::Failure,
    };
    let mut rerun = TestRerun::new(kind);
    let message = match &attempt.aside {
        None => attempt.headline.clone(),
        Some(_) => format!("{} ({} was set aside)", attempt.headline, attempt.board),
    };
    rerun.set_message(visible(&message));
    rerun.set_description(visible(&attempt.text));
    rerun.set_time(attempt.took);
    rerun
}

fn console(case: &CaseReport) -> String {
    let lines = case.outcome.log.entries().iter().filter_map(|entry| match &entry.event {
        Event::Console { line } => Some(format!("{} {line}\n", entry.at)),
        _ => None,
    });
    lines.collect()
}
