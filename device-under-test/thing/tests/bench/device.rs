//! One device in virtual time, and what was seen of each of its wakes.

use std::collections::VecDeque;

use super::cloud::{Cloud, Ending, Reply, Request};
use thing::{
    Actuator, Config, Input, Instant, Kind, Lent, Motor, Output, Sensor, Switch, Thing, WakeCause,
    Workspace,
};

/// More outputs than any wake has: a shade that moves for 74 s reads its current 15,000 times.
const OUTPUTS_MAX: usize = 60_000;

/// 2019-04-28T12:34:56Z, the moment of the worked example.
pub(crate) const START_UNIX_MS: u64 = 1_556_454_896_000;

pub(crate) const CONFIG: Config<'_> = Config {
    thing_name: "id-1",
    shadow_name: None,
    host: "a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com",
    region: "us-east-1",
    access_key_id: "AKIDEXAMPLE",
    secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    session_token: None,
};

/// What the surroundings of the device do, other than the server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) network_silent: bool,
    pub(crate) network_down: bool,
    pub(crate) time_silent: bool,
    pub(crate) time_missing: bool,
    pub(crate) connect_silent: bool,
    pub(crate) connect_refused: bool,
}

/// What was seen of one wake.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) console: Vec<String>,
    pub(crate) requests: Vec<Request>,
    pub(crate) lights: usize,
    pub(crate) motor: Vec<Motor>,
    pub(crate) persisted: Vec<Vec<u8>>,
    /// Seconds of the sleep that ended the wake; `None` when the power was cut.
    pub(crate) sleep_s: Option<u32>,
    pub(crate) awake_ms: u64,
    pub(crate) outputs: usize,
}

impl Seen {
    pub(crate) fn has_line(&self, line: &str) -> bool {
        self.console.iter().any(|seen| seen == line)
    }

    pub(crate) fn methods(&self) -> Vec<&str> {
        self.requests.iter().map(|request| request.method.as_str()).collect()
    }

    /// The `reported` section of the last POST, `null` when there was none.
    pub(crate) fn report(&self) -> serde_json::Value {
        let post = self.requests.iter().rfind(|request| request.method == "POST");
        post.map_or(serde_json::Value::Null, |post| post.json()["state"]["reported"].clone())
    }

    pub(crate) fn status(&self) -> Option<String> {
        self.report()["status"].as_str().map(str::to_owned)
    }

    pub(crate) fn has_error(&self) -> bool {
        self.console.iter().any(|line| line.starts_with("error: "))
    }

    /// The one line that tells an error, without `error: `.
    pub(crate) fn error(&self) -> &str {
        let mut errors = self.console.iter().filter_map(|line| line.strip_prefix("error: "));
        let error = errors.next().unwrap_or("");
        assert_eq!(errors.next(), None);
        error
    }
}

/// One device on its bench.
pub(crate) struct Bench {
    pub(crate) kind: &'static Kind,
    pub(crate) config: Config<'static>,
    pub(crate) cloud: Cloud,
    pub(crate) trouble: Trouble,
    /// What the device keeps across sleeps.
    pub(crate) kept: Vec<u8>,
    /// Answers are handed over in pieces of this size.
    pub(crate) piece_bytes: usize,
    /// Each piece arrives this long after the one before.
    pub(crate) piece_every_ms: u64,
    /// What each sensor says; `None` for one that does not answer at all.
    pub(crate) sensors: fn(Sensor, u64) -> Option<Option<i32>>,
    /// The power is cut instead of this output, counted from the wake.
    pub(crate) cut_at: Option<usize>,
    pub(crate) cause: WakeCause,
    thing: Thing,
    workspace: Box<Workspace>,
    now_ms: u64,
}

/// A device that was just unpacked, and a shadow that nobody wrote to.
pub(crate) fn bench(kind: &'static Kind) -> Bench {
    Bench {
        kind,
        config: CONFIG,
        cloud: Cloud::new(),
        trouble: Trouble::default(),
        kept: Vec::new(),
        piece_bytes: 1460,
        piece_every_ms: 0,
        sensors: |sensor, _| {
            Some(Some(match sensor {
                Sensor::BatteryVoltage | Sensor::BusVoltage => 3900,
                Sensor::MotorCurrent => 50,
                Sensor::Temperature => 21_400,
            }))
        },
        cut_at: None,
        cause: WakeCause::Timer,
        thing: Thing::new(kind),
        workspace: Box::default(),
        now_ms: 0,
    }
}

/// A signal thing that has reported all that is desired and has slept once.
pub(crate) fn bench_settled(desired: serde_json::Value) -> Bench {
    let mut bench = bench(&thing::SIGNAL);
    bench.cloud.desire(desired);
    for _ in 0..8 {
        if bench.wake().methods() == ["GET"] {
            return bench;
        }
    }
    panic!("the device never came to rest");
}

impl Bench {
    pub(crate) fn unix_ms(&self) -> u64 {
        START_UNIX_MS + self.now_ms
    }

    pub(crate) fn pass_s(&mut self, seconds: u64) {
        self.now_ms += seconds * 1000;
        self.cloud.now_s = self.unix_ms() / 1000;
    }

    /// Desires something one second later, and lets the device wake.
    pub(crate) fn desire_and_wake(&mut self, desired: serde_json::Value) -> Seen {
        self.pass_s(1);
        self.cloud.desire(desired);
        self.wake()
    }

    /// Lets the device wake and runs it until it sleeps or its power is cut; then its sleep passes.
    pub(crate) fn wake(&mut self) -> Seen {
        let mut seen = Seen::default();
        let started_ms = self.now_ms;
        // The memory of a chip does not survive its sleep.
        self.thing = Thing::new(self.kind);
        let kept = self.kept.clone();
        let mut inputs = VecDeque::from([Happening::Wake(kept)]);
        while seen.sleep_s.is_none() {
            let happening = self.next(&mut inputs);
            let outputs = self.handle(&happening);
            for output in outputs {
                if self.cut_at == Some(seen.outputs) {
                    self.pass_s(1);
                    return seen;
                }
                seen.outputs += 1;
                assert!(seen.outputs < OUTPUTS_MAX, "the wake never ends: {:?}", seen.console);
                self.obey(output, &mut seen, &mut inputs);
            }
        }
        assert!(self.thing.is_asleep());
        assert_eq!(self.thing.wake_at(), None);
        seen.awake_ms = self.now_ms - started_ms;
        self.pass_s(u64::from(seen.sleep_s.unwrap_or_default()));
        seen
    }

    /// What happens next: what is waiting, unless the thing is due before it arrives.
    fn next(&mut self, inputs: &mut VecDeque<Happening>) -> Happening {
        let arrives_ms = match inputs.front() {
            None => return self.next_tick(),
            Some(Happening::Received(_)) => self.now_ms + self.piece_every_ms,
            Some(_) => self.now_ms,
        };
        if self.thing.wake_at().is_some_and(|wake_at| wake_at.0 < arrives_ms) {
            return self.next_tick();
        }
        self.now_ms = arrives_ms;
        inputs.pop_front().expect("there is one in front")
    }

    fn next_tick(&mut self) -> Happening {
        let wake_at = self.thing.wake_at().expect("an awake thing always waits for something");
        assert!(wake_at.0 >= self.now_ms, "a thing waits for what lies ahead");
        self.now_ms = wake_at.0;
        self.cloud.now_s = self.unix_ms() / 1000;
        Happening::Tick
    }

    fn handle(&mut self, happening: &Happening) -> Vec<Wish> {
        let mut outputs = Vec::new();
        let lent = Lent { config: &self.config, workspace: &mut self.workspace };
        let input = happening.input(self.cause);
        self.thing.handle(lent, Instant(self.now_ms), input, &mut |output| {
            outputs.push(Wish::of(output));
        });
        outputs
    }

    fn obey(&mut self, output: Wish, seen: &mut Seen, inputs: &mut VecDeque<Happening>) {
        match output {
            Wish::Console(line) => seen.console.push(line),
            Wish::BringUpNetwork if self.trouble.network_silent => {}
            Wish::BringUpNetwork if self.trouble.network_down => inputs.push_back(Happening::Down),
            Wish::BringUpNetwork => inputs.push_back(Happening::Up),
            Wish::AskTime if self.trouble.time_silent => {}
            Wish::AskTime if self.trouble.time_missing => inputs.push_back(Happening::NoTime),
            Wish::AskTime => inputs.push_back(Happening::Time(self.unix_ms())),
            Wish::Connect if self.trouble.connect_silent => {}
            Wish::Connect if self.trouble.connect_refused => inputs.push_back(Happening::Refused),
            Wish::Connect => inputs.push_back(Happening::Connected),
            Wish::Send(bytes) => self.serve(&bytes, seen, inputs),
            Wish::Disconnect => inputs.clear(),
            Wish::Drive(Actuator::Led(light)) => seen.lights += usize::from(light == Switch::On),
            Wish::Drive(Actuator::Motor(motor)) => seen.motor.push(motor),
            Wish::Sample(sensor) => {
                if let Some(value) = (self.sensors)(sensor, self.now_ms) {
                    inputs.push_back(Happening::Sample(sensor, value));
                }
            }
            Wish::Persist(bytes) => {
                assert!(bytes.len() <= thing::STATE_BYTES_MAX);
                self.kept.clone_from(&bytes);
                seen.persisted.push(bytes);
            }
            Wish::Sleep(seconds) => seen.sleep_s = Some(seconds),
        }
    }

    fn serve(&mut self, bytes: &[u8], seen: &mut Seen, inputs: &mut VecDeque<Happening>) {
        let request = Request::parse(bytes);
        let reply = self.cloud.serve(&request);
        seen.requests.push(request);
        let Reply { bytes, ending } = reply;
        for piece in bytes.chunks(self.piece_bytes) {
            inputs.push_back(Happening::Received(piece.to_vec()));
        }
        inputs.extend(match ending {
            Ending::Close => Some(Happening::Closed),
            Ending::KeepOpen => None,
            Ending::Reset => Some(Happening::Reset),
        });
    }
}

/// An input that owns its bytes.
#[derive(Clone, Debug)]
enum Happening {
    Wake(Vec<u8>),
    Up,
    Down,
    Time(u64),
    NoTime,
    Connected,
    Refused,
    Received(Vec<u8>),
    Closed,
    Reset,
    Sample(Sensor, Option<i32>),
    Tick,
}

impl Happening {
    fn input(&self, cause: WakeCause) -> Input<'_> {
        match self {
            Self::Wake(state) => Input::Wake { cause, state },
            Self::Up => Input::NetworkUp,
            Self::Down => Input::NetworkDown("no access point"),
            Self::Time(unix_ms) => Input::Time { unix_ms: *unix_ms },
            Self::NoTime => Input::NoTime,
            Self::Connected => Input::Connected,
            Self::Refused => Input::ConnectFailed("connection refused"),
            Self::Received(bytes) => Input::Received(bytes),
            Self::Closed => Input::Closed,
            Self::Reset => Input::Reset,
            Self::Sample(sensor, value) => Input::Sample { sensor: *sensor, value: *value },
            Self::Tick => Input::Tick,
        }
    }
}

/// An output that owns its bytes.
#[derive(Clone, Debug)]
enum Wish {
    Console(String),
    BringUpNetwork,
    AskTime,
    Connect,
    Send(Vec<u8>),
    Disconnect,
    Drive(Actuator),
    Sample(Sensor),
    Persist(Vec<u8>),
    Sleep(u32),
}

impl Wish {
    fn of(output: Output<'_>) -> Self {
        match output {
            Output::Console(line) => Self::Console(line.to_owned()),
            Output::BringUpNetwork => Self::BringUpNetwork,
            Output::AskTime => Self::AskTime,
            Output::Connect => Self::Connect,
            Output::Send(bytes) => Self::Send(bytes.to_vec()),
            Output::Disconnect => Self::Disconnect,
            Output::Drive(actuator) => Self::Drive(actuator),
            Output::Sample(sensor) => Self::Sample(sensor),
            Output::Persist(bytes) => Self::Persist(bytes.to_vec()),
            Output::Sleep { seconds } => Self::Sleep(seconds),
        }
    }
}
