//! The thing on this board: its console, its sensors and its network.

use std::collections::VecDeque;

use thing::{Actuator, Config, Input, Kind, Lent, Output, Sensor, Thing, WakeCause, Workspace};

use super::endpoint;
use super::provisioning::Provisioning;
use super::sensors::Sensors;
use crate::io::Ask;
use crate::time::Moment;

/// Turns of one call: a thing that asked and was answered this often without waiting is broken.
const TURNS_MAX: usize = 64;

/// What the program hears.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Told {
    Wake { cause: WakeCause, kept: Vec<u8> },
    NetworkUp,
    Time { unix_ms: u64 },
    NoTime,
    Connected,
    ConnectFailed(String),
    Received(Vec<u8>),
    Closed,
    Reset,
    Sample { sensor: Sensor, value: Option<i32> },
    Typed(Vec<u8>),
    Tick,
}

/// What the program wants of the board.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Want {
    Console(String),
    Network(Ask),
    Drive(Actuator),
    JoinNetwork,
    Persist(Vec<u8>),
    Sleep { seconds: u32 },
}

/// How the network is joined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Join {
    /// It is there when it is asked for.
    AtOnce,
    /// The board says when it is there.
    Later,
}

/// A running program.
#[derive(Debug)]
pub(crate) struct App {
    thing: Thing,
    workspace: Box<Workspace>,
    provisioning: Provisioning,
    join: Join,
    started_at: Moment,
}

impl App {
    /// A program that starts now, on a board whose network is there at once or takes its time.
    pub(crate) fn new(
        kind: &'static Kind,
        provisioning: Provisioning,
        join: Join,
        now: Moment,
    ) -> Self {
        let thing = Thing::new(kind);
        Self { thing, workspace: Box::default(), provisioning, join, started_at: now }
    }

    /// When [`Told::Tick`] is due.
    pub(crate) fn wake_at(&self) -> Option<Moment> {
        let millis = self.thing.wake_at()?.0;
        let micros = millis.saturating_mul(1000).saturating_add(self.started_at.micros);
        Some(Moment { micros })
    }

    /// Takes what happened and gives all that the program wants. What the board knows by itself, the
    /// sensors and a network that is there, is answered here.
    pub(crate) fn handle(&mut self, now: Moment, told: Told, sensors: &Sensors) -> Vec<Want> {
        let mut inbox = VecDeque::from([told]);
        let mut wants = Vec::new();
        for _ in 0..TURNS_MAX {
            let Some(told) = inbox.pop_front() else {
                break;
            };
            for output in self.turn(now, &told) {
                match output {
                    Asked::Board(Want::JoinNetwork) if self.join == Join::AtOnce => {
                        inbox.push_back(Told::NetworkUp);
                    }
                    Asked::Sample(sensor) => {
                        let value = sensors.read(sensor);
                        inbox.push_back(Told::Sample { sensor, value });
                    }
                    Asked::Time => wants.push(Want::Network(endpoint::date(&self.provisioning))),
                    Asked::Connect => match endpoint::connect(&self.provisioning) {
                        Ok(ask) => wants.push(Want::Network(ask)),
                        Err(reason) => inbox.push_back(Told::ConnectFailed(reason.to_owned())),
                    },
                    Asked::Board(want) => wants.push(want),
                }
            }
        }
        wants
    }

    fn turn(&mut self, now: Moment, told: &Told) -> Vec<Asked> {
        let host = endpoint::host(&self.provisioning).unwrap_or_else(|| "localhost".into());
        let told_or = |field: &'_ Option<String>, default: &str| -> String {
            field.clone().unwrap_or_else(|| default.to_owned())
        };
        let settings = &self.provisioning;
        let [thing_name, host, region, access_key_id, secret_access_key] = [
            told_or(&settings.thing_name, "thing-1"),
            told_or(&settings.host, &host),
            told_or(&settings.region, "us-east-1"),
            told_or(&settings.access_key_id, ""),
            told_or(&settings.secret_access_key, ""),
        ];
        let config = Config {
            thing_name: &thing_name,
            shadow_name: settings.shadow_name.as_deref(),
            host: &host,
            region: &region,
            access_key_id: &access_key_id,
            secret_access_key: &secret_access_key,
            session_token: settings.session_token.as_deref(),
        };
        let lent = Lent { config: &config, workspace: &mut self.workspace };
        let instant = thing::Instant(now.since(self.started_at).as_millis() as u64);
        let mut asked = Vec::new();
        self.thing.handle(lent, instant, told.input(), &mut |output| asked.push(output.into()));
        asked
    }
}

/// What the thing asks for, with bytes of its own.
#[derive(Debug)]
enum Asked {
    Sample(Sensor),
    Connect,
    Time,
    Board(Want),
}

impl From<Output<'_>> for Asked {
    fn from(output: Output<'_>) -> Self {
        Self::Board(match output {
            Output::Sample(sensor) => return Self::Sample(sensor),
            Output::Connect => return Self::Connect,
            Output::BringUpNetwork => Want::JoinNetwork,
            Output::Console(line) => Want::Console(line.to_owned()),
            Output::AskTime => return Self::Time,
            Output::Send(bytes) => Want::Network(Ask::Send(bytes.to_vec())),
            Output::Disconnect => Want::Network(Ask::Disconnect),
            Output::Drive(actuator) => Want::Drive(actuator),
            Output::Persist(bytes) => Want::Persist(bytes.to_vec()),
            Output::Sleep { seconds } => Want::Sleep { seconds },
        })
    }
}

impl Told {
    fn input(&self) -> Input<'_> {
        match self {
            Self::Wake { cause, kept } => Input::Wake { cause: *cause, state: kept },
            Self::NetworkUp => Input::NetworkUp,
            Self::Time { unix_ms } => Input::Time { unix_ms: *unix_ms },
            Self::NoTime => Input::NoTime,
            Self::Connected => Input::Connected,
            Self::ConnectFailed(reason) => Input::ConnectFailed(reason),
            Self::Received(bytes) => Input::Received(bytes),
            Self::Closed => Input::Closed,
            Self::Reset => Input::Reset,
            Self::Sample { sensor, value } => Input::Sample { sensor: *sensor, value: *value },
            Self::Typed(bytes) => Input::Typed(bytes),
            Self::Tick => Input::Tick,
        }
    }
}
