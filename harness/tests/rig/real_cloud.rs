//! `--cloud aws`, before a second cloud that plays AWS over TLS, with keys of its own: no account is at hand.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{good_bad_good, root, shadowrig, shadowrig_with};

const SCENARIO: &str = "fixtures/scenarios/contract/both-clouds.yaml";
const KEY: &str = "AKIDREAL";
const SECRET: &str = "the-real-secret-that-nobody-may-see";
const REGION: &str = "eu-west-1";

/// A cloud that plays AWS, in a process of its own.
struct FarCloud {
    process: Child,
    /// Where its control interface is.
    control: String,
    /// Where it serves HTTPS.
    endpoint: String,
}

impl FarCloud {
    fn start(folder: &Path) -> Self {
        let credential = format!("{KEY}:{SECRET}");
        let mut process = Command::new(env!("CARGO_BIN_EXE_shadowrig"))
            .current_dir(folder)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--listen-tls",
                "127.0.0.1:0",
                "--pki",
                "pki",
            ])
            .args(["--region", REGION, "--log", "off", "--credential", &credential])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let mut address = |scheme: &str| {
            let line = lines.next().expect("it is ready").expect("a line");
            let start = format!("fake-shadow listening on {scheme}://");
            line.strip_prefix(&start).expect("the ready line").to_owned()
        };
        let control = address("http");
        let endpoint = format!("https://{}", address("https"));
        Self { process, control, endpoint }
    }

    /// What its control interface answers.
    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(&self.control).expect("it listens");
        let length = body.len();
        let request = format!(
            "{method} /_shadowrig{path} HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head");
        serde_json::from_str(body).expect("JSON")
    }

    /// How many requests it has seen.
    fn requests(&self) -> usize {
        self.ask("GET", "/requests", "")["requests"].as_array().map_or(0, Vec::len)
    }

    fn state(&self, path: &str) -> Value {
        self.ask("GET", path, "")["state"].clone()
    }
}

impl Drop for FarCloud {
    fn drop(&mut self) {
        // It is gone already where it could not be killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs the program with the account of the far cloud in its environment.
fn run(folder: &Path, far: &FarCloud, arguments: &[&str]) -> Output {
    let environment = [
        ("AWS_ACCESS_KEY_ID", KEY),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", REGION),
        ("AWS_CA_BUNDLE", "pki/ca.pem"),
        // DescribeEndpoint is asked here, and says where shadows are.
        ("AWS_ENDPOINT_URL_IOT", far.endpoint.as_str()),
        ("HOME", "."),
    ];
    shadowrig_with(folder, &environment, arguments)
}

fn text(output: &Output) -> String {
    let both = [&output.stdout, &output.stderr];
    both.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// All text of all files of a folder.
fn all_text(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        match path.is_dir() {
            true => text += &all_text(&path),
            false => text += &String::from_utf8_lossy(&fs::read(path).expect("it can be read")),
        }
    }
    text
}

#[test]
fn the_same_scenario_says_the_same_on_both_clouds_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    fs::copy(root().join(SCENARIO), path.join("both.yaml")).expect("it can be copied");
    let far = FarCloud::start(path);
    let aws = run(
        path,
        &far,
        &["run", "both.yaml", "--board", "process", "--cloud", "aws", "--out", "aws"],
    );
    assert_eq!(aws.status.code(), Some(0), "{}", text(&aws));
    let fake = shadowrig(path, &["run", "both.yaml", "--board", "process", "--out", "fake"]);
    assert_eq!(fake.status.code(), Some(0), "{}", text(&fake));
    let compared = shadowrig(path, &["compare", "fake", "aws"]);
    assert_eq!(text(&compared).trim(), "5 equal, 0 different, 0 in one run only");
    // Both sides are in the log, and no secret is in anything that the run leaves.
    let kept = all_text(&path.join("aws"));
    assert!(kept.contains(r#""kind":"passed""#) && kept.contains("signed anew"));
    assert!(!kept.contains(SECRET) && !text(&aws).contains(SECRET));
    assert!(!kept.contains(KEY), "the device and the log know the key of the device alone");
    // The things that were made are gone.
    assert_eq!(far.ask("GET", "/things", "")["things"], json!([]));
}

#[test]
fn a_virtual_board_meets_the_real_cloud_and_faults_before_any_request() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    let ways = [
        "{ refuse: true }",
        "{ reset: accept }",
        "{ reset: tls }",
        "{ close: accept }",
        "{ close: tls }",
        "{ hang: { at: accept, for: 300ms } }",
        "{ hang: { at: tls, for: 300ms } }",
        "{ tls: expired }",
        "{ dns: nxdomain }",
        "{ wifi: deauth }",
    ];
    let case = good_bad_good("on the way", &ways, Some("connect"));
    fs::write(path.join("way.yaml"), case).expect("it can be written");
    let far = FarCloud::start(path);
    let arguments = ["run", "way.yaml", "--board", "virtual:esp32", "--cloud", "aws"];
    let output = run(path, &far, &[&arguments[..], &["--out", "out"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        text(&output).contains("10 passed, 0 failed, 0 errors, 0 skipped"),
        "{}",
        text(&output)
    );
    // The device's requests were passed on, and what it met on the way was not the far cloud's doing.
    assert!(far.requests() >= 20, "{}", far.requests());
    let kept = all_text(&path.join("out"));
    assert!(kept.contains("passed") && !kept.contains(SECRET));
}

#[test]
fn what_a_given_thing_held_is_put_back() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    let text_of_case = "version: 1\nname: puts back\ncloud:\n  named-shadows: { more: { desired: { a: 1 } } }\n  shadow:\n    desired: { sleep: 600, signal: 0 }\n\
        \x20   reported: { sleep: 600, signal: 0 }\nsteps:\n  - expect-cycle: { requests: [GET shadow] }\n\
        \x20   within: 30s\n  - set-desired: { a: 1 }\n  - delete-shadow: shadow/config\n";
    fs::write(path.join("case.yaml"), text_of_case).expect("it can be written");
    let far = FarCloud::start(path);
    let classic = json!({ "desired": { "home": 1 }, "reported": { "home": 2 } });
    let config = json!({ "reported": { "color": "red" } });
    far.ask("PUT", "/things/lamp/shadow", &json!({ "state": classic }).to_string());
    far.ask("PUT", "/things/lamp/shadows/config", &json!({ "state": config }).to_string());
    let arguments =
        ["run", "case.yaml", "--board", "process", "--cloud", "aws", "--thing-name", "lamp"];
    let output =
        run(path, &far, &[&arguments[..], &["--endpoint", &far.endpoint, "--out", "out"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let state = far.state("/things/lamp/shadow");
    assert_eq!(
        (&state["desired"], &state["reported"]),
        (&classic["desired"], &classic["reported"])
    );
    assert_eq!(far.state("/things/lamp/shadows/config")["reported"], config["reported"]);
    assert_eq!(far.ask("GET", "/things", "")["things"][0]["shadows"], json!(["config"]));
    assert!(all_text(&path.join("out")).contains(r#""color": "red""#), "it is written down first");
}

#[test]
fn a_case_that_is_for_an_endpoint_runs_at_that_one_and_on_the_fake() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    let far = FarCloud::start(path);
    let case = |endpoint: &str| {
        let text = format!(
            "version: 1\nname: x\ncloud: {{ endpoint: '{endpoint}' }}\nsteps:\n  - expect-request: GET shadow\n    within: 30s\n"
        );
        fs::write(path.join("case.yaml"), text).expect("it can be written");
    };
    let real = ["run", "case.yaml", "--board", "process", "--cloud", "aws", "--endpoint"];
    let real = [&real[..], &[far.endpoint.as_str()]].concat();
    case(&far.endpoint);
    let output = run(path, &far, &real);
    assert!(text(&output).contains("1 passed"), "{}", text(&output));
    let before = far.requests();
    case("a1b2c3-ats.iot.eu-west-1.amazonaws.com");
    let output = run(path, &far, &real);
    let skipped = format!(
        "the case is for https://a1b2c3-ats.iot.eu-west-1.amazonaws.com; this run has {}",
        far.endpoint
    );
    assert!(text(&output).contains(&skipped), "{}", text(&output));
    assert_eq!(far.requests(), before, "nothing was asked for");
    let output = run(path, &far, &["run", "case.yaml", "--board", "sim"]);
    assert!(text(&output).contains("1 passed"), "{}", text(&output));
}

#[test]
fn what_only_the_fake_can_do_is_skipped_before_anything_is_touched() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    for (name, step) in [
        ("clock", "clock: { advance: 10m }"),
        ("skew", "fault: { skew: +20m }"),
        ("conflict", "fault: conflict\n    to: POST shadow"),
        ("version", "fault: { shadow-version: -3 }"),
        ("publish", "publish: { topic: lamps/1/cmd }"),
        ("hear", "expect-message: { topic: $aws/things/+/shadow/update/delta }"),
        ("guard", "never: { message: { topic: $aws/things/+/shadow/update/rejected } }"),
    ] {
        let case = format!("version: 1\nname: {name}\nsteps:\n  - {step}\n  - wake: pin\n");
        fs::write(path.join(format!("{name}.yaml")), case).expect("it can be written");
    }
    let far = FarCloud::start(path);
    let before = far.requests();
    let output = run(
        path,
        &far,
        &["run", ".", "--board", "process", "--cloud", "aws", "--endpoint", &far.endpoint],
    );
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("0 passed, 0 failed, 0 errors, 7 skipped"), "{text}");
    for reason in [
        "the clock of the real cloud cannot be moved",
        "the fault `conflict` needs the fake cloud",
        "process cannot do `publish`: in an account others may listen on the topic",
        "the real shadow service publishes its messages (`$aws/...`) over MQTT",
    ] {
        assert!(text.contains(reason), "{text}");
    }
    assert_eq!(far.requests(), before, "nothing was asked for");
}

#[test]
fn a_real_cloud_that_cannot_be_used_is_the_rigs_failure() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    fs::copy(root().join(SCENARIO), path.join("both.yaml")).expect("it can be copied");
    let far = FarCloud::start(path);
    let of = |variables: &[(&str, &str)], more: &[&str]| {
        let clean = [
            ("HOME", "."),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_ACCESS_KEY_ID", ""),
            ("AWS_SECRET_ACCESS_KEY", ""),
        ];
        let arguments = [&["run", "both.yaml", "--cloud", "aws"], more].concat();
        let output = shadowrig_with(path, &[&clean[..], variables].concat(), &arguments);
        (output.status.code(), text(&output))
    };
    let (code, said) = of(&[], &["--board", "sim"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("the simulated bench has no time for the real cloud"), "{said}");
    let (code, said) = of(&[], &["--board", "process"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("no credentials for AWS") && said.contains("help: "), "{said}");
    // A key that the cloud does not know: the device has nothing to do with it.
    let account = [
        ("AWS_ACCESS_KEY_ID", "AKIDNOBODY"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", REGION),
        ("AWS_CA_BUNDLE", "pki/ca.pem"),
    ];
    let (code, said) = of(&account, &["--board", "process", "--endpoint", &far.endpoint]);
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("the real service says 403"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
    for (arguments, why) in [
        (["--region", "eu-west-1"], "--region is about the real cloud"),
        (["--thing-name", "lamp"], "--thing-name is about a device in real time"),
        (["--thing-name", "a lamp"], "invalid value 'a lamp' for '--thing-name <NAME>'"),
    ] {
        let output = shadowrig(path, &[&["run", "both.yaml"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(why), "{}", text(&output));
    }
}
