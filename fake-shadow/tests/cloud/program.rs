//! The program itself: its lines, its exit codes and what it says when something is wrong.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::HttpVersion;
use fake_shadow::sigv4::timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::support::Signer;
use crate::support::bench::raw;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fake-shadow"));
    // No test asks whatever this machine may be an instance of.
    command
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What the program says when it cannot begin: its exit code and standard error.
fn refused(args: &[&str], environment: &[(&str, &str)]) -> (i32, String) {
    let output = program().args(args).envs(environment.iter().copied()).output().unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A program that is ready.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
}

impl Running {
    pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_by(program(), args, environment)
    }

    /// Starts it by a command that it replaces.
    pub(crate) fn start_by(
        mut command: Command,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.args(["--listen", "127.0.0.1:0"]).args(args);
        let mut child = command.envs(environment.iter().copied()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.strip_prefix("fake-shadow listening on http://").unwrap().trim().to_owned();
        Self { child, address }
    }

    pub(crate) fn ask(&self, request: &str) -> String {
        String::from_utf8(self.ask_for_bytes(request)).unwrap()
    }

    fn ask_for_bytes(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    }

    pub(crate) fn end(self, signal: &str) -> Output {
        self.send(signal);
        self.child.wait_with_output().unwrap()
    }

    /// Ends it while nobody reads what it writes.
    pub(crate) fn end_unread(mut self, signal: &str) -> ExitStatus {
        self.send(signal);
        self.child.wait().unwrap()
    }

    fn send(&self, signal: &str) {
        // The shell's own `kill`: a small system has no program of that name.
        let kill = format!("kill {signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }
}

#[test]
fn it_prints_one_line_when_it_is_ready_and_ends_with_0() {
    for signal in ["-TERM", "-INT"] {
        let running = Running::start(&[], &[]);
        let answer = running.ask("GET /things/lamp/shadow HTTP/1.0\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{answer}");
        let output = running.end(signal);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout.is_empty(), "nothing more on standard output: {output:?}");
    }
}

#[test]
fn each_listener_has_its_line() {
    let mut child =
        program().args(["--listen", "127.0.0.1:0", "--listen-tls", "127.0.0.1:0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.next().unwrap().unwrap().starts_with("fake-shadow listening on http://127.0.0.1:")
    );
    let second = lines.next().unwrap().unwrap();
    assert!(second.starts_with("fake-shadow listening on https://127.0.0.1:"), "{second}");
    let running = Running { child, address: String::new() };
    assert_eq!(running.end("-TERM").status.code(), Some(0));
}

#[test]
fn the_ca_is_fetched_as_pem_and_as_der() {
    let fetch = |running: &Running, file: &str| {
        let answer = running.ask_for_bytes(&format!("GET /_shadowrig/{file} HTTP/1.0\r\n\r\n"));
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        (String::from_utf8(answer[..head].to_vec()).unwrap(), answer[head..].to_vec())
    };
    let running = Running::start(&["--listen-tls", "127.0.0.1:0"], &[]);
    let [(_, pem), (_, der)] = ["ca.pem", "ca.der"].map(|file| fetch(&running, file));
    running.end("-TERM");
    assert_eq!(CertificateDer::from_pem_slice(&pem).unwrap().as_ref(), der);
    let without = Running::start(&[], &[]);
    for file in ["ca.pem", "ca.der"] {
        assert!(fetch(&without, file).0.contains(" 404 Not Found\r\n"));
    }
    without.end("-TERM");
}

#[test]
fn a_flag_throttles_each_thing_and_another_the_account() {
    for flag in ["--throttle-thing", "--throttle-account"] {
        let running = Running::start(&[flag, "1", "--clock-offset=+1h"], &[]);
        let now = UnixMillis::from_secs(now_secs() + 3600);
        let mut get = Signer::default().request("GET /things/lamp/shadow", "", now);
        get.version = HttpVersion::Http10;
        let get = String::from_utf8(raw(&get)).unwrap();
        // However slowly they come, one a second is less than three at once.
        let answers: Vec<String> = (0..3).map(|_| running.ask(&get)).collect();
        running.end("-TERM");
        assert!(answers[0].starts_with("HTTP/1.1 404 Not Found\r\n"), "{answers:?}");
        let refused = answers.iter().find(|answer| answer.starts_with("HTTP/1.1 429 "));
        let refused = refused.unwrap_or_else(|| panic!("{flag}: {answers:?}"));
        assert!(refused.contains("\r\nx-amzn-ErrorType: ThrottlingException:\r\n"), "{refused}");
        assert!(refused.contains(r#"{"message":"Rate exceeded","traceId":""#), "{refused}");
    }
}

#[test]
fn size_and_depth_of_documents_are_flags() {
    for (flag, refusal) in [
        ("--document-bytes-max=12", "The payload exceeds the maximum size allowed"),
        ("--levels-max=1", "JSON contains too many levels of nesting; maximum is 1"),
    ] {
        let running = Running::start(&[flag], &[]);
        let put = |document: &str| {
            let length = document.len();
            running.ask(&format!(
                "PUT /_shadowrig/things/lamp/shadow HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{document}"
            ))
        };
        let answer = put(r#"{"state":{"desired":{"a":1234}}}"#);
        assert!(answer.starts_with("HTTP/1.0 200 OK\r\n"), "{answer}");
        let answer = put(r#"{"state":{"desired":{"a":{"b":1}}}}"#);
        assert!(answer.contains(refusal), "{flag}: {answer}");
        running.end("-TERM");
    }
}

#[test]
fn a_log_that_is_off_has_nothing_but_the_notes() {
    let running = Running::start(&["--log", "off", "--credential", "A:hush"], &[]);
    running.ask("GET /things/lamp/shadow HTTP/1.0\r\n\r\n");
    assert_eq!(String::from_utf8(running.end("-TERM").stderr).unwrap(), "");
}

#[test]
fn it_says_which_credentials_count_when_none_are_given() {
    let note = "note: no credentials were given; requests are to be signed with the test pair \
                AKIDEXAMPLE / wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n";
    let output = Running::start(&[], &[]).end("-TERM");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), note);
    let output = Running::start(&["--credential", "A:hush"], &[]).end("-TERM");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let pair = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    let output = Running::start(&[], &pair).end("-TERM");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_clock_may_be_off_by_any_duration() {
    for (offset, secs) in [("-27850123s", -27_850_123), ("+100000h", 360_000_000), ("+5m", 300)] {
        let running = Running::start(&[&format!("--clock-offset={offset}")], &[]);
        let answer = running.ask("GET / HTTP/1.0\r\n\r\n");
        running.end("-TERM");
        let date = answer.lines().find_map(|line| line.strip_prefix("date: ")).unwrap();
        let off_by = timestamp::parse_http(date).unwrap().secs() - now_secs();
        assert!((secs - 60..=secs + 1).contains(&off_by), "{offset}: {date}, off by {off_by} s");
    }
}

fn now_secs() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since_1970.as_secs()).unwrap()
}

#[test]
fn each_request_is_a_line_of_the_log() {
    let running = Running::start(&["--log", "json"], &[]);
    running.ask("GET /things/lamp/shadow HTTP/1.0\r\n\r\n");
    let log = String::from_utf8(running.end("-TERM").stderr).unwrap();
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{log}");
    assert_eq!(lines[1]["event"], "request");
    assert_eq!(lines[1]["explanation"]["message"], "Missing Authentication Token");
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let first = Running::start(&[], &[]);
    let (code, said) = refused(&["--listen", &first.address], &[]);
    let address = first.address.clone();
    first.end("-TERM");
    assert_eq!(code, 1);
    assert_eq!(
        said,
        format!(
            "error: failed to listen on {address}: the port is in use\n\
             help: end the program that listens there, or take a free port: --listen 127.0.0.1:0\n"
        )
    );
}

#[test]
fn an_answered_update_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadows").display().to_string();
    let update = "PUT /_shadowrig/things/lamp/shadow HTTP/1.0\r\nContent-Length: 34\r\n\r\n\
                  {\"state\":{\"reported\":{\"on\":true}}}";
    for version in 1..=3 {
        let running = Running::start(&["--data", &file], &[]);
        let answer = running.ask(update);
        assert!(answer.contains(&format!("\"version\":{version},")), "{answer}");
        assert_eq!(running.end("-KILL").status.code(), None);
    }
}

/// A disk that is full for a while, played by a limit on the size of files.
#[test]
fn a_disk_that_was_full_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadows").display().to_string();
    Running::start(&["--data", &file], &[]).end("-TERM");
    let blocks = std::fs::metadata(&file).unwrap().len() / 512 + 100;
    let mut shell = Command::new("sh");
    let script = format!(
        r#"trap '' XFSZ; ulimit -S -f {blocks}; exec "{}" "$@""#,
        env!("CARGO_BIN_EXE_fake-shadow")
    );
    shell.args(["-c", &script, "sh"]);
    let running = Running::start_by(shell, &["--data", &file], &[]);
    let body = format!(r#"{{"state":{{"reported":{{"a":"{}"}}}}}}"#, "x".repeat(7000));
    let update = |number: usize| {
        let line = format!("POST /things/t{number}/shadow");
        let now = UnixMillis::from_secs(now_secs());
        let mut request = Signer::default().request(&line, body.as_str(), now);
        request.version = HttpVersion::Http10;
        running.ask(&String::from_utf8(raw(&request)).unwrap())
    };
    let is_kept = |number: &usize| update(*number).starts_with("HTTP/1.1 200 OK\r\n");
    let answered = (0..1000).take_while(is_kept).count();
    assert!(answered < 1000, "the disk was never full");
    let refused = update(answered);
    assert!(refused.starts_with("HTTP/1.1 500 Internal Server Error\r\n"), "{refused}");
    let id = running.child.id().to_string();
    let room = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &id]).status().unwrap();
    assert!(room.success());
    let again = update(answered);
    assert!(again.starts_with("HTTP/1.1 200 OK\r\n"), "{again}");
    let log = String::from_utf8(running.end("-KILL").stderr).unwrap();
    assert!(log.contains("--- not kept: ") && log.contains("its disk not full"), "{log}");
    let running = Running::start(&["--data", &file], &[]);
    for number in 0..=answered {
        let ask = format!("GET /_shadowrig/things/t{number}/shadow HTTP/1.0\r\n\r\n");
        let kept = running.ask(&ask);
        assert!(kept.starts_with("HTTP/1.0 200 OK\r\n"), "t{number}: {kept}");
    }
    running.end("-TERM");
}

/// A file that was cut down to nothing is used, as `mktemp` makes such ones, and that is said.
#[test]
fn an_empty_file_is_told() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().display().to_string();
    let args = ["--data", &path, "--credential", "A:hush"];
    let told = |args: &[&str]| String::from_utf8(Running::start(args, &[]).end("-TERM").stderr);
    let note = format!("note: {path} was empty; it begins without shadows\n");
    assert_eq!(told(&args).unwrap(), note);
    assert_eq!(told(&args).unwrap(), "", "it has been made by now");
}

#[test]
fn a_file_in_use_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shadows").display().to_string();
    let running = Running::start(&["--data", &file], &[]);
    let (code, said) = refused(&["--listen", "127.0.0.1:0", "--data", &file], &[]);
    running.end("-TERM");
    assert_eq!(code, 1);
    assert_eq!(
        said,
        format!(
            "error: failed to use {file}: another program has it open\n\
             help: end the program that uses it, or name another file\n"
        )
    );
}

#[test]
fn the_flags_are_shown() {
    let output = program().arg("--help").output().unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn mistakes_on_the_command_line_end_with_2() {
    for args in [
        ["--listne", "127.0.0.1:0"],
        ["--clock-offset", "5"],
        ["--log", "xml"],
        ["--credential", "only-half"],
        ["--policy", "no-file"],
        ["--seed", "x"],
        ["--region", ""],
        ["--region", "eu west"],
        ["--document-bytes-max", "0"],
        ["--pki", "without-listen-tls"],
        ["--listen", "nowhere"],
        ["--listen", "127.0.0.1:65536"],
    ] {
        let (code, said) = refused(&args, &[]);
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(said.starts_with("error: "), "{said}");
    }
    let (code, said) = refused(&[], &[("AWS_ACCESS_KEY_ID", "A")]);
    assert_eq!(code, 2);
    assert!(
        said.contains("AWS_SECRET_ACCESS_KEY: it is not set, but AWS_ACCESS_KEY_ID is"),
        "{said}"
    );
}

#[test]
fn other_mistakes_end_with_1_and_say_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing/file").display().to_string();
    let here = folder.path().display().to_string();
    let broken = folder.path().join("broken");
    std::fs::write(&broken, "[default]\nhush hush\n").unwrap();
    let broken = broken.display().to_string();
    for (args, expected) in [
        (["--credentials-file", missing.as_str()], "No such file"),
        (["--credentials-file", broken.as_str()], "line 2 is neither [profile] nor key = value"),
        (["--policy", &format!("A={broken}")], "expected"),
        (["--listen", "192.0.2.1:80"], "failed to listen on 192.0.2.1:80"),
        (["--data", &missing], "make its folder first"),
        (["--data", &here], "name a file in that folder"),
    ] {
        let (code, said) = refused(&args, &[]);
        assert_eq!(code, 1, "{args:?}: {said}");
        assert!(said.contains(expected) && said.contains("\nhelp: "), "{said}");
        assert!(!said.contains("hush"), "{said}");
    }
}
