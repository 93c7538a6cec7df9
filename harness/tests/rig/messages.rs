//! What a device publishes over HTTPS, in virtual time and in real time, and what comes of it everywhere.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::raw_request;
use fake_shadow::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use fake_shadow::sigv4::credential::Credential;
use fake_shadow::sigv4::{SignFor, sign};
use shadowrig::drive::sim::{Device, SimBench};
use shadowrig::drive::virtual_time;
use shadowrig::engine::event::{Message, Party};
use shadowrig::engine::verdict::{Outcome, Verdict};
use shadowrig::engine::{Event, Log};
use shadowrig::recording::{Start, written};
use shadowrig::replay::replay;
use shadowrig::report::events;
use shadowrig::scenario::plan::Plan;
use shadowrig::scenario::snapshots::{SnapshotMode, Snapshots};
use thing::{Input, Instant, Kind, Lent, Output, Thing};

use crate::support::{self, parse, shadowrig};

/// A thing that reports by publishing, as firmware does that was written for MQTT: to the topic of its shadow, and to one of its own.
#[derive(Debug)]
struct Publisher {
    thing: Thing,
}

fn publisher(kind: &'static Kind) -> Box<dyn Device> {
    Box::new(Publisher { thing: Thing::new(kind) })
}

impl Device for Publisher {
    fn wake_at(&self) -> Option<Instant> {
        self.thing.wake_at()
    }

    fn handle(
        &mut self,
        lent: Lent<'_>,
        now: Instant,
        input: Input<'_>,
        sink: &mut dyn FnMut(Output<'_>),
    ) {
        self.thing.handle(lent, now, input, &mut |output| match output {
            Output::Send(bytes) if bytes.starts_with(b"POST") => {
                sink(Output::Send(&published_instead(bytes)));
            }
            output => sink(output),
        });
    }
}

/// The report of the device, published to a topic instead, and signed again at the time of its signature.
fn published_instead(bytes: &[u8]) -> Vec<u8> {
    let mut request = raw_request::parse(bytes).expect("the device speaks HTTP");
    let date = request.header("x-amz-date").expect("it is signed");
    let date = std::str::from_utf8(date).expect("a date is ASCII");
    let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).expect("it is a date");
    let at = at.to_zoned(jiff::tz::TimeZone::UTC).expect("it is a time").timestamp();
    request.target = "/topics/lamps/1/state?qos=1&retain=true".to_owned();
    signed(request, UnixMillis(at.as_millisecond()))
}

/// A request as bytes, signed at a time.
fn signed(mut request: Request, at: UnixMillis) -> Vec<u8> {
    let credential = Credential::long_term(TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY);
    let sign_for = SignFor { region: "us-east-1", service: "iotdata", at };
    sign(&mut request, &credential, sign_for).expect("its query can be signed");
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.target).into_bytes();
    for Header { name, value } in &request.headers {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    [bytes, b"\r\n".to_vec(), request.body].concat()
}

const HEAD: &str = "version: 1\nname: a device publishes\n\
     cloud: { shadow: { desired: { sleep: 5, signal: 0 }, reported: { sleep: 5, signal: 0 } } }\n";

fn run_publisher(text: &str) -> Outcome {
    let parsed = parse(text, "publisher");
    assert!(parsed.is_good(), "{:?}", support::problems(&parsed));
    let snapshots = Snapshots { mode: SnapshotMode::Update, ..Snapshots::default() };
    let plan = parsed.plans.into_iter().next().expect("it is a case");
    let plan = Arc::new(Plan { snapshots, ..plan });
    let outcome = virtual_time::run(Arc::clone(&plan), &mut SimBench::of(0, publisher));
    outcome.masked(&plan.mask)
}

fn messages(log: &Log) -> Vec<Message> {
    let message = |entry: &shadowrig::engine::Entry| match &entry.event {
        Event::Message(message) => Some(message.clone()),
        _ => None,
    };
    log.entries().iter().filter_map(message).collect()
}

const REPORTED: &str = "steps:
  - expect-request: GET shadow
    within: 20s
  - set-desired: { signal: 1 }
  - expect-message:
      topic: lamps/+/state
      payload: { state: { reported: { signal: 1 } } }
      qos: 1
      retain: true
      by: device
    within: 40s
    capture: { told: $.payload.state.reported.signal }
  - never: { message: { topic: 'lamps/${told}/state', qos: 0 } }
  - expect-count: { of: { message: { topic: 'lamps/${told}/state' } }, exactly: 1 }
";

#[test]
fn what_a_device_publishes_is_a_message_behind_its_request() {
    let outcome = run_publisher(&format!("{HEAD}{REPORTED}"));
    assert_eq!(outcome.verdict, Verdict::Passed);
    let entries = outcome.log.entries();
    let at = entries.iter().position(|entry| matches!(entry.event, Event::Message(_)));
    let at = at.expect("there is a message");
    let Event::Request(request) = &entries[at - 1].event else { panic!("{entries:?}") };
    assert_eq!(request.short(), "POST /topics/lamps/1/state?qos=1&retain=true");
    let [message] = messages(&outcome.log).try_into().expect("it published once");
    assert_eq!((message.payload.as_str(), message.by), (request.body.as_str(), Party::Device));
    assert_eq!((message.topic.as_str(), message.qos, message.retain), ("lamps/1/state", 1, true));
}

#[test]
fn what_the_cloud_did_not_take_is_no_message() {
    for (refusal, status) in [
        ("fault: { status: 503 }\n    after: 1", Some(503)),
        ("fault: { reset: true }\n    after: 1", None),
        ("clock: { skew: 1d }", Some(403)),
    ] {
        let steps = format!(
            "steps:\n  - expect-request: GET shadow\n    within: 20s\n  - set-desired: {{ signal: 1 }}\n\
             \x20 - expect-cycle: {{}}\n    within: 20s\n  - {refusal}\n  - expect-sleep: {{}}\n    within: 90s\n\
             \x20 - never: {{ message: {{ topic: '#' }} }}\n"
        );
        let outcome = run_publisher(&format!("{HEAD}{steps}"));
        assert_eq!(outcome.verdict, Verdict::Passed, "{refusal}");
        let answered = |entry: &shadowrig::engine::Entry| match &entry.event {
            Event::Answer(answer) => answer.status == status,
            _ => false,
        };
        assert!(outcome.log.entries().iter().any(answered), "{refusal}: {:?}", outcome.log);
    }
}

#[test]
fn an_invariant_is_held_against_messages_and_pins() {
    let invariants = |rule: &str| {
        let text = format!("{HEAD}invariants:\n  - {{ name: mine, {rule} }}\n{REPORTED}");
        matches!(run_publisher(&text).verdict, Verdict::Failed(_))
    };
    assert!(invariants("never: { message: { topic: lamps/1/state } }"));
    assert!(!invariants("never: { message: { topic: lamps/2/state } }"));
    assert!(invariants("never: { pin: { pin: led, value: 1 } }"));
    assert!(!invariants("never: { pin: { pin: motor } }"));
    let at_most = |count: u8| {
        format!("at-most: {{ count: {count}, of: {{ message: {{ topic: lamps/# }} }}, per: wake }}")
    };
    assert!(invariants(&at_most(0)) && !invariants(&at_most(1)));
}

#[test]
fn what_is_published_is_recorded_and_replayed() {
    let published = "  - publish: { topic: lamps/1/cmd, payload: { go: '$${x}' }, qos: 1, retain: true }\n\
                     \x20 - publish: { topic: $aws/things/thing-1/shadow/update, payload: { state: { desired: { signal: 2 } } } }\n\
                     \x20 - expect-message: { topic: lamps/1/state, payload: { state: { reported: { signal: 2 } } } }\n    within: 40s\n\
                     \x20 - expect-cycle: {}\n    within: 20s\n";
    let outcome = run_publisher(&format!("{HEAD}{REPORTED}{published}"));
    assert_eq!(outcome.verdict, Verdict::Passed);
    let plan = parse(&format!("{HEAD}steps: [wake: pin]\n"), "publisher").plans.remove(0);
    let written = written(&Start::of(&plan), "sim", &outcome.log);
    insta::assert_snapshot!("recorded-messages", written.text);
    let again = run_publisher(&written.text);
    assert_eq!(again.verdict, Verdict::Passed, "{}", written.text);
    let (equal, different, _) = replay(&outcome.log, None).counts();
    assert!(equal > 3 && different == 0, "{equal} {different}");
}

/// A device that a test plays: the program tells its endpoint, and each line that comes on its console, through a pipe.
const DEVICE: &str = "echo 'wake: power-on'\nexec 3> told\necho \"$SHADOWRIG_ENDPOINT\" >&3\n\
                      while read -r line; do echo \"$line\" >&3; done\n";

/// Asks the cloud at an address, and gives its answer.
fn ask(address: &str, method: &str, target: &str, body: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let headers = vec![
        Header::new("Host", address),
        Header::new("Connection", "close"),
        Header::new("Content-Length", body.len().to_string()),
    ];
    let request = Request {
        method: method.to_owned(),
        target: target.to_owned(),
        version: HttpVersion::Http11,
        headers,
        body: body.into(),
    };
    let at = UnixMillis(i64::try_from(since.as_millis()).expect("it fits"));
    let mut stream = TcpStream::connect(address).expect("the cloud listens");
    stream.write_all(&signed(request, at)).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

/// Publishes at once; on each line of its console it fetches what the topic of its commands keeps and publishes that.
fn play(pipe: &Path) {
    let mut lines = BufReader::new(File::open(pipe).expect("the pipe is there")).lines();
    let endpoint = lines.next().expect("it tells").expect("it is text");
    let address = endpoint.strip_prefix("http://").expect("it is without TLS");
    ask(address, "POST", "/topics/lamps/1/state?qos=1", r#"{"lit":false}"#);
    for line in lines.map_while(Result::ok) {
        let kept = ask(address, "GET", &format!("/retainedMessage/{line}"), "");
        let kept = kept.split("\r\n\r\n").nth(1).unwrap_or_default();
        ask(address, "POST", "/topics/lamps/1/echo?retain=true", kept);
    }
}

const IN_REAL_TIME: &str = "version: 1
name: a program publishes
steps:
  - expect-message: { topic: lamps/+/state, payload: { lit: false }, qos: 1, retain: false }
    within: 60s
  - publish: { topic: lamps/1/cmd, payload: { lit: true }, qos: 1, retain: true }
  - write-console: \"lamps/1/cmd\\n\"
  # The content is base64 of what was published.
  - expect-message: { topic: lamps/1/echo, payload: { topic: lamps/1/cmd, qos: 1, payload: eyJsaXQiOnRydWV9 }, retain: true }
    within: 60s
  - set-desired: { lit: true }
  - expect-message: { topic: $aws/things/lamp/shadow/update/delta, payload: { state: { lit: true } } }
    within: 60s
";

#[test]
fn a_program_publishes_and_fetches_what_is_retained_for_it() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path();
    fs::write(path.join("case.yaml"), IN_REAL_TIME).expect("it can be written");
    fs::write(path.join("device.sh"), DEVICE).expect("it can be written");
    let made = Command::new("mkfifo").arg(path.join("told")).status();
    assert!(made.expect("mkfifo is there").success());
    // Not waited for: where no device is started, nobody ever opens the pipe.
    let pipe = path.join("told");
    thread::spawn(move || play(&pipe));
    let device = format!("sh -c 'cd {} && exec sh device.sh'", path.display());
    let words = ["run", "case.yaml", "--board", "process", "--thing-name", "lamp", "--out", "out"];
    let output = shadowrig(path, &[&words[..], &["--command", &device]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let log = path.join("out/001-a-program-publishes/events.jsonl");
    let log = events::parse(&fs::read_to_string(log).expect("it is written"));
    let told = messages(&log.expect("it reads back"));
    let told: Vec<_> =
        told.iter().map(|message| format!("{} {}", message.by.word(), message.topic)).collect();
    let shadow = |end: &str| format!("cloud $aws/things/lamp/shadow/update/{end}");
    let expected = ["device lamps/1/state", "rig lamps/1/cmd", "device lamps/1/echo"]
        .map(str::to_owned)
        .into_iter()
        .chain(["delta", "documents", "accepted"].map(shadow));
    assert_eq!(told, expected.collect::<Vec<_>>());
}
