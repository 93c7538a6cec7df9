//! The device as a program, against servers on this machine.

mod tls_server;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use thing_host::{Options, Secret, run_unattended};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

/// A device that sleeps once.
fn options(endpoint: &str) -> Options {
    Options {
        endpoint: Some(endpoint.to_owned()),
        access_key_id: Some("AKIDEXAMPLE".to_owned()),
        secret_access_key: Some(Secret::from("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")),
        thing_name: Some("id-1".to_owned()),
        wakes: Some(1),
        ..Options::default()
    }
}

/// Runs the device on a thread of its own, and gives what it printed.
async fn console_of(options: Options) -> String {
    let run = move || {
        let mut console = Vec::new();
        run_unattended(&options, &mut console).expect("the device runs");
        String::from_utf8(console).expect("the console is text")
    };
    tokio::task::spawn_blocking(run).await.expect("the device does not panic")
}

/// A server with this shadow that takes every report.
async fn server_with(desired: Value) -> MockServer {
    let server = MockServer::start().await;
    let document = json!({ "state": { "desired": desired } });
    let shadow = || path("/things/id-1/shadow");
    let got = ResponseTemplate::new(200).set_body_json(document);
    Mock::given(method("GET")).and(shadow()).respond_with(got).mount(&server).await;
    let posted = ResponseTemplate::new(200).set_body_json(json!({}));
    Mock::given(method("POST")).and(shadow()).respond_with(posted).mount(&server).await;
    server
}

async fn requests_of(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.expect("requests are recorded")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_wake_gets_acts_and_posts() {
    let server = server_with(json!({ "sleep": 30, "signal": 0, "test": "child" })).await;
    let console = console_of(options(&server.uri())).await;
    insta::assert_snapshot!(console);
    let requests = requests_of(&server).await;
    let methods: Vec<&str> = requests.iter().map(|request| request.method.as_str()).collect();
    assert_eq!(methods, ["GET", "POST"]);
    let report: Value = requests[1].body_json().unwrap();
    assert_eq!(report, {
        json!({ "state": { "reported": {
            "status": "pass: test 'child'", "sleep": 30, "test": "child", "signal": 0,
        } } })
    });
    let authorization = requests[1].headers["authorization"].to_str().unwrap();
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
    assert_eq!(requests[1].headers["host"], server.address().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shadow_that_is_missing_is_an_error_and_a_sleep() {
    let server = MockServer::start().await;
    let console = console_of(options(&server.uri())).await;
    assert!(console.ends_with("error: GET answered 404 Not Found\nsleep 60 s\n"), "{console}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_an_error_and_a_sleep() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let console = console_of(options(&format!("http://{unused}"))).await;
    assert!(console.contains(&format!("error: GET not connected: {unused}: ")), "{console}");
    assert!(console.ends_with("sleep 60 s\n"), "{console}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_remembered_in_the_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let state_file = Some(folder.path().join("state"));
    let server = server_with(json!({ "test": "child" })).await;
    let options = Options { state_file, ..options(&server.uri()) };
    assert!(console_of(options.clone()).await.contains("status: pass: test 'child'"));
    let again = console_of(options).await;
    assert!(!again.contains("status: "), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_state_file_makes_a_fresh_device() {
    let folder = tempfile::tempdir().unwrap();
    let state_file = folder.path().join("state");
    let server = server_with(json!({})).await;
    let options = Options { state_file: Some(state_file.clone()), ..options(&server.uri()) };
    console_of(options.clone()).await;
    let whole = std::fs::read(&state_file).unwrap();
    std::fs::write(&state_file, &whole[..whole.len() / 2]).unwrap();
    let console = console_of(options).await;
    assert!(console.contains("\nstate: unreadable (torn), starting fresh\n"), "{console}");
    assert_eq!(std::fs::read(&state_file).unwrap(), whole, "it is whole again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_can_be_made_wrong() {
    let server = server_with(json!({})).await;
    // Thirty years and more before the test.
    let clock_offset_ms = Some(-1_000_000_000_000);
    console_of(Options { clock_offset_ms, ..options(&server.uri()) }).await;
    let requests = requests_of(&server).await;
    let date = requests[0].headers["x-amz-date"].to_str().unwrap();
    assert!(date.starts_with("19"), "{date}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shade_reads_its_pretended_sensors() {
    let server = server_with(json!({})).await;
    console_of(Options { thing: Some("shade".to_owned()), ..options(&server.uri()) }).await;
    let report: Value = requests_of(&server).await[1].body_json().unwrap();
    let reported = json!({ "temperature": 21, "batteryVoltage": 3900 });
    assert_eq!(report["state"]["reported"], reported);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = tls_server::start();
    let console = console_of(options(&server.endpoint)).await;
    let error = "error: GET not connected: tls: invalid peer certificate: UnknownIssuer\n";
    assert!(console.contains(error), "{console}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_given_authority_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let server = tls_server::start();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &server.certificate_pem).unwrap();
    let console = console_of(Options { ca_file: Some(ca_file), ..options(&server.endpoint) }).await;
    assert!(!console.contains("error: "), "{console}");
    assert!(console.ends_with("GET shadow\nsleep 60 s\n"), "{console}");
}

#[test]
fn a_line_on_standard_input_ends_a_sleep() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut device = Command::new(env!("CARGO_BIN_EXE_thing-host"))
        .args(["--endpoint", &format!("http://{unused}"), "--thing-name", "id-1", "--wakes", "2"])
        .args(["--access-key-id", "AKIDEXAMPLE", "--secret-access-key", "secret"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut commands = device.stdin.take().unwrap();
    let mut wakes = Vec::new();
    for line in BufReader::new(device.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some((_, cause)) = line.split_once("wake: ") {
            wakes.push(cause.to_owned());
        }
        if line == "sleep 60 s" && wakes.len() == 1 {
            commands.write_all(b"nonsense\nwake\n").unwrap();
        }
    }
    assert!(device.wait().unwrap().success());
    assert_eq!(wakes, ["power-on", "external"]);
}

#[test]
fn every_error_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let good = || options("http://127.0.0.1:8080");
    let missing = Some(folder.path().join("missing"));
    let cases = [
        Options { endpoint: None, ..good() },
        Options { endpoint: Some("127.0.0.1:8080".to_owned()), ..good() },
        Options { endpoint: Some("http://x/things".to_owned()), ..good() },
        Options { endpoint: Some("http://x:99999".to_owned()), ..good() },
        Options { access_key_id: Some("AKIDEXAMPLE\n".to_owned()), ..good() },
        Options { secret_access_key: Some(Secret::from("")), ..good() },
        Options { thing_name: Some("x".repeat(129)), ..good() },
        Options { thing: Some("toaster".to_owned()), ..good() },
        Options { config: missing.clone(), ..good() },
        Options { config: file("text.json", "{\n  region: 5"), ..good() },
        Options { config: file("key.json", "{\"akey \": \"x\"}"), ..good() },
        Options { config: file("type.json", "{\"secret_access_key\": 5}"), ..good() },
        Options { state_file: Some(folder.path().to_owned()), ..good() },
        Options { name_server: Some("dns.example".to_owned()), ..good() },
        Options { ca_file: missing, ..options("https://localhost") },
        Options { ca_file: file("ca.pem", "nothing"), ..options("https://localhost") },
    ];
    let errors: Vec<String> = cases
        .iter()
        .map(|options| run_unattended(options, &mut Vec::new()).unwrap_err())
        .map(|error| format!("error: {error}\nhelp: {}", error.help()))
        .collect();
    let text = errors.join("\n\n").replace(folder.path().to_str().unwrap(), "FOLDER");
    insta::assert_snapshot!(text);
}

#[test]
fn a_file_fills_in_what_the_flags_leave_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.json");
    let text = json!({ "region": "eu-west-1", "thing_name": "other", "session_token": "token" });
    std::fs::write(&path, text.to_string()).unwrap();
    let options = Options { config: Some(path), ..options("http://127.0.0.1:8080") };
    let settings = thing_host::Settings::resolve(&options).unwrap();
    assert_eq!((settings.region.as_str(), settings.thing_name.as_str()), ("eu-west-1", "id-1"));
    let shown = format!("{options:?} {settings:?}");
    assert!(!shown.contains("wJalrX") && !shown.contains("\"token\""), "secrets are hidden");
}
