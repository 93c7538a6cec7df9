//! Cases that run more than once, runs that end early, and runs that are asked for again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support;

const PASSES: &str = "version: 1\nname: passes\nsteps:\n  - expect-request: GET shadow\n";
const FAILS: &str =
    "version: 1\nname: fails\nsteps:\n  - expect-request: DELETE shadow\n    within: 1s\n";
/// The fault is drawn with the seed, so whether it is met differs from attempt to attempt.
const LUCK: &str = "version: 1\nname: luck\ncloud: { shadow: { desired: { sleep: 5 } } }\nsteps:\n\
    - fault: { status: 503 }\n  chance: 50%\n- expect-request: { is: GET shadow, answered: 200 }\n  within: 4s\n- clear-faults: all\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    folder
}

/// Exit code and standard output, times taken out.
fn run(folder: &Path, words: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder)
        .args(["run", ".", "--out", "out"])
        .args(words)
        .output()
        .expect("the program starts");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("it ends by itself"), out + &err)
}

/// A seed with which the first attempt fails and a later one of the three passes.
fn lucky_seed(folder: &Path) -> String {
    let flaky = |seed: &u64| {
        run(folder, &["--seed", &seed.to_string(), "--retries", "3"]).1.contains("FLAKY")
    };
    (0..40).find(flaky).expect("one of forty seeds has luck the second time").to_string()
}

#[test]
fn a_case_that_passes_later_is_flaky_and_its_attempts_are_told() {
    let folder = folder(&[("a.yaml", LUCK)]);
    let seed = lucky_seed(folder.path());
    let (code, out) = run(folder.path(), &["--seed", &seed]);
    assert_eq!(code, 100, "{out}");
    let words = ["--seed", &seed, "--retries", "3", "--report", "github=-", "--report", "tap=-"];
    let (code, out) = run(folder.path(), &words);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("before: no GET shadow as described within 4s"), "{out}");
    assert!(
        out.contains("1 of those that passed did so at a later attempt: flaky\n1 passed, 0 failed"),
        "{out}"
    );
    assert!(out.contains("::warning file=a.yaml,title=luck::flaky: passed at attempt"), "{out}");
    let junit = fs::read_to_string(folder.path().join("out/junit.xml")).expect("it is there");
    assert!(junit.contains("<flakyFailure") && !junit.contains("<failure"), "{junit}");
    let page = fs::read_to_string(folder.path().join("out/index.html")).expect("the page is there");
    for part in
        ["<p class=\"status s-flaky\">flaky</p>", "</b> flaky</li>", "before this one</summary>"]
    {
        assert!(page.contains(part), "no {part} on the page");
    }
    let shown = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder.path())
        .args(["report", "show", "out"])
        .output()
        .expect("the program starts");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("FLAKY"), "it reads back");
    let (code, _) = run(folder.path(), &["--seed", &seed, "--retries", "3", "--flaky", "fail"]);
    assert_eq!(code, 100);
}

#[test]
fn a_case_that_never_passes_has_its_reruns_in_junit() {
    let folder = folder(&[("a.yaml", FAILS)]);
    assert_eq!(run(folder.path(), &["--retries", "2"]).0, 100);
    let junit = fs::read_to_string(folder.path().join("out/junit.xml")).expect("it is there");
    assert_eq!(junit.matches("<rerunFailure").count(), 2, "{junit}");
}

#[test]
fn the_rig_gets_a_second_chance_in_real_time() {
    let text = "version: 1\nname: rig\nfirmware: { image: toaster }\nsteps:\n  - reset: pin\n";
    let folder = folder(&[("a.yaml", text)]);
    let (code, out) = run(folder.path(), &["--board", "process"]);
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("(attempt 2; before: failed to find the image toaster)"), "{out}");
    // What the firmware does was not seen yet, so its chances are the same.
    let told = fs::read_to_string(folder.path().join("out/run.json")).expect("it is there");
    let told: serde_json::Value = serde_json::from_str(&told).expect("it is JSON");
    let case = &told["cases"][0];
    assert_eq!((&case["seed"], &case["earlier"][0]["seed"]), (&0.into(), &0.into()), "{case}");
    let (_, out) = run(folder.path(), &[]);
    assert!(!out.contains("attempt"), "in virtual time it would be the same: {out}");
}

#[test]
fn a_firmware_says_in_its_own_words_when_it_sleeps_and_wakes() {
    let text = r"version: 1
name: own words
firmware:
  image: signal-thing
  console: { sleep: '^nap (?<millis>\d+)', wake: ['^up: (?<cause>\w+)', '^hello'] }
steps:
  - expect-wake: { cause: timer }
  - expect-wake: { cause: button }
";
    let device = "sh -c 'echo hello; echo nap 2500; echo up: button; exec sleep 60'";
    let folder = folder(&[("a.yaml", text)]);
    let (code, out) = run(folder.path(), &["--board", "process", "--command", device]);
    assert_eq!(code, 0, "{out}");
    let log = fs::read_to_string(folder.path().join("out/001-own-words/events.jsonl"));
    let log = log.expect("it is there");
    assert!(log.contains("\"announced_ms\":2500"), "{log}");
}

#[test]
fn stress_runs_each_case_with_another_seed() {
    let folder = folder(&[("a.yaml", LUCK)]);
    let (_, out) = run(folder.path(), &["--stress", "20"]);
    assert!(out.contains("luck (run 20 of 20)"), "{out}");
    let passed = out.matches("PASS").count();
    assert!((1..20).contains(&passed), "{passed} of 20");
}

#[test]
fn what_failed_runs_again() {
    let folder = folder(&[("a.yaml", PASSES), ("b.yaml", FAILS)]);
    let (_, out) = run(folder.path(), &[]);
    assert!(out.contains("1 passed, 1 failed"), "{out}");
    let (code, out) = run(folder.path(), &["--rerun", "failed"]);
    assert_eq!(code, 100);
    assert!(out.contains("0 passed, 1 failed"), "{out}");
    fs::write(folder.path().join("b.yaml"), FAILS.replace("DELETE", "GET").replace("1s", "5s"))
        .expect("written");
    assert_eq!(run(folder.path(), &["--rerun", "failed"]).0, 0);
    assert_eq!(run(folder.path(), &["--rerun", "failed"]).0, 4, "nothing failed any more");
}

#[test]
fn a_run_that_ends_early_tells_of_each_case_under_its_number() {
    let folder =
        folder(&[("a.yaml", PASSES), ("b.yaml", FAILS), ("c.yaml", PASSES), ("d.yaml", PASSES)]);
    let (code, out) = run(folder.path(), &["--fail-fast", "--jobs", "1"]);
    assert_eq!(code, 100);
    assert!(out.contains("1 passed, 1 failed, 0 errors, 2 skipped"), "{out}");
    assert!(out.contains("not begun, since a case before it failed"), "{out}");
    for name in ["001-passes", "002-fails", "003-passes", "004-passes"] {
        assert!(folder.path().join("out").join(name).join("case.json").is_file(), "{name}");
    }
}

#[test]
fn warnings_stop_a_run_that_denies_them() {
    let folder = folder(&[("a.yaml", "version: 1\nname: x\nsteps:\n- wait: 1s\n")]);
    assert_eq!(run(folder.path(), &[]).0, 0);
    assert_eq!(run(folder.path(), &["--deny", "warnings"]).0, 3);
}

/// Starts the program, waits for a line with a text, and hands both on.
fn started(
    folder: &Path,
    words: &[&str],
) -> (std::process::Child, BufReader<std::process::ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder)
        .args(words)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let out = BufReader::new(child.stdout.take().expect("it is piped"));
    (child, out)
}

fn wait_for(out: &mut impl BufRead, text: &str) -> String {
    let mut seen = String::new();
    loop {
        let before = seen.len();
        assert!(
            out.read_line(&mut seen).expect("it is text") > 0,
            "it ended before `{text}`: {seen}"
        );
        if seen[before..].contains(text) {
            return seen;
        }
    }
}

fn stop(id: u32) {
    let kill = format!("kill -INT {id}");
    assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success());
}

#[test]
fn a_run_in_virtual_time_is_interrupted_too() {
    let long = "version: 1\nname: long\ncloud: { shadow: { desired: { sleep: 1 }, reported: { sleep: 1 } } }\n\
        steps:\n  - expect-request: DELETE shadow\n    within: 90000h\n";
    let folder = folder(&[("a.yaml", PASSES), ("b.yaml", long), ("c.yaml", PASSES)]);
    let (mut child, mut out) =
        started(folder.path(), &["run", "a.yaml", "b.yaml", "c.yaml", "--jobs", "1"]);
    wait_for(&mut out, "PASS");
    stop(child.id());
    let rest = wait_for(&mut out, "in ");
    assert_eq!(rest.matches("STOP").count(), 2, "{rest}");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn a_path_that_is_not_there_is_not_watched() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output = support::shadowrig(folder.path(), &["run", "--watch", "missing.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.starts_with("error: failed to read missing.yaml: "), "{said}");
    assert!(said.contains("help: name scenario files"), "{said}");
}

#[test]
fn a_watched_run_goes_again_when_a_file_changes() {
    let folder = folder(&[("a.yaml", PASSES), ("b.yaml", FAILS)]);
    let (mut child, mut out) = started(folder.path(), &["run", ".", "--watch", "--out", "out"]);
    wait_for(&mut out, "watching");
    fs::write(folder.path().join("b.yaml"), FAILS.replace("name: fails", "name: still fails"))
        .expect("written");
    let second = wait_for(&mut out, "watching");
    let at = |text: &str| second.find(text).unwrap_or_else(|| panic!("{text}: {second}"));
    assert!(at("still fails") < at("passes"), "what failed runs first: {second}");
    stop(child.id());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}
