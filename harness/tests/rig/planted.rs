//! Devices with planted bugs: our thing, wrapped so that it breaks one invariant.
//!
//! Whatever they must remember across a sleep stands behind the bytes that the thing persists, as with a real bug.

use shadowrig::drive::sim::{Device, MakeDevice};
use thing::{Input, Instant, Kind, Lent, Output, Thing, WakeCause};

/// A bug: its name, the device that has it, the invariant that finds it, and the profile under which it shows.
pub(crate) const BUGS: &[(&str, MakeDevice, &str, &str)] = &[
    ("acts before it keeps what it is about to do", acts_first, "acts-once", "power-cuts"),
    ("keeps its state in one place only", one_place, "acts-once", "power-cuts"),
    ("takes a lost report for delivered", gives_up, "converges", "lossy"),
    ("waits for an answer without a limit", waits_forever, "falls-asleep", "rough"),
    ("sleeps longer after each error", backs_off, "sleeps-within-bounds", "throttled"),
    ("asks twice after a power cut", asks_twice, "one-get-a-wake", "power-cuts"),
    ("reports twice after a report that failed", reports_twice, "one-post-a-wake", "lossy"),
    ("crashes at an answer that it does not understand", crashes, "no-crash", "throttled"),
    ("makes its shadow anew after a report that failed", starts_over, "versions-grow", "lossy"),
];

/// The cloud of a bug: one that forgets deleted shadows at once, so that a shadow that is made anew has its first version again.
pub(crate) fn cloud() -> fake_shadow::Settings {
    let mut settings = fake_shadow::Settings::default();
    settings.limits.tombstone_life = std::time::Duration::ZERO;
    settings
}

/// Keeps its state where the old one stands, so that a power cut can leave a part of each.
fn one_place(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::OnePlace)
}

/// Sends its report a second time in the next wake.
fn reports_twice(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::ReportsTwice)
}

/// Crashes where it should tell an error.
fn crashes(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::Crashes)
}

/// Deletes its shadow before it reports the next time.
fn starts_over(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::StartsOver)
}

/// Keeps its state only at the end of a wake, so that a power cut makes it act a second time.
fn acts_first(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::ActsFirst)
}

/// Once a report failed, it never reports again.
fn gives_up(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::GivesUp)
}

/// Has no time-outs.
fn waits_forever(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::WaitsForever)
}

/// Sleeps twice as long after each failure in a row, without a bound.
fn backs_off(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::BacksOff)
}

/// Sends its first request twice when it finds its state after a power cut.
fn asks_twice(kind: &'static Kind) -> Box<dyn Device> {
    planted(kind, Bug::AsksTwice)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bug {
    ActsFirst,
    AsksTwice,
    BacksOff,
    Crashes,
    GivesUp,
    OnePlace,
    ReportsTwice,
    StartsOver,
    WaitsForever,
}

#[derive(Debug)]
struct Planted {
    thing: Thing,
    bug: Bug,
    /// What the bug remembers; it is kept behind the state.
    memory: u8,
    failed: bool,
    kept: Vec<u8>,
    request: Vec<u8>,
    has_crashed: bool,
}

fn planted(kind: &'static Kind, bug: Bug) -> Box<dyn Device> {
    let thing = Thing::new(kind);
    let (memory, failed) = (0, false);
    let (kept, request, has_crashed) = (Vec::new(), Vec::new(), false);
    Box::new(Planted { thing, bug, memory, failed, kept, request, has_crashed })
}

impl Device for Planted {
    fn wake_at(&self) -> Option<Instant> {
        let waits_for_cloud = !self.request.is_empty();
        match self.bug {
            Bug::WaitsForever if waits_for_cloud => None,
            _ => self.thing.wake_at(),
        }
    }

    fn has_crashed(&self) -> bool {
        self.has_crashed
    }

    fn torn(&self, old: &[u8], new: &[u8]) -> Vec<u8> {
        match self.bug {
            Bug::OnePlace => {
                let written = new.len() / 2;
                let rest = old.get(written..).unwrap_or_default();
                [&new[..written], rest].concat()
            }
            _ => old.to_vec(),
        }
    }

    fn handle(
        &mut self,
        lent: Lent<'_>,
        now: Instant,
        input: Input<'_>,
        sink: &mut dyn FnMut(Output<'_>),
    ) {
        let input = self.take(input);
        let Self { thing, bug, memory, failed, kept, request, has_crashed } = self;
        let mut fakes_answer = false;
        let asked = lent.config;
        let workspace = lent.workspace;
        let lent = Lent { config: asked, workspace: &mut *workspace };
        thing.handle(lent, now, input, &mut |output| match (*bug, output) {
            _ if *has_crashed => {}
            (Bug::Crashes, Output::Console(line)) if line.starts_with("error: GET") => {
                *has_crashed = true;
            }
            (Bug::ReportsTwice, Output::Send(bytes)) if *memory == 1 && is_report(bytes) => {
                *memory = 0;
                sink(output);
                sink(output);
            }
            (Bug::StartsOver, Output::Send(bytes)) if *memory == 1 && is_report(bytes) => {
                *memory = 0;
                sink(Output::Send(&deletion(bytes, asked)));
                sink(output);
            }
            (_, Output::Persist(bytes)) => {
                *kept = bytes.to_vec();
                if *bug != Bug::ActsFirst {
                    sink(Output::Persist(&[bytes, &[*memory]].concat()));
                }
            }
            (Bug::GivesUp, Output::Send(bytes)) if *memory == 1 && is_report(bytes) => {
                fakes_answer = true;
            }
            (_, Output::Send(bytes)) => {
                if *bug == Bug::AsksTwice && *failed && bytes.starts_with(b"GET") {
                    sink(output);
                }
                *request = bytes.to_vec();
                sink(output);
            }
            (_, Output::Disconnect) => {
                request.clear();
                sink(output);
            }
            (_, Output::Console(line)) => {
                if line.starts_with("error: POST") && bug.remembers_reports() {
                    *memory = 1;
                }
                *failed |= line.starts_with("error");
                sink(output);
            }
            (_, Output::Sleep { seconds }) => sleep(*bug, (memory, failed, kept), seconds, sink),
            _ => sink(output),
        });
        if fakes_answer {
            let lent = Lent { config: asked, workspace };
            let answer = Input::Received(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
            self.handle(lent, now, answer, sink);
        }
    }
}

impl Bug {
    /// Whether it remembers that a report failed.
    const fn remembers_reports(self) -> bool {
        matches!(self, Self::GivesUp | Self::ReportsTwice | Self::StartsOver)
    }
}

fn is_report(bytes: &[u8]) -> bool {
    bytes.starts_with(b"POST")
}

/// A signed request to delete the shadow that a report is about, with the report's host and date.
fn deletion(report: &[u8], config: &thing::Config<'_>) -> Vec<u8> {
    use fake_shadow::sigv4::parse::Scope;
    use fake_shadow::sigv4::signing_key::{signature, signing_key, string_to_sign};
    use sha2::{Digest as _, Sha256};
    let hex = |text: &str| {
        Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let text = String::from_utf8_lossy(report);
    let header = |name: &str| {
        let mut pairs = text.lines().filter_map(|line| line.split_once(": "));
        let found = pairs.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.trim())
    };
    let (host, date) = (header("host"), header("x-amz-date"));
    let scope = Scope {
        access_key_id: config.access_key_id,
        date: &date[..8],
        region: config.region,
        service: "iotdata",
        terminator: "aws4_request",
    };
    let path = format!("/things/{}/shadow", config.thing_name);
    let canonical =
        format!("DELETE\n{path}\n\nhost:{host}\nx-amz-date:{date}\n\nhost;x-amz-date\n{}", hex(""));
    let key = signing_key(config.secret_access_key, &scope);
    let signature = signature(&key, &string_to_sign(date, &scope, &hex(&canonical)));
    format!(
        "DELETE {path} HTTP/1.1\r\nHost: {host}\r\nX-Amz-Date: {date}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={}/{}/{}/iotdata/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={signature}\r\n\r\n",
        config.access_key_id,
        &date[..8],
        config.region
    )
    .into_bytes()
}

impl Planted {
    /// What the bug makes of an input.
    fn take<'a>(&mut self, input: Input<'a>) -> Input<'a> {
        match input {
            Input::Wake { cause, state } => {
                (self.failed, self.memory, self.has_crashed) = (false, 0, false);
                self.request.clear();
                let hidden = state.split_last().filter(|_| self.bug != Bug::ActsFirst);
                let Some((memory, state)) = hidden else {
                    self.kept = state.to_vec();
                    return input;
                };
                self.memory = *memory;
                self.failed = self.bug == Bug::AsksTwice && cause == WakeCause::PowerOn;
                self.kept = state.to_vec();
                Input::Wake { cause, state }
            }
            _ => input,
        }
    }
}

fn sleep(
    bug: Bug,
    (memory, failed, kept): (&mut u8, &mut bool, &mut Vec<u8>),
    seconds: u32,
    sink: &mut dyn FnMut(Output<'_>),
) {
    match bug {
        Bug::ActsFirst => sink(Output::Persist(kept)),
        Bug::BacksOff => {
            *memory = if *failed { memory.saturating_add(1).min(8) } else { 0 };
            sink(Output::Persist(&[kept.as_slice(), &[*memory]].concat()));
            return sink(Output::Sleep { seconds: seconds << *memory });
        }
        bug if bug.remembers_reports() => {
            sink(Output::Persist(&[kept.as_slice(), &[*memory]].concat()));
        }
        _ => {}
    }
    sink(Output::Sleep { seconds });
}
