//! Devices with planted bugs: our thing, wrapped so that it breaks one invariant.
//!
//! Whatever they must remember across a sleep stands behind the bytes that the thing persists, as with a real bug.

use shadowrig::drive::sim::{Device, MakeDevice};
use thing::{Input, Instant, Kind, Lent, Output, Thing, WakeCause};

/// A bug by its name, with the invariant that finds it and the profile under which it shows.
pub(crate) const BUGS: &[(&str, MakeDevice, &str, &str)] = &[
    ("acts before it keeps what it is about to do", acts_first, "acts-once", "power-cuts"),
    ("takes a lost report for delivered", gives_up, "converges", "lossy"),
    ("waits for an answer without a limit", waits_forever, "falls-asleep", "rough"),
    ("sleeps longer after each error", backs_off, "sleeps-within-bounds", "throttled"),
    ("asks twice after a power cut", asks_twice, "one-get-a-wake", "power-cuts"),
];

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
    GivesUp,
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
}

fn planted(kind: &'static Kind, bug: Bug) -> Box<dyn Device> {
    let thing = Thing::new(kind);
    let (memory, failed) = (0, false);
    Box::new(Planted { thing, bug, memory, failed, kept: Vec::new(), request: Vec::new() })
}

impl Device for Planted {
    fn wake_at(&self) -> Option<Instant> {
        let waits_for_cloud = !self.request.is_empty();
        match self.bug {
            Bug::WaitsForever if waits_for_cloud => None,
            _ => self.thing.wake_at(),
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
        let Self { thing, bug, memory, failed, kept, request } = self;
        let mut fakes_answer = false;
        let asked = lent.config;
        let workspace = lent.workspace;
        let lent = Lent { config: asked, workspace: &mut *workspace };
        thing.handle(lent, now, input, &mut |output| match (*bug, output) {
            (_, Output::Persist(bytes)) => {
                *kept = bytes.to_vec();
                if *bug != Bug::ActsFirst {
                    sink(Output::Persist(&[bytes, &[*memory]].concat()));
                }
            }
            (Bug::GivesUp, Output::Send(bytes)) if *memory == 1 && bytes.starts_with(b"POST") => {
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
                if line.starts_with("error: POST") {
                    *memory = if *bug == Bug::GivesUp { 1 } else { *memory };
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

impl Planted {
    /// What the bug makes of an input.
    fn take<'a>(&mut self, input: Input<'a>) -> Input<'a> {
        match input {
            Input::Wake { cause, state } => {
                (self.failed, self.memory) = (false, 0);
                self.request.clear();
                let hidden = state.split_last().filter(|_| self.bug != Bug::ActsFirst);
                let Some((memory, state)) = hidden else { return input };
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
        Bug::GivesUp => sink(Output::Persist(&[kept.as_slice(), &[*memory]].concat())),
        Bug::AsksTwice | Bug::WaitsForever => {}
    }
    sink(Output::Sleep { seconds });
}
