//! The two clocks agree: equal seeds meet equal faults in virtual time and in real time.

use std::fs;
use std::path::Path;

use shadowrig::engine::Event;
use shadowrig::report::Status;

use crate::support::{self, root, shadowrig};

const SCENARIO: &str = "fixtures/scenarios/contract/equal-faults.yaml";

/// Runs the scenario into a folder; what is printed, if not all passed.
fn run(folder: &Path, board: &str, seed: &str, out: &str) -> Result<(), String> {
    let output = shadowrig(
        folder,
        &["run", "equal-faults.yaml", "--board", board, "--seed", seed, "--out", out],
    );
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn compare(folder: &Path, one: &str, other: &str) -> (Option<i32>, String) {
    let output = shadowrig(folder, &["compare", one, other]);
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), text.into_owned())
}

#[test]
fn equal_seeds_meet_equal_faults_in_virtual_and_in_real_time() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    fs::copy(root().join(SCENARIO), path.join("equal-faults.yaml")).expect("it can be copied");
    run(path, "sim", "7", "sim").expect("it passes");
    for board in ["process", "virtual"] {
        run(path, board, "7", board).expect("it passes");
        let (code, text) = compare(path, "sim", board);
        let equal = "4 equal, 0 different, 0 in one run only";
        assert_eq!((code, text.trim()), (Some(0), equal), "{board}");
    }
    // Whether the device comes to its end with the luck of another seed does not matter here.
    let _either = run(path, "sim", "8", "other-seed");
    let (code, text) = compare(path, "sim", "other-seed");
    assert_eq!(code, Some(100), "{text}");
    assert!(text.contains("- sim") && text.contains("+ sim"), "{text}");
}

/// A bench, programs and boards in software lose their radio link alike, as far as their cloud sees it.
#[test]
fn a_radio_link_drops_alike_in_virtual_and_in_real_time() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    let scenario = root().join("scenarios/faults/radio.yaml");
    fs::copy(scenario, path.join("equal-faults.yaml")).expect("it can be copied");
    let boards = ["sim", "process", "virtual"];
    std::thread::scope(|scope| {
        let runs = boards.map(|board| scope.spawn(move || run(path, board, "7", board)));
        for done in runs {
            done.join().expect("it ends").expect("it passes");
        }
    });
    for board in &boards[1..] {
        let (code, text) = compare(path, "sim", board);
        let equal = "2 equal, 0 different, 0 in one run only";
        assert_eq!((code, text.trim()), (Some(0), equal), "{board}");
    }
}

#[test]
fn a_run_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let (code, text) = compare(folder.path(), "one", "other");
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("one"), "{text}");
}

#[test]
fn faults_are_taken_off_when_the_steps_are_over_however_they_ended() {
    let case = |last: &str| {
        format!(
            "version: 1\nname: outlives nothing\n\
             cloud: {{ shadow: {{ desired: {{ sleep: 5 }}, reported: {{ sleep: 5 }} }} }}\nsteps:\n  - fault: {{ status: 503 }}\n    \
             times: always\n  - expect-fault: applied\n    within: 30s\n{last}"
        )
    };
    let failing = "  - expect-console: 'never said'\n    within: 1s\n";
    for (last, status) in [("", Status::Pass), (failing, Status::Fail)] {
        let report = support::run(&case(last), "outlives.yaml", 7).remove(0);
        assert_eq!(report.status(), status);
        let events = report.outcome.log.entries().iter().map(|entry| &entry.event);
        let cleared = events.filter(|event| matches!(event, Event::FaultsCleared)).count();
        assert_eq!(cleared, 1, "{last}");
    }
}
