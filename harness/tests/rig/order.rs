//! Where a step looks from, and what is done at the end: `since` and `finally`.

use shadowrig::engine::event::StepState;
use shadowrig::report::{CaseReport, Status};

use crate::support::run;

const HEAD: &str = "version: 1\nname: x\ncloud: { shadow: { desired: { sleep: 5, signal: 0 }, reported: { sleep: 5, signal: 0 } } }\n";

/// Three wakes: nothing to do, a change, nothing to do.
const WAKES: &str = "steps:
  - name: first
    expect-cycle: { requests: [GET shadow] }
    within: 20s
  - set-desired: { signal: 1 }
  - name: second
    expect-cycle: { requests: [GET shadow, POST shadow] }
    within: 20s
  - name: third
    expect-cycle: { requests: [GET shadow] }
    within: 20s
";

fn status(steps: &str) -> Status {
    let cases = run(&format!("{HEAD}{WAKES}{steps}"), "since", 0);
    cases[0].status()
}

#[test]
fn since_says_where_a_step_looks_from() {
    for (since, gets, posts) in [
        ("start", 3, 1),
        ("step:first", 3, 1),
        ("step:second", 2, 1),
        ("step:third", 1, 0),
        ("wake", 1, 0),
    ] {
        let count = |of: &str, exactly: u32| {
            let step = format!(
                "  - expect-count: {{ of: {of} shadow, exactly: {exactly} }}\n    since: {since}\n    within: 1s\n"
            );
            status(&step)
        };
        assert_eq!(count("GET", gets), Status::Pass, "{since}");
        assert_eq!(count("POST", posts), Status::Pass, "{since}");
        assert_eq!(count("GET", gets + 1), Status::Fail, "{since}");
        let never = status(&format!("  - never: POST shadow\n    since: {since}\n"));
        assert_eq!(never == Status::Pass, posts == 0, "{since}");
    }
    // A cursor is not moved back: what a step has used is not found again.
    assert_eq!(
        status("  - expect-request: POST shadow\n    since: start\n    within: 1s\n"),
        Status::Fail
    );
}

/// How the steps of `finally` did, by their titles.
fn ends(case: &CaseReport) -> Vec<(String, StepState)> {
    let last = case.outcome.steps.iter().filter(|step| step.is_finally);
    last.map(|step| (step.title.clone(), step.state)).collect()
}

#[test]
fn finally_runs_after_a_pass_a_failure_and_an_error_and_changes_no_verdict() {
    let done = |state| ("set-desired: { done: 1 }".to_owned(), state);
    for (steps, status) in [
        ("  - expect-request: GET shadow\n", Status::Pass),
        ("  - expect-request: DELETE shadow\n    within: 1s\n", Status::Fail),
        // The rig cannot reset what has no power.
        ("  - power: cut\n  - reset: pin\n", Status::Error),
    ] {
        let text = format!("{HEAD}steps:\n{steps}finally:\n  - set-desired: {{ done: 1 }}\n");
        let cases = run(&text, "finally", 0);
        assert_eq!(cases[0].status(), status, "{steps}");
        assert_eq!(ends(&cases[0]), [done(StepState::Passed)], "{steps}");
    }
}

#[test]
fn a_step_of_finally_that_fails_fails_a_case_that_passed_and_the_first_failure_counts() {
    for (first, headline) in [
        ("GET shadow", "no POST shadow as described within 1s"),
        ("DELETE shadow", "no DELETE shadow as described within 9s"),
    ] {
        let text = format!(
            "{HEAD}steps:\n  - expect-request: {first}\n    within: 9s\nfinally:\n  - expect-request: POST shadow\n    within: 1s\n"
        );
        let cases = run(&text, "finally", 0);
        assert_eq!(cases[0].status(), Status::Fail, "{first}");
        let said =
            shadowrig::report::human::failure(&cases[0], shadowrig::diagnostics::Style::Plain);
        assert!(said.contains(headline), "{first}: {said}");
    }
}
