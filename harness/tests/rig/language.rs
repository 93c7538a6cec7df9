//! Words of the language that reach beyond their file: secrets, snapshots, programs, and what is skipped with its reason.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;

use crate::support::{root, shadowrig};

/// How a run of the program ended, and all that it wrote.
struct Ran {
    code: i32,
    out: String,
    folder: tempfile::TempDir,
}

/// Runs a scenario in a folder of its own, with variables of the environment and words of the command line.
fn run(scenario: &str, variables: &[(&str, &str)], words: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("a.yaml"), scenario).expect("a file can be written");
    again(folder, variables, words)
}

fn again(folder: tempfile::TempDir, variables: &[(&str, &str)], words: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder.path())
        .env_remove("CI")
        .envs(variables.iter().copied())
        .args(["run", "a.yaml", "--out", "out"])
        .args(words)
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ends by itself");
    Ran { code, out: text(&output.stdout) + &text(&output.stderr), folder }
}

/// The only line about a case, without time and board.
fn case_line(ran: &Ran) -> String {
    let line = ran.out.lines().next().unwrap_or_default();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All files below a folder.
fn all_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() { all_files(&path, found) } else { found.push(path) }
    }
}

const CLOUD: &str =
    "cloud: { shadow: { desired: { sleep: 5, signal: 0 }, reported: { sleep: 5, signal: 0 } } }\n";

/// A device that writes what it is told is told a secret in every way that the language has.
fn telling_scenario() -> String {
    format!(
        "version: 1\nname: told\nsecrets: [KEY]\n{CLOUD}steps:\n\
         - expect-request: GET shadow\n  within: 20s\n\
         - set-desired: {{ note: '${{secrets.KEY}}', sleep: 5 }}\n\
         - run: {{ command: [printf, '%s', 'it is ${{secrets.KEY}}'], exit: 0 }}\n  capture: {{ told: $.output }}\n\
         - expect-message: {{ topic: $aws/+/+/shadow/update/delta, payload: {{ state: {{ note: '${{secrets.KEY}}' }} }} }}\n\
         - publish: {{ topic: a, payload: {{ note: '${{secrets.KEY}}' }} }}\n\
         - snapshot: shadow\n\
         - eventually: {{ shadow: {{ desired: {{ note: '${{secrets.KEY}}' }} }} }}\n\
         - expect-console: '${{told}}'\n  within: 1s\n"
    )
}

fn no_trace_of(secret: &str) {
    let words = [
        "--allow-run",
        "--update-snapshots",
        "--report",
        "github=-",
        "--report",
        "html=a.html",
        "--report",
        "tap=a.tap",
    ];
    let ran = run(&telling_scenario(), &[("KEY", secret)], &words);
    assert_eq!(
        ran.code, 100,
        "the last step fails, with the secret in what it expected: {}",
        ran.out
    );
    assert!(!ran.out.contains(secret), "{}", ran.out);
    let json = serde_json::Value::from(secret).to_string();
    let mut found = Vec::new();
    all_files(ran.folder.path(), &mut found);
    assert!(found.len() > 8, "{found:?}");
    for path in found {
        let text = fs::read_to_string(&path).expect("it is text");
        assert!(!text.contains(secret), "{}", path.display());
        assert!(!text.contains(json.trim_matches('"')), "{}", path.display());
    }
    assert!(ran.out.contains("***"), "{}", ran.out);
}

#[test]
fn a_secret_stands_in_no_output() {
    no_trace_of("correct horse");
    no_trace_of("p\"a\\ss<w>&d");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]
    #[test]
    fn no_secret_survives_anywhere(secret in "[!-~]{2,4}[ -~é]{8,20}[!-~]") {
        no_trace_of(&secret);
    }
}

#[test]
fn a_case_without_its_secret_is_skipped_with_the_way_to_give_it() {
    let ran = run(&telling_scenario(), &[], &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("set the variable KEY, or name it in --secrets-file"), "{}", ran.out);
    let ran = run(&telling_scenario(), &[("KEY", "abc")], &["--allow-run"]);
    assert!(ran.out.contains("too short to be masked"), "{}", ran.out);
}

#[test]
fn a_secret_may_come_from_a_file() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let scenario = "version: 1\nname: x\nsecrets: [A, B]\nsteps:\n- run: 'test ${secrets.A}${secrets.B} = one12two2'\n";
    fs::write(folder.path().join("a.yaml"), scenario).expect("written");
    fs::write(folder.path().join("s"), "# ours\nA=one1\nB = 2two2\n").expect("written");
    let ran = again(folder, &[("A", "never")], &["--allow-run", "--secrets-file", "s"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let ran = again(ran.folder, &[], &["--secrets-file", "missing"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
}

#[test]
fn an_unknown_secret_is_a_problem_of_the_file() {
    let ran = run(
        "version: 1\nname: x\nsecrets: [KEY]\nsteps:\n- run: 'echo ${secrets.KEI}'\n",
        &[],
        &[],
    );
    assert_eq!(ran.code, 3);
    assert!(ran.out.contains("did you mean `secrets.KEY`?"), "{}", ran.out);
}

fn snapshots() -> String {
    format!(
        "version: 1\nname: seen before\n{CLOUD}steps:\n- expect-cycle: {{ requests: [GET shadow] }}\n  within: 20s\n\
         - set-desired: {{ signal: 2 }}\n- expect-cycle: {{ requests: [GET shadow, POST shadow] }}\n  within: 20s\n\
         - snapshot: shadow\n- snapshot: requests\n- snapshot: {{ of: requests, redact: '$[0].status' }}\n\
         - snapshot: cycle\n- name: what it said\n  snapshot: console\n"
    )
}

#[test]
fn a_snapshot_is_stored_once_and_compared_ever_after() {
    let ran = run(&snapshots(), &[], &[]);
    assert_eq!(ran.code, 100, "nothing is stored: {}", ran.out);
    assert!(ran.out.contains("store it by `run --update-snapshots`"), "{}", ran.out);
    assert!(!ran.folder.path().join("__snapshots__").exists());
    let ran = again(ran.folder, &[("CI", "true")], &["--update-snapshots"]);
    assert_eq!(ran.code, 2, "never in CI: {}", ran.out);
    assert!(!ran.folder.path().join("__snapshots__").exists());
    let ran = again(ran.folder, &[], &["--update-snapshots"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let folder = ran.folder.path().join("__snapshots__");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("it is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "a.seen-before-cycle.json",
            "a.seen-before-requests-2.json",
            "a.seen-before-requests.json",
            "a.seen-before-shadow.json",
            "a.seen-before-what-it-said.json"
        ]
    );
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    insta::assert_snapshot!(
        "stored_snapshots",
        format!(
            "{}{}{}{}",
            read("a.seen-before-shadow.json"),
            read("a.seen-before-requests-2.json"),
            read("a.seen-before-cycle.json"),
            read("a.seen-before-what-it-said.json")
        )
    );
    let ran = again(ran.folder, &[("CI", "true")], &["--seed", "9"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let changed = read("a.seen-before-shadow.json").replace("\"signal\": 2", "\"signal\": 3");
    fs::write(folder.join("a.seen-before-shadow.json"), changed).expect("written");
    let ran = again(ran.folder, &[], &[]);
    assert_eq!(ran.code, 100, "{}", ran.out);
    let drawn: Vec<_> =
        ran.out.lines().skip(2).take_while(|line| !line.starts_with("run dir")).collect();
    insta::assert_snapshot!("snapshot_differs", drawn.join("\n"));
}

#[test]
fn a_program_runs_only_where_that_is_allowed() {
    let scenario = |step: &str| format!("version: 1\nname: x\nsteps:\n- run: {step}\n");
    let ran = run(&scenario("'touch made'"), &[], &[]);
    assert_eq!(ran.code, 0);
    assert!(case_line(&ran).starts_with("SKIP"), "{}", ran.out);
    assert!(!ran.folder.path().join("made").exists());
    let allowed = |step: &str| run(&scenario(step), &[], &["--allow-run"]);
    assert!(allowed("'touch made'").folder.path().join("made").exists());
    for (step, code, says) in [
        ("{ command: 'exit 3', exit: 3 }", 0, ""),
        ("{ command: [echo, a, 'b c'], output: a b c }", 0, ""),
        ("'echo why; exit 4'", 100, "exit code 4: why"),
        ("{ command: 'echo a', output: b }", 100, "no line of the output with 'b'"),
        ("{ command: [no-such-program-here] }", 5, "failed to run no-such-program-here"),
        ("'sleep 60'\n  within: 50ms", 5, "it still ran after 50ms, and was killed"),
    ] {
        let ran = allowed(step);
        assert_eq!(ran.code, code, "{step}: {}", ran.out);
        assert!(ran.out.contains(says), "{step}: {}", ran.out);
    }
}

#[test]
fn what_no_bench_can_do_is_skipped_with_its_reason() {
    for (key, reason) in [
        (
            "boards: { a: { chip: esp32 }, b: {} }\n",
            "the case needs 2 boards at once; a bench has one",
        ),
        ("quarantine: flaky since the new router\n", "in quarantine: flaky since the new router"),
        (
            "requires: { cloud: aws }\n",
            "the case needs the real cloud; this run has the fake cloud",
        ),
    ] {
        let ran = run(&format!("version: 1\nname: x\n{key}steps:\n- reset: pin\n"), &[], &[]);
        assert_eq!(ran.code, 0, "{}", ran.out);
        assert!(ran.out.contains(reason), "{key}: {}", ran.out);
    }
}

#[test]
fn what_every_run_skips_is_said_by_check_and_list_too() {
    let reason = "the case needs 2 boards at once; a bench has one";
    for words in [&["check"][..], &["list"], &["list", "--json"], &["run", "--report", "tap=-"]] {
        let file = "fixtures/scenarios/skipped/several-boards.yaml";
        let folder = tempfile::tempdir().expect("a folder can be made");
        let out = folder.path().join("run").display().to_string();
        let out = if words[0] == "run" { vec!["--out", &out] } else { Vec::new() };
        let output = shadowrig(&root(), &[words, &[file], &out].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.contains(reason), "{words:?}: {text}");
    }
}

#[test]
fn each_skip_says_its_reason() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let out = folder.path().join("run").display().to_string();
    let output = shadowrig(&root(), &["run", "fixtures/scenarios/skipped", "--out", &out]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = text.lines().collect();
    let (summary, cases) = lines.split_last().expect("it says something");
    assert!(summary.starts_with("0 passed, 0 failed, 0 errors, 4 skipped"), "{text}");
    insta::assert_snapshot!("skipped", cases.join("\n"));
}

#[test]
fn a_case_in_quarantine_runs_where_it_is_asked_for() {
    let text = "version: 1\nname: x y\nquarantine: later\nsteps:\n- reset: pin\n";
    assert!(case_line(&run(text, &[], &["--run-quarantined"])).starts_with("PASS"));
    let ran = run("version: 1\nname: x y\nsteps:\n- reset: pin\n", &[], &[]);
    assert!(case_line(&ran).starts_with("PASS"));
    fs::write(ran.folder.path().join("q"), "# why\nx y # since spring\n").expect("written");
    let ran = again(ran.folder, &[], &["--quarantine", "q"]);
    assert!(ran.out.contains("(in quarantine: it is on the list)"), "{}", ran.out);
}
