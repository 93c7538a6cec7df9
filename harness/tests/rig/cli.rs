//! The program as scripts use it: words, output and exit codes.

use std::fs;
use std::path::Path;

use crate::support::{root, shadowrig};

const PASSES: &str = "version: 1\nname: passes\ncloud: { shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }\n\
    steps:\n  - expect-request: GET shadow\n";
const FAILS: &str =
    "version: 1\nname: fails\nsteps:\n  - expect-request: DELETE shadow\n    within: 1s\n";
const BROKEN: &str = "version: 1\nname: broken\nsteps: [\n";
const RIG: &str = "version: 1\nname: rig\nfirmware: { image: toaster }\nsteps:\n  - reset: pin\n";
const SKIPPED: &str =
    "version: 1\nname: skipped\nboard: { needs: [current-meter] }\nsteps:\n  - reset: pin\n";

/// Runs the program over some files; returns the exit code, standard output and standard error.
fn check(files: &[(&str, &str)], arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    in_folder(folder.path(), arguments)
}

fn in_folder(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = shadowrig(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default()
}

#[test]
fn a_run_that_passes_ends_with_0_and_one_summary_line() {
    let (code, out, err) = check(&[("a.yaml", PASSES)], &["run", "."]);
    assert_eq!((code, err.as_str()), (0, ""));
    let summary = regex::Regex::new(r"^1 passed, 0 failed, 0 errors, 0 skipped in \d+\.\d\ds$")
        .expect("a constant");
    assert!(summary.is_match(last_line(&out)), "{out}");
}

#[test]
fn each_way_to_end_has_its_exit_code() {
    let code = |files: &[(&str, &str)], arguments: &[&str]| check(files, arguments).0;
    assert_eq!(code(&[("a.yaml", PASSES), ("b.yaml", FAILS)], &["run", "."]), 100);
    assert_eq!(code(&[("a.yaml", PASSES), ("b.yaml", RIG)], &["run", "."]), 5);
    assert_eq!(code(&[("a.yaml", FAILS), ("b.yaml", RIG)], &["run", "."]), 5);
    assert_eq!(code(&[("a.yaml", SKIPPED)], &["run", "."]), 0);
    assert_eq!(code(&[], &["run", "."]), 4);
    assert_eq!(code(&[("a.yaml", PASSES)], &["run", ".", "--filter", "nothing like it"]), 4);
    assert_eq!(code(&[("a.yaml", PASSES)], &["run", ".", "--board", "toaster"]), 5);
    assert_eq!(code(&[], &["run", "missing.yaml"]), 2);
    assert_eq!(code(&[], &["explode"]), 2);
}

#[test]
fn one_broken_file_among_good_ones_ends_with_3_and_nothing_runs() {
    let (code, out, err) = check(&[("a.yaml", PASSES), ("b.yaml", BROKEN)], &["run", "."]);
    assert_eq!((code, out.as_str()), (3, ""));
    assert!(err.contains("b.yaml:3"), "{err}");
}

#[test]
fn a_scenario_in_a_language_that_is_not_text_is_no_green_run() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("a.yaml"), [0xff, 0xfe, 0x00, 0x01])
        .expect("a file can be written");
    assert_eq!(in_folder(folder.path(), &["run", "."]).0, 3);
}

#[test]
fn check_shows_all_problems_of_all_files() {
    let bad = "version: 1\nname: x\nsteps:\n  - expect-reqest: GET shadow\n  - wait: 5\n";
    let (code, out, err) = check(&[("a.yaml", bad), ("b.yaml", bad)], &["check", "."]);
    assert_eq!(code, 3);
    assert_eq!(err.matches("did you mean `expect-request`?").count(), 2);
    assert_eq!(err.matches("`5` has no unit").count(), 2);
    assert_eq!(out, "4 problems in 2 files\n");
}

#[test]
fn list_names_the_cases_for_people_and_for_scripts() {
    let matrix =
        "version: 1\nname: rows\ntags: [smoke]\nmatrix: { row: [1, 2] }\nsteps:\n  - wait: 1s\n";
    let (code, out, _) = check(&[("a.yaml", matrix)], &["list", "."]);
    assert_eq!(
        (code, out.as_str()),
        (0, "./a.yaml  rows [row=1]  #smoke\n./a.yaml  rows [row=2]  #smoke\n")
    );
    let (_, out, _) = check(&[("a.yaml", matrix)], &["list", ".", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(list["cases"][1]["name"], "rows [row=2]");
}

#[test]
fn slices_share_the_cases_out_and_leave_none_over() {
    let matrix = "version: 1\nname: rows\nmatrix: { row: [1, 2, 3, 4, 5] }\nsteps:\n  - wait: 1s\n";
    let run = |slice: &str| check(&[("a.yaml", matrix)], &["run", ".", "--partition", slice]).1;
    let counts: Vec<_> =
        ["slice:1/2", "slice:2/2"].map(|slice| run(slice).matches("PASS").count()).to_vec();
    assert_eq!(counts, [3, 2]);
}

#[test]
fn a_run_leaves_its_log_and_a_junit_report() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("a.yaml"), FAILS).expect("a file can be written");
    let report = ["run", "a.yaml", "--out", "out", "--report", "junit=my.xml"];
    assert_eq!(in_folder(folder.path(), &report).0, 100);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(read("out/001-fails/events.jsonl").starts_with("{\"kind\":\"run\",\"version\":1,"));
    assert_eq!(read("out/junit.xml"), read("my.xml"));
    insta::assert_snapshot!("junit", read("my.xml"));
}

#[test]
fn the_reference_page_is_the_one_in_the_docs() {
    let (_, out, _) = check(&[], &["schema", "--markdown"]);
    let kept = fs::read_to_string(root().join("docs/scenario-reference.md")).expect("it is kept");
    let help = "write it again by `cargo shadowrig schema --markdown > docs/scenario-reference.md`";
    assert!(kept == out, "{help}");
}

#[test]
fn the_schema_is_json_and_the_one_in_the_docs() {
    let (code, out, _) = check(&[], &["schema"]);
    assert_eq!(code, 0);
    let schema: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(schema["title"], "Shadowrig scenario");
    let kept = fs::read_to_string(root().join("docs/scenario.v1.json")).expect("it is kept");
    assert!(kept == out, "write it again by `cargo shadowrig schema > docs/scenario.v1.json`");
}

/// Two cases of the folder that users get, on a program in real time: they take as long as the device sleeps.
#[test]
fn the_same_scenario_passes_on_a_program_in_real_time() {
    let out = tempfile::tempdir().expect("a folder can be made");
    let out = out.path().display().to_string();
    let paths = ["scenarios/named-shadow.yaml", "scenarios/report-only-changes.yaml"];
    let (code, text, err) =
        in_folder(&root(), &["run", paths[0], paths[1], "--board", "process", "--out", &out]);
    assert_eq!(code, 0, "{text}{err}");
    assert!(last_line(&text).starts_with("2 passed"), "{text}");
}

#[test]
fn a_captured_request_is_explained() {
    let capture = |name: &str| format!("fixtures/sigv4/captures/{name}.req");
    let (code, out, _) = in_folder(&root(), &["explain", &capture("botocore.get.plain")]);
    assert_eq!(
        (code, out.as_str()),
        (
            0,
            "the signature is right: AKIDEXAMPLE signed for iotdata\n\
             note: it was signed at 20261120T161415Z; with --at its clock is checked, too\n"
        )
    );
    // Whoever gives no token is told that it was not checked; AWS's own rule about tokens in URLs is told as well.
    let token = capture("botocore.get.presigned-token");
    let (code, out, _) = in_folder(&root(), &["explain", &token, "--at", "2026-11-20T16:14:15Z"]);
    assert_eq!(code, 0, "{out}");
    insta::assert_snapshot!(out, @r"
    the signature is right: AKIDEXAMPLE signed for iotdata
    note: its session token was taken for the right one, as none was given
    note: AWS IoT wants X-Amz-Security-Token appended to a URL after signing, and this one was signed with it
    ");
    let other = [
        "explain",
        &token,
        "--credential",
        "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY:another",
    ];
    let (code, out, _) = in_folder(&root(), &other);
    assert_eq!(code, 100);
    assert!(out.contains("[token-of-another-key]"), "{out}");
    let (code, out, _) = in_folder(&root(), &["explain", &capture("awscurl.get.named-encoded")]);
    assert_eq!(code, 100);
    assert!(out.contains("[query-encoded-twice]"), "{out}");
    assert_eq!(in_folder(&root(), &["explain", "README.md"]).0, 2);
}

/// A CI system that cancels a job sends SIGTERM: the device is stopped, the clean-up runs, and the exit code says so.
#[test]
fn a_cancelled_run_stops_its_device_and_ends_with_130() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let folder = tempfile::tempdir().expect("a folder can be made");
    let long =
        "version: 1\nname: long\nsteps:\n  - expect-request: DELETE shadow\n    within: 10m\n";
    fs::write(folder.path().join("a.yaml"), long).expect("a file can be written");
    let pid_file = folder.path().join("pid");
    let device = format!("sh -c 'echo $$ > {}; exec sleep 600'", pid_file.display());
    let mut run = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder.path())
        .args(["run", "a.yaml", "--board", "process", "--command", &device])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let device_pid = loop {
        let pid = fs::read_to_string(&pid_file).unwrap_or_default();
        if pid.ends_with('\n') {
            break pid.trim().to_owned();
        }
        std::thread::yield_now();
    };
    // The shell's own `kill`: a small system has no program of that name.
    let kill = format!("kill {}", run.id());
    let stop = Command::new("sh").args(["-c", &kill]).status().expect("there is a shell");
    assert!(stop.success());
    let out = BufReader::new(run.stdout.take().expect("it is piped"));
    let lines: Vec<_> = out.lines().map(|line| line.expect("it is text")).collect();
    assert_eq!(run.wait().expect("it ends").code(), Some(130), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("STOP")), "{lines:#?}");
    let gone = !Path::new("/proc").join(&device_pid).exists();
    assert!(gone, "the device still runs");
}
