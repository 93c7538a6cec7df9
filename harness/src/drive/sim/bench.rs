//! One device, its cloud and the network between them.
//!
//! Everything that is to happen stands in one queue, in the order of its time; what belongs to a chip that was reset or to a
//! connection that is gone is dropped when its turn comes.

use std::collections::BTreeMap;

use fake_shadow::fault::{Faulty, WifiFlaw};
use fake_shadow::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use fake_shadow::{FakeShadow, Settings};
use thing::{Config, Input, Lent, WakeCause};

use super::accept::{joined, met_event, time_told};
use super::chip::Chip;
use super::current::SimMeter;
use super::device::{self, MakeDevice, Told, Want};
use super::due::{CloudAct, Due};
use super::timing::{ONE_WAY, chip_time, moment_of, true_time};
use crate::drive::bench::{Bench, Facts, NO_NVS};
use crate::drive::cloud_side::CloudSide;
use crate::drive::host_command;
use crate::engine::action::StateCutOrder;
use crate::engine::{Action, ActionError, Event};
use crate::scenario::plan::{CloudKind, Plan};
use crate::scenario::top::NEEDS;
use crate::time::Moment;

/// The name of the simulated thing.
const THING_NAME: &str = "thing-1";

/// The endpoint that it asks.
const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com";

/// The simulated bench.
#[derive(Debug)]
pub struct SimBench {
    pub(super) chip: Chip,
    pub(super) make: MakeDevice,
    pub(super) cloud: Faulty,
    pub(super) side: CloudSide,
    /// What is to happen, by its time and the order in which it was decided.
    queue: BTreeMap<(Moment, u64), Due>,
    last_due: u64,
    pub(super) connection: Option<Connection>,
    last_connection: u64,
    /// The latest connection that the cloud accepted and does not read from.
    pub(super) unread: Option<u64>,
    pub(super) last_request: u64,
    /// Power cuts that wait for a write of the state.
    pub(super) state_cuts: Vec<StateCutOrder>,
    pub(super) meter: Option<SimMeter>,
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) id: u64,
    /// Whether the cloud's side of it has ended.
    pub(super) ended: bool,
}

impl SimBench {
    /// A bench whose chance comes from a seed: equal seeds give equal runs to the byte.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of(seed, device::thing)
    }

    /// The same bench with another device on it.
    #[must_use]
    pub fn of(seed: u64, make: MakeDevice) -> Self {
        let cloud = FakeShadow::new(Settings { seed, ..Settings::default() });
        Self {
            chip: Chip::new(make),
            make,
            cloud: Faulty::new(cloud),
            side: CloudSide::new(THING_NAME),
            queue: BTreeMap::new(),
            last_due: 0,
            connection: None,
            last_connection: 0,
            unread: None,
            last_request: 0,
            state_cuts: Vec::new(),
            meter: None,
        }
    }

    /// The same with the cloud that a case asks for; to be said before anything else.
    #[must_use]
    pub fn for_plan(mut self, plan: &Plan) -> Self {
        let seed = self.cloud.cloud().settings().seed;
        self.cloud = Faulty::new(FakeShadow::new(plan.settings(seed)));
        self
    }

    pub(super) fn at(&mut self, at: Moment, due: Due) {
        self.last_due += 1;
        self.queue.insert((at, self.last_due), due);
    }

    /// Hands an input to the thing and takes in all that it wants.
    pub(super) fn tell(&mut self, now: Moment, input: Input<'_>) -> Vec<Event> {
        let shadow_name = self.chip.shadow_name.clone();
        let config = Config {
            thing_name: THING_NAME,
            shadow_name: shadow_name.as_deref(),
            host: HOST,
            region: fake_shadow::settings::DEFAULT_REGION,
            access_key_id: TEST_ACCESS_KEY_ID,
            secret_access_key: TEST_SECRET_ACCESS_KEY,
            session_token: None,
        };
        let mut wants = Vec::new();
        let chip = &mut self.chip;
        let lent = Lent { config: &config, workspace: &mut chip.workspace };
        let instant = chip_time(chip.born_at, now);
        chip.device.handle(lent, instant, input, &mut |output| wants.push(Want::from(output)));
        let mut events = Vec::new();
        for want in wants {
            events.extend(self.obey(now, want));
            // The power was cut at what it wanted.
            if !self.chip.powered {
                return events;
            }
        }
        if self.chip.device.has_crashed() {
            events.extend(self.crash(now));
        }
        events
    }

    fn obey(&mut self, now: Moment, want: Want) -> Vec<Event> {
        let life = self.chip.life;
        match want {
            Want::Console(line) => return vec![Event::Console { line }],
            Want::Connect => {
                self.last_connection += 1;
                let id = self.last_connection;
                self.connection = Some(Connection { id, ended: false });
                return self.connect(now, id);
            }
            Want::Disconnect => return self.drop_connection(),
            Want::Drive(actuator) => return self.chip.pins.drive(actuator).into_iter().collect(),
            Want::Persist(bytes) => return self.keep(now, bytes),
            Want::Send(bytes) => {
                if let Some(connection) = &self.connection {
                    let act = CloudAct::Request(bytes);
                    let due = Due::Cloud { connection: connection.id, act };
                    self.at(now.after(ONE_WAY), due);
                }
            }
            Want::Sleep(length) => {
                self.chip.asleep = true;
                let mut events = self.drop_connection();
                self.at(now.after(length), Due::SleepOver { life });
                events.push(Event::Sleep { announced: Some(length) });
                return events;
            }
            Want::Tell(what, after) => {
                self.chip.radio |= matches!(what, Told::NetworkUp);
                self.at(now.after(after), Due::Told { life, what });
            }
        }
        Vec::new()
    }

    fn happen(&mut self, now: Moment, due: Due) -> Vec<Event> {
        match due {
            Due::Booted { life, cause } if self.is_alive(life) => {
                let state = self.chip.state.clone();
                self.chip.listens = true;
                self.tell(now, Input::Wake { cause, state: &state })
            }
            // What was sent arrives, whatever has become of the sender.
            Due::Cloud { connection, act: CloudAct::Request(bytes) } => {
                self.request(now, connection, &bytes)
            }
            Due::Cloud { connection, act } if self.is_open(connection) => {
                self.cloud_act(now, connection, act)
            }
            Due::PowerOn => self.power_on(now),
            Due::SleepOver { life } if self.is_alive(life) => {
                let mut events = self.end_life(now);
                events.push(self.begin_life(now, WakeCause::Timer));
                events
            }
            Due::Told { life, what } if self.is_alive(life) => self.told(now, what),
            Due::Wire { connection, what } if self.is_open(connection) => self.wire(now, &what),
            Due::Booted { .. }
            | Due::Cloud { .. }
            | Due::SleepOver { .. }
            | Due::Told { .. }
            | Due::Wire { .. } => Vec::new(),
        }
    }

    fn is_open(&self, id: u64) -> bool {
        self.connection.as_ref().is_some_and(|connection| connection.id == id)
    }

    fn told(&mut self, now: Moment, what: Told) -> Vec<Event> {
        match what {
            Told::NetworkUp => {
                let met = self.cloud.radio(true_time(now), WifiFlaw::Drop);
                let told = self.tell(now, joined(met));
                met.map(met_event).into_iter().chain(told).collect()
            }
            Told::Sample(sensor) => {
                let value = Some(self.chip.pins.reading(sensor));
                self.tell(now, Input::Sample { sensor, value })
            }
            Told::Time => {
                let at = true_time(now);
                let met = self.cloud.time(at);
                let mut events: Vec<_> =
                    met.map(|(fault, ..)| met_event(fault)).into_iter().collect();
                if let Some(input) = time_told(at, met.map(|(_, flaw, for_ms)| (flaw, for_ms))) {
                    events.extend(self.tell(now, input));
                }
                events
            }
        }
    }

    fn do_action(&mut self, now: Moment, action: &Action) -> Result<Vec<Event>, ActionError> {
        match action {
            Action::Brownout { to_mv, length } => {
                let sag = Event::Brownout { to_mv: *to_mv, length: *length };
                Ok([vec![sag], self.sag(now, *to_mv)].concat())
            }
            Action::CutAtStateWrite(order) => {
                self.state_cuts.push(*order);
                Ok(Vec::new())
            }
            Action::Flash(firmware) => self.flash(now, firmware),
            Action::Measure => {
                self.measure(now);
                Ok(Vec::new())
            }
            Action::Power(order) => Ok(self.power(now, *order)),
            Action::Reset => self.reset(now),
            Action::RunCommand(order) => host_command::run(order),
            Action::SetPin { pin, value } => self.set_pin(now, pin, *value),
            Action::Wake => self.wake(now),
            Action::WriteConsole { text } => self.typed(now, text),
            Action::ArmFault(_)
            | Action::ClearFaults
            | Action::Clock(_)
            | Action::DeleteShadow { .. }
            | Action::HearShadow
            | Action::Publish(_)
            | Action::SetShadow { .. }
            | Action::UpdateShadow { .. } => {
                self.side.perform(&mut self.cloud, true_time(now), action)
            }
        }
    }

    /// Somebody types on the console. A chip that sleeps, or has not booted yet, hears nothing.
    fn typed(&mut self, now: Moment, text: &str) -> Result<Vec<Event>, ActionError> {
        if !self.chip.powered {
            return Err(ActionError::new("write on the device's console", "it has no power")
                .help("restore its power first"));
        }
        match self.chip.listens {
            true => Ok(self.tell(now, Input::Typed(text.as_bytes()))),
            false => Ok(Vec::new()),
        }
    }

    fn go_on(&mut self, now: Moment) -> Vec<Event> {
        self.side.expire(&mut self.cloud, true_time(now));
        // One thing at a time, so that the engine may act between two that have the same time.
        let first = self.queue.keys().next().copied().filter(|(at, _)| *at <= now);
        if let Some(due) = first.and_then(|key| self.queue.remove(&key)) {
            return self.happen(now, due);
        }
        if self.thing_wake_at().is_some_and(|at| at <= now) {
            return self.tell(now, Input::Tick);
        }
        Vec::new()
    }
}

impl Bench for SimBench {
    fn facts(&self) -> Facts {
        Facts {
            board: "sim".into(),
            chip: None,
            can: NEEDS.to_vec(),
            cloud: CloudKind::Fake,
            cannot: vec![NO_NVS],
        }
    }

    fn began_ms(&self) -> i64 {
        super::timing::EPOCH.0
    }

    fn perform(&mut self, now: Moment, action: &Action) -> Result<Vec<Event>, ActionError> {
        self.metered(now, |bench| bench.do_action(now, action))
    }

    fn wake_at(&self) -> Option<Moment> {
        let queued = self.queue.keys().next().map(|(at, _)| *at);
        let expiry = self.side.wake_at().map(moment_of);
        [queued, expiry, self.thing_wake_at(), self.meter_wake_at()].into_iter().flatten().min()
    }

    fn advance(&mut self, now: Moment) -> Vec<Event> {
        // Nothing that happens by itself is refused.
        self.metered(now, |bench| Ok(bench.go_on(now))).unwrap_or_default()
    }
}
