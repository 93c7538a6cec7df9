//! The contract of the command line, walked on the built programs: names, flags, outputs and exit codes that scripts rely on.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::support::root;

const PASSES: &str = "version: 1\nname: passes\ntags: [smoke]\ncloud: { shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }\n\
    steps:\n  - expect-request: GET shadow\n";
const FAILS: &str =
    "version: 1\nname: fails\nsteps:\n  - expect-request: DELETE shadow\n    within: 1s\n";
const ERRS: &str = "version: 1\nname: errs\nfirmware: { image: toaster }\nsteps:\n  - reset: pin\n";
const SKIPS: &str = "version: 1\nname: skips\nrequires: { cloud: aws }\nsteps:\n  - reset: pin\n";
const BROKEN: &str = "version: 1\nname: broken\nsteps:\n  - wait: 5\n";

/// A folder with these scenarios in `scenarios`, where commands look by default.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::create_dir(folder.path().join("scenarios")).expect("a folder can be made");
    for (name, text) in files {
        fs::write(folder.path().join("scenarios").join(name), text).expect("it can be written");
    }
    folder
}

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Ran {
    fn last(&self) -> &str {
        self.out.lines().last().unwrap_or_default()
    }
}

/// The rig, in a folder, away from the boards and credentials of whoever runs the test.
fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shadowrig"));
    command.current_dir(folder).args(words);
    command
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("SHADOWRIG_LOCKS", folder.join("locks"));
    for name in
        ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "CI"]
    {
        command.env_remove(name);
    }
    command
}

fn rig(folder: &Path, words: &[&str]) -> Ran {
    let output = command(folder, words).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let code = output.status.code().expect("it ends by itself");
    Ran { code, out: text(&output.stdout), err: text(&output.stderr) }
}

/// A program that says when it is ready, and is ended by a signal.
struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Server {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, out }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).expect("it is text");
        line.trim_end().to_owned()
    }

    /// The exit code after a signal, as `TERM`, and what else it wrote on standard output.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let kill = format!("kill -{signal} {}", self.child.id());
        let sent = Command::new("sh").args(["-c", &kill]).status().expect("there is a shell");
        assert!(sent.success(), "{kill}");
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).expect("it is text");
        (self.child.wait().expect("it ends").code(), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless a check failed before.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn each_command_and_each_flag_of_the_contract_is_known() {
    let folder = folder(&[]);
    let commands = [
        (
            "run",
            "--board --cloud --jobs --seed --report --filter --tag --partition --retries --fail-fast --update-snapshots --out",
        ),
        ("check", ""),
        ("list", "--json"),
        ("schema", ""),
        (
            "serve",
            "--listen --listen-tls --pki --cert --key --credential --credentials-file --region --data --clock-offset --log",
        ),
        ("boards list", ""),
        ("boards learn", ""),
        ("boards doctor", ""),
        ("flash", "--board"),
        ("monitor", "--board"),
        ("explain", ""),
        ("simulate", "--devices --for --seed --profile --every --report"),
        ("report merge", ""),
        ("report show", ""),
        ("new", ""),
    ];
    for (name, flags) in commands {
        let words: Vec<_> = name.split(' ').chain(["--help"]).collect();
        let help = rig(folder.path(), &words);
        assert_eq!(help.code, 0, "{name}: {}", help.err);
        for flag in flags.split_whitespace() {
            let known = help
                .out
                .lines()
                .any(|line| line.trim_start().split([' ', ',', '=']).any(|word| word == flag));
            assert!(known, "{name} has no {flag}: {}", help.out);
        }
    }
    assert_eq!(rig(folder.path(), &["explode"]).code, 2);
    assert_eq!(rig(folder.path(), &["run", "--explode"]).code, 2);
    assert_eq!(rig(folder.path(), &["--version"]).code, 0);
}

#[test]
fn each_exit_code_and_the_summary_line() {
    let summary = regex::Regex::new(
        r"^(\d+) passed, (\d+) failed, (\d+) errors, (\d+) skipped in (?:\d+m)?\d+(?:\.\d+)?s$",
    )
    .expect("a constant");
    for (files, words, code, counts) in [
        (&[("a.yaml", PASSES)][..], "", 0, "1 0 0 0"),
        (&[("a.yaml", PASSES), ("b.yaml", SKIPS)], "", 0, "1 0 0 1"),
        (&[("a.yaml", SKIPS)], "", 0, "0 0 0 1"),
        (&[("a.yaml", PASSES), ("b.yaml", FAILS)], "", 100, "1 1 0 0"),
        (&[("a.yaml", PASSES), ("b.yaml", ERRS)], "", 5, "1 0 1 0"),
        (&[("a.yaml", FAILS), ("b.yaml", PASSES)], "--fail-fast --jobs 1", 100, "0 1 0 1"),
        (&[("a.yaml", FAILS)], "--retries 2", 100, "0 1 0 0"),
        (&[("a.yaml", PASSES), ("b.yaml", FAILS)], "--tag smoke", 0, "1 0 0 0"),
        (&[("a.yaml", PASSES), ("b.yaml", FAILS)], "--filter fails", 100, "0 1 0 0"),
        (&[("a.yaml", PASSES), ("b.yaml", FAILS)], "--partition slice:1/2", 0, "1 0 0 0"),
        (&[("a.yaml", PASSES), ("b.yaml", FAILS)], "--partition slice:2/2", 100, "0 1 0 0"),
        (&[("a.yaml", PASSES)], "--board sim --cloud fake --jobs 3 --seed 7", 0, "1 0 0 0"),
        (&[("a.yaml", PASSES)], "scenarios/a.yaml scenarios", 0, "1 0 0 0"),
    ] {
        let folder = folder(files);
        let words: Vec<_> = ["run"].into_iter().chain(words.split_whitespace()).collect();
        let ran = rig(folder.path(), &words);
        assert_eq!(ran.code, code, "{words:?}: {}{}", ran.out, ran.err);
        let found =
            summary.captures(ran.last()).unwrap_or_else(|| panic!("{words:?}: {}", ran.out));
        let found: Vec<_> = (1..5).map(|group| found[group].to_owned()).collect();
        assert_eq!(found.join(" "), counts, "{words:?}: {}", ran.out);
    }
}

#[test]
fn what_ends_a_run_before_it_begins() {
    let folder = folder(&[("a.yaml", PASSES), ("b.yaml", BROKEN)]);
    for (words, code) in [
        ("run", 3),
        ("run scenarios/b.yaml", 3),
        ("check", 3),
        ("check scenarios/b.yaml", 3),
        ("list", 3),
        ("check scenarios/a.yaml", 0),
        ("list scenarios/a.yaml", 0),
        ("run scenarios/a.yaml --filter nothing", 4),
        ("run scenarios/a.yaml --tag nothing", 4),
        ("run missing", 2),
        ("check missing", 2),
        ("run scenarios/a.yaml --cloud moon", 2),
        ("run scenarios/a.yaml --jobs 0", 2),
        ("run scenarios/a.yaml --partition slice:0/2", 2),
        ("run scenarios/a.yaml --partition slice:3/2", 2),
        ("run scenarios/a.yaml --report pdf=x", 2),
        ("run scenarios/a.yaml --report junit", 2),
        ("run scenarios/a.yaml --seed x", 2),
        ("run scenarios/a.yaml --retries x", 2),
        ("run scenarios/a.yaml --board nobody", 5),
        ("flash missing.bin --board nobody", 5),
        ("monitor --board nobody", 5),
        ("explain missing.req", 2),
        ("report show missing", 2),
        ("report merge missing", 2),
        ("simulate --profile missing", 2),
    ] {
        let ran = rig(folder.path(), &words.split(' ').collect::<Vec<_>>());
        assert_eq!(ran.code, code, "{words}: {}{}", ran.out, ran.err);
        if code != 0 {
            assert!(ran.err.contains("error: "), "{words}: {}", ran.err);
        }
    }
    assert!(!folder.path().join("target").exists(), "nothing was run");
    fs::remove_dir_all(folder.path().join("scenarios")).expect("it is there");
    fs::create_dir(folder.path().join("scenarios")).expect("it can be made");
    for words in [["run"], ["check"], ["list"]] {
        assert_eq!(rig(folder.path(), &words).code, 4, "{words:?} with no file at all");
    }
}

#[test]
fn a_board_that_is_not_there_is_the_rigs_failure() {
    let folder = folder(&[("a.yaml", PASSES)]);
    let ran = rig(folder.path(), &["run", "--board", "/dev/there-is-no-such-port"]);
    assert_eq!(ran.code, 5, "{}{}", ran.out, ran.err);
    assert!(ran.last().starts_with("0 passed, 0 failed, 1 errors, 0 skipped in "), "{}", ran.out);
}

#[test]
fn run_leaves_its_directory_and_the_reports_that_were_asked_for() {
    let folder = folder(&[("a.yaml", PASSES), ("b.yaml", FAILS)]);
    let ran = rig(folder.path(), &["run"]);
    assert_eq!(ran.code, 100);
    let runs: Vec<_> =
        fs::read_dir(folder.path().join("target/shadowrig")).expect("it is there").collect();
    assert_eq!(runs.len(), 1);
    let mut words = vec!["run", "--out", "mine"];
    for report in
        ["junit=r/j.xml", "json=r/j.json", "html=r/h.html", "tap=r/t.tap", "github=r/g.md"]
    {
        words.extend(["--report", report]);
    }
    let ran = rig(folder.path(), &words);
    assert_eq!(ran.code, 100, "{}", ran.err);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect(name);
    assert!(read("r/j.xml").contains("<failure"));
    let json: Value = serde_json::from_str(&read("r/j.json")).expect("JSON");
    assert_eq!(json["cases"].as_array().map(Vec::len), Some(2));
    assert!(read("r/h.html").starts_with("<!doctype html>"));
    assert!(read("r/t.tap").contains("1..2") && read("r/t.tap").contains("not ok 2 - fails"));
    assert!(ran.out.contains("::error file=scenarios/b.yaml,line=4"), "{}", ran.out);
    assert!(ran.last().starts_with("1 passed, 1 failed, 0 errors, 0 skipped in "), "{}", ran.out);
    assert!(folder.path().join("mine/001-passes/events.jsonl").is_file());

    // The same again out of the directory; and two directories joined, with a place of one's own and without.
    let shown = rig(folder.path(), &["report", "show", "mine", "--report", "junit=again.xml"]);
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert_eq!(read("again.xml"), read("r/j.xml"));
    let first = runs[0].as_ref().expect("it can be read").path();
    let first = first.display().to_string();
    for words in [&["--out", "both"][..], &[]] {
        let words = [&["report", "merge", "mine", &first], words].concat();
        let merged = rig(folder.path(), &words);
        assert_eq!(merged.code, 0, "{}{}", merged.out, merged.err);
        assert!(
            merged.last().starts_with("2 passed, 2 failed, 0 errors, 0 skipped in "),
            "{}",
            merged.out
        );
        let dir = merged.out.lines().find_map(|line| line.strip_prefix("run directory: "));
        assert!(folder.path().join(dir.expect("it says where")).join("run.json").is_file());
    }
}

#[test]
fn snapshots_are_written_where_that_is_asked_for() {
    let text = PASSES.to_owned() + "  - snapshot: requests\n";
    let folder = folder(&[("a.yaml", &text)]);
    assert_eq!(rig(folder.path(), &["run"]).code, 100);
    assert_eq!(rig(folder.path(), &["run", "--update-snapshots"]).code, 0);
    assert!(folder.path().join("scenarios/__snapshots__").is_dir());
    assert_eq!(rig(folder.path(), &["run"]).code, 0);
}

#[test]
fn an_interrupted_run_ends_with_130_and_tells_of_each_case() {
    let long =
        "version: 1\nname: long\nsteps:\n  - expect-request: DELETE shadow\n    within: 10m\n";
    for signal in ["INT", "TERM"] {
        let folder = folder(&[("a.yaml", long), ("b.yaml", long)]);
        let ready = folder.path().join("ready");
        let device = format!("sh -c 'echo > {}; exec sleep 600'", ready.display());
        let words = ["run", "--board", "process", "--jobs", "1", "--command", &device];
        let server = Server::start(&mut command(folder.path(), &words));
        while !ready.exists() {
            std::thread::yield_now();
        }
        let (code, out) = server.end(signal);
        assert_eq!(code, Some(130), "{signal}: {out}");
        let last = out.lines().last().unwrap_or_default();
        assert!(last.starts_with("0 passed, 0 failed, 0 errors, "), "{signal}: {out}");
    }
}

#[test]
fn list_schema_new_and_explain() {
    let folder = folder(&[("a.yaml", PASSES), ("b.yaml", FAILS)]);
    let listed = rig(folder.path(), &["list"]);
    assert_eq!((listed.code, listed.out.lines().count()), (0, 2), "{}", listed.out);
    let listed = rig(folder.path(), &["list", "--json"]);
    let json: Value = serde_json::from_str(&listed.out).expect("JSON");
    assert_eq!(json["cases"][0]["name"], "passes");
    assert_eq!(json["cases"][1]["file"], "scenarios/b.yaml");
    let schema: Value = serde_json::from_str(&rig(folder.path(), &["schema"]).out).expect("JSON");
    assert!(schema["properties"]["steps"].is_object());
    assert_eq!(rig(folder.path(), &["new", "My first case"]).code, 0);
    assert_eq!(rig(folder.path(), &["run", "scenarios/my-first-case.yaml"]).code, 0);
    assert_eq!(rig(folder.path(), &["new", "My first case"]).code, 2, "nothing is overwritten");
    let good = fs::read(root().join("fixtures/sigv4/captures/botocore.get.plain.req"))
        .expect("it is there");
    let explain = |bytes: &[u8]| {
        let mut child = command(folder.path(), &["explain", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        child.stdin.take().expect("it is piped").write_all(bytes).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, out) = explain(&good);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("the signature is right"), "{out}");
    let bad = String::from_utf8_lossy(&good).replace("Signature=", "Signature=0").into_bytes();
    assert_eq!(explain(&bad).0, Some(100));
}

#[test]
fn a_fleet_ends_with_its_counts() {
    let folder = folder(&[]);
    let words = "simulate --devices 3 --for 30m --seed 5 --profile lossy --every 2m --report html=fleet.html";
    let ran = rig(folder.path(), &words.split(' ').collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let last = regex::Regex::new(
        r"^3 devices, \d+ wakes, \d+ requests, 0 invariants violated, 30m in \d+\.\d+s$",
    )
    .expect("a constant");
    assert!(last.is_match(ran.last()), "{}", ran.out);
    let page = fs::read_to_string(folder.path().join("fleet.html")).expect("it is there");
    assert!(page.starts_with("<!doctype html>"));
}

#[test]
fn boards_of_a_host_without_any() {
    let folder = folder(&[]);
    assert_eq!(rig(folder.path(), &["boards", "list"]).code, 0);
    assert_eq!(rig(folder.path(), &["boards", "doctor"]).code, 0);
}

#[test]
fn the_cloud_is_ready_when_it_says_so_and_ends_with_0() {
    let folder = folder(&[]);
    fs::write(
        folder.path().join("creds"),
        "[default]\naws_access_key_id = A\naws_secret_access_key = B\n",
    )
    .expect("it can be written");
    let listen = ["--listen", "127.0.0.1:0"];
    for (words, lines) in [
        (
            &[
                "--region",
                "eu-west-1",
                "--credential",
                "A:B",
                "--credential",
                "C:D:E",
                "--log",
                "json",
            ][..],
            1,
        ),
        (
            &[
                "--listen-tls",
                "127.0.0.1:0",
                "--pki",
                "pki",
                "--log",
                "text",
                "--clock-offset=-27850123s",
            ],
            2,
        ),
        (&["--credentials-file", "creds", "--data", "shadows", "--clock-offset", "+1h"], 1),
    ] {
        for signal in ["INT", "TERM"] {
            let words = [&["serve"], &listen[..], words].concat();
            let mut server = Server::start(&mut command(folder.path(), &words));
            for line in 0..lines {
                let scheme = if line == 0 { "http" } else { "https" };
                let ready = server.line();
                let wanted = format!("fake-shadow listening on {scheme}://127.0.0.1:");
                assert!(ready.starts_with(&wanted), "{words:?}: {ready}");
            }
            assert_eq!(server.end(signal), (Some(0), String::new()), "{words:?}");
        }
    }
    assert!(folder.path().join("pki/ca.pem").is_file() && folder.path().join("shadows").exists());
    for words in
        ["--listen nonsense", "--credential A", "--clock-offset soon", "--log xml", "--explode"]
    {
        let words: Vec<_> = ["serve"].into_iter().chain(words.split(' ')).collect();
        assert_eq!(rig(folder.path(), &words).code, 2, "{words:?}");
    }
}
