//! `record` and `replay`: what a device did is expected again, and meets the cloud again.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use shadowrig::drive::sim::SimBench;
use shadowrig::drive::virtual_time;
use shadowrig::engine::{Outcome, Verdict};
use shadowrig::recording::{Start, Written, written};
use shadowrig::replay::{replay, told};
use shadowrig::scenario::plan::Plan;
use shadowrig::scenario::snapshots::{SnapshotMode, Snapshots};

use crate::support::{files, parse, shadowrig};

/// Folders with scenarios that pass on the simulated bench.
const PASSING: &[&str] = &["scenarios", "fixtures/scenarios/passing"];

/// The case that does something between two bytes, at a time and not at an event, as no person could; a recording waits for events.
const AT_A_TIME: &str = "a report that was sent arrives although the power is cut behind it";

fn run(plan: &Arc<Plan>) -> Outcome {
    virtual_time::run(Arc::clone(plan), &mut SimBench::new(0))
}

/// The plans of a text that the simulated bench can run, with snapshots taken instead of compared.
fn plans(text: &str, file: &str) -> Vec<Arc<Plan>> {
    let runs_here = |plan: &Plan| {
        let needs_others = plan.unmet.is_some() || !plan.secrets.is_empty();
        !needs_others && !plan.all_steps().iter().any(|step| step.verb == "run")
    };
    let plans = parse(text, file).plans.into_iter().filter(runs_here);
    let update = Snapshots { mode: SnapshotMode::Update, ..Snapshots::default() };
    plans.map(|plan| Arc::new(Plan { snapshots: update.clone(), ..plan })).collect()
}

/// The case of a scenario that was recorded, with the snapshots that were taken.
fn read_back(written: &Written) -> Arc<Plan> {
    let parsed = parse(&written.text, "recorded.yaml");
    assert!(parsed.is_good(), "{}\n{:?}", written.text, parsed.problems);
    let mut plan = parsed.plans.into_iter().next().expect("it is one case");
    plan.snapshots = Snapshots { stored: written.snapshots.clone(), mode: SnapshotMode::Check };
    Arc::new(plan)
}

#[test]
fn what_was_recorded_passes_again() {
    let mut failed = Vec::new();
    let mut repeated = 0;
    for (file, text) in PASSING.iter().flat_map(|folder| files(folder)) {
        for plan in plans(&text, &file) {
            let outcome = run(&plan);
            if outcome.verdict != Verdict::Passed {
                continue;
            }
            let written = written(&Start::of(&plan), "sim", &outcome.log);
            if written.steps == 0 {
                continue;
            }
            repeated += 1;
            let again = run(&read_back(&written));
            if (again.verdict == Verdict::Passed) == (plan.name == AT_A_TIME) {
                failed.push(format!("{}\n{:#?}\n{}", plan.name, again.verdict, written.text));
            }
        }
    }
    assert!(failed.is_empty(), "{} of {repeated}:\n{}", failed.len(), failed.join("\n\n"));
    assert!(repeated > 30, "only {repeated} were tried");
}

/// The scenario that is recorded of another one's run.
fn check(name: &str, text: &str) {
    let plan = plans(text, name).into_iter().next().expect("it is a scenario");
    let outcome = run(&plan);
    assert_eq!(outcome.verdict, Verdict::Passed);
    let written = written(&Start::of(&plan), "sim", &outcome.log);
    let stored: String =
        written.snapshots.iter().map(|(name, text)| format!("--- {name}\n{text}")).collect();
    insta::assert_snapshot!(format!("recorded-{name}"), format!("{}{stored}", written.text));
    assert_eq!(run(&read_back(&written)).verdict, Verdict::Passed);
}

#[test]
fn changes_stand_between_the_cycles_in_which_they_were_made() {
    check(
        "changes",
        "version: 1\nname: somebody changes this and that\n\
         cloud: { shadow: { desired: { sleep: 30, signal: 0, mark: '$${x}' }, reported: { sleep: 30, signal: 0, mark: '$${x}' } } }\nsteps:\n\
         \x20 - expect-cycles: { count: 3, each: { requests: [GET shadow] } }\n    within: 5m\n\
         \x20 - set-desired: { signal: 2 }\n  - expect-request: POST shadow\n    within: 1m\n\
         \x20 - expect-cycle: {}\n\
         \x20 - set-desired: { signal: 3 }\n  - set-desired: { sleep: 5, note: 'it''s $${here}' }\n\
         \x20 - expect-cycles: { count: 3 }\n    within: 3m\n",
    );
}

#[test]
fn faults_resets_and_power_cuts_are_made_again() {
    check(
        "mishaps",
        "version: 1\nname: much goes wrong\n\
         cloud: { shadow: { desired: { sleep: 5, signal: 0 }, reported: { sleep: 5, signal: 0 } } }\nsteps:\n\
         \x20 - expect-cycle: {}\n    within: 1m\n  - fault: { status: 503 }\n    to: GET shadow\n\
         \x20 - expect-fault: applied\n    within: 1m\n  - expect-sleep: 5s\n  - set-desired: { signal: 1 }\n\
         \x20 - expect-request: GET shadow\n    within: 1m\n  - reset: pin\n  - expect-request: POST shadow\n    within: 1m\n\
         \x20 - expect-cycle: {}\n  - power: cycle\n  - expect-cycle: {}\n    within: 1m\n",
    );
}

#[test]
fn what_the_rig_armed_is_armed_again_with_all_that_it_was_told() {
    check(
        "armed",
        "version: 1\nname: the supply fails at the worst moments\nallow: [brownout]\nvars: { word: GET }\n\
         cloud: { shadow: { desired: { sleep: 5, signal: 0 }, reported: { sleep: 5, signal: 0 } } }\nsteps:\n\
         \x20 - expect-cycle: {}\n    within: 1m\n\
         \x20 - cut-power: { when: { console: '${word}', after: 1 }, off-for: 250ms }\n  - expect-reset: power-on\n    within: 1m\n\
         \x20 - cut-power: { when: { request: POST shadow, at: mid-response }, off-for: 3s }\n  - set-desired: { signal: 2 }\n\
         \x20 - expect-reset: power-on\n    within: 1m\n  - expect-cycle: {}\n    within: 1m\n\
         \x20 - cut-power: { when: { current: { above: 70.5mA } } }\n  - expect-reset: power-on\n    within: 1m\n\
         \x20 - expect-cycle: {}\n    within: 1m\n\
         \x20 - cut-power: { when: { state-write: during } }\n  - set-desired: { signal: 3 }\n  - expect-reset: power-on\n    within: 1m\n\
         \x20 - brownout: { to: 2.6V, for: 30ms }\n  - expect-reset: brownout\n  - expect-cycle: {}\n    within: 1m\n",
    );
}

#[test]
fn a_cloud_that_is_the_same_gives_the_same_answers() {
    let mut compared = 0;
    for (file, text) in PASSING.iter().flat_map(|folder| files(folder)) {
        for plan in plans(&text, &file) {
            let replayed = replay(&run(&plan).log, None);
            let (equal, different, _) = replayed.counts();
            assert_eq!((different, told(&replayed).as_str()), (0, ""), "{}", plan.name);
            compared += equal;
        }
    }
    assert!(compared > 100, "only {compared} answers were compared");
}

#[test]
fn other_shadows_at_the_beginning_show_in_the_answers() {
    let text = "version: 1\nname: x\ncloud: { shadow: { desired: { sleep: 5, signal: 0 }, reported: { sleep: 5, signal: 0 } } }\n\
         steps:\n  - expect-cycle: {}\n  - set-desired: { signal: 2 }\n  - expect-request: POST shadow\n    within: 1m\n  - expect-cycle: {}\n";
    let plan = plans(text, "x").remove(0);
    let log = run(&plan).log;
    let other = text.replace("reported: { sleep: 5, signal: 0 }", "reported: { sleep: 7 }");
    let shadows = plans(&other, "x").remove(0).shadows.clone();
    insta::assert_snapshot!(told(&replay(&log, Some(&shadows))));
}

/// A recording that runs.
struct Recording {
    child: Child,
    lines: BufReader<ChildStdout>,
    address: String,
}

impl Recording {
    fn begin(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
            .current_dir(folder)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let mut recording = Self { child, lines, address: String::new() };
        let line = recording.until("cloud and live page: http://");
        let (_, address) = line.split_once("http://").expect("it was just found");
        recording.address = address.trim_end().trim_end_matches('/').to_owned();
        recording
    }

    /// Reads up to the first line that holds a text.
    fn until(&mut self, text: &str) -> String {
        let mut read = String::new();
        loop {
            let mut line = String::new();
            let count = self.lines.read_line(&mut line).expect("its output can be read");
            assert!(count > 0, "no `{text}` in:\n{read}");
            if line.contains(text) {
                return line;
            }
            read += &line;
        }
    }

    /// Changes the shadow as somebody at the live page does.
    fn set_desired(&self, desired: &str) {
        let body = format!("{{\"state\":{{\"desired\":{desired}}}}}");
        let answer = self.ask("PUT /_shadowrig/things/thing-1/shadow", &body);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    fn ask(&self, what: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the cloud listens");
        let head = format!(
            "{what} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).expect("it can be sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it is answered");
        answer
    }

    /// Presses Ctrl-C; returns what is written from then on.
    fn end(mut self) -> String {
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("it runs"), rustix::process::Signal::INT)
            .expect("it can be told to end");
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).expect("its output can be read");
        assert!(self.child.wait().expect("it ends").success(), "{rest}");
        rest
    }
}

#[test]
fn a_device_that_somebody_used_passes_its_recording_on_every_bench() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let state = r#"{"sleep":5,"signal":0}"#;
    let words = ["record", "Signal twice", "--board", "process", "--fast-forward", "--folder", "."];
    let more = ["--desired", state, "--reported", state, "--out", "recording"];
    let mut recording = Recording::begin(folder.path(), &[&words[..], &more[..]].concat());
    recording.until("asleep");
    recording.set_desired(r#"{"signal":2}"#);
    recording.until("signaled 2 times");
    recording.until("asleep");
    let rest = recording.end();
    assert!(
        rest.contains("run it by: shadowrig run ./signal-twice.yaml --board process"),
        "{rest}"
    );
    let text = fs::read_to_string(folder.path().join("signal-twice.yaml")).expect("it was written");
    for part in
        ["- set-desired: { signal: 2 }", "expect-console: signaled 2 times", "- snapshot: shadow"]
    {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
    for board in ["sim", "process"] {
        let output = shadowrig(folder.path(), &["run", "signal-twice.yaml", "--board", board]);
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{board}: {out}\n{text}");
    }
    let output = shadowrig(folder.path(), &["replay", "recording", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON and no more");
    assert_eq!(
        (&told["is_same"], &told["counts"]["different"]),
        (&true.into(), &0.into()),
        "{told}"
    );
    let requests = told["cases"][0]["requests"].as_array().expect("a list");
    // The device wakes again and again, and may have asked for something just when the recording was ended.
    let ended = requests.iter().rposition(|request| request["why"] != "unanswered");
    let compared = ended.map_or(0, |last| last + 1);
    assert!(compared >= 3 && requests.len() - compared <= 1, "{told}");
    assert_eq!(told["counts"]["equal"], compared, "{told}");
    assert_eq!(
        (&requests[0]["request"], &requests[0]["result"]),
        (&"GET shadow".into(), &"equal".into()),
        "{told}"
    );
    let other =
        "version: 1\nname: x\ncloud: { shadow: { desired: { sleep: 9 } } }\nsteps: [reset: pin]\n";
    fs::write(folder.path().join("other.yaml"), other).expect("it can be written");
    let words = ["replay", "recording", "--json", "--scenario", "other.yaml"];
    let output = shadowrig(folder.path(), &words);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON and no more");
    assert_eq!(output.status.code(), Some(100), "{told}");
    let differs = &told["cases"][0]["requests"][0]["differences"][0];
    assert!(differs["path"].is_string() && differs["recorded"].is_string(), "{told}");
    let output = shadowrig(folder.path(), &["replay", "recording"]);
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() && out.contains(" answers equal, 0 different, 0 not compared"),
        "{out}"
    );
}

#[test]
fn a_device_that_the_rig_does_not_hold_is_recorded_by_what_it_asks() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let words =
        ["record", "outside", "--board", "external:0", "--folder", ".", "--out", "recording"];
    let mut recording = Recording::begin(folder.path(), &words);
    let endpoint = format!("http://{}", recording.address);
    let mut device = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .args([
            "device",
            "--thing",
            "signal",
            "--endpoint",
            &endpoint,
            "--thing-name",
            "thing-1",
            "--region",
            "us-east-1",
        ])
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        .stdout(Stdio::null())
        .spawn()
        .expect("the device starts");
    recording.until("GET shadow");
    let rest = recording.end();
    device.kill().expect("it can be ended");
    device.wait().expect("it ends");
    assert!(rest.contains("wrote ./outside.yaml"), "{rest}");
    let text = fs::read_to_string(folder.path().join("outside.yaml")).expect("it was written");
    assert!(text.contains("expect-request: { is: GET shadow, signed: true"), "{text}");
    assert!(!text.contains("firmware") && !text.contains("expect-cycle"), "{text}");
}

#[test]
fn what_stands_in_the_way_of_a_recording_is_said_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("there.yaml"), "").expect("a file can be written");
    let check = |arguments: &[&str], expected: &str| {
        let output = shadowrig(folder.path(), &[&["record", "--folder", "."], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.contains(expected) && err.contains("help: "), "{err}");
    };
    check(&["there"], "there.yaml is there already, and stays as it is");
    check(&["!?"], "has no letter or digit to name a file by");
    check(&["x", "--board", "sim"], "nobody can end the recording by hand");
    let arguments =
        ["record", "x", "--folder", ".", "--inventory", "none.toml", "--board", "shade-9"];
    let output = shadowrig(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(5));
    let said = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat();
    insta::assert_snapshot!("nothing-recorded", said);
}
