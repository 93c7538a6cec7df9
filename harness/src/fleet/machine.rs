//! The machine: what is to happen next, happens.

use std::time::Duration;

use fake_shadow::FakeShadow;
use fake_shadow::fault::Faulty;
use fake_shadow::settings::{TEST_ACCESS_KEY_ID, TEST_SECRET_ACCESS_KEY};
use fake_shadow::shadow::ShadowId;
use thing::{Config, Input, Lent, WakeCause};

use super::chance::mix;
use super::incident::{Incident, Met};
use super::member::{After, Awake, Member, Obey};
use super::network::Network;
use super::part::{ByNumber, Part};
use super::profile::Profile;
use super::queue::{Due, Item, Queue};
use super::settings::Settings;
use super::tally::Tally;
use crate::drive::sim::device::{Told, reading};
use crate::drive::sim::timing::{BOOT, chip_time, true_time};
use crate::engine::Log;
use crate::invariant::{Look, Rule, Seen, Violation};
use crate::time::Moment;

/// The endpoint that the devices ask.
const HOST: &str = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com";

/// A fleet at a point of its run.
#[derive(Debug)]
pub struct Fleet {
    pub(super) settings: Settings,
    rules: Vec<Rule>,
    pub(super) cloud: Faulty,
    pub(super) network: Network,
    pub(super) members: ByNumber<Member>,
    pub(super) names: ByNumber<Box<str>>,
    pub(super) queue: Queue,
    /// What sleeping devices do not need.
    pool: Vec<Awake>,
    pub(super) tally: Tally,
    found: Vec<Found>,
    /// The digests of parts that were joined to this one.
    joined: u64,
    empty: Log,
    ended: bool,
}

/// An invariant that a device broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The number of the device.
    pub device: u32,
    /// In which of its wakes, from 1.
    pub wake: u32,
    /// What.
    pub violation: Violation,
}

impl Fleet {
    /// A fleet before its run. Each device is switched on at some time within the first period.
    #[must_use]
    pub fn new(settings: Settings, profile: Profile, rules: Vec<Rule>) -> Self {
        let cloud = fake_shadow::Settings { seed: settings.seed, ..settings.cloud.clone() };
        // One alone is every n-th of n.
        let alone = settings.subset.as_ref();
        let part = alone
            .map_or(settings.part, |subset| Part { index: subset.device, of: settings.devices });
        let devices = settings.devices;
        let mut fleet = Self {
            cloud: Faulty::new(FakeShadow::new(cloud)),
            network: Network::new(settings.seed, profile, settings.subset.clone()),
            members: ByNumber::new(part, devices, |number| Member::new(number, &rules)),
            names: ByNumber::new(part, devices, |number| Member::name(number).into()),
            queue: Queue::default(),
            pool: Vec::new(),
            tally: Tally::new(settings.span),
            found: Vec::new(),
            joined: 0,
            empty: Log::default(),
            ended: false,
            rules,
            settings,
        };
        for number in part.numbers(devices) {
            fleet.begin(number);
        }
        fleet
    }

    /// Parts of a fleet that ran apart, as the whole.
    ///
    /// # Panics
    ///
    /// Without a part.
    #[must_use]
    pub fn joined(parts: Vec<Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut whole = parts.next().expect("a fleet has one part at least");
        for part in parts {
            whole.joined = whole.joined.wrapping_add(part.digest());
            whole.tally.join(&part.tally);
            whole.network.mishaps += part.network.mishaps;
            whole.found.extend(part.found);
        }
        whole.found.sort_by_key(|found| (found.violation.at, found.device));
        whole.settings.part = Part::WHOLE;
        whole
    }

    /// Lets everything happen that happens before a point of the run.
    pub fn run_until(&mut self, end: Moment) {
        let end = end.min(Moment::at(self.settings.span));
        while let Some(item) = self.queue.pop(end) {
            self.note(&item);
            self.happen(item);
        }
    }

    /// Lets everything happen, and looks a last time at each device.
    pub fn run(&mut self) {
        let end = Moment::at(self.settings.span);
        self.run_until(end);
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        for member in self.members.iter_mut() {
            let mut found = Vec::new();
            let look = Look {
                now: end,
                unix_ms: true_time(end).0,
                rules: &self.rules,
                document: &|| None,
                log: &self.empty,
            };
            member.monitor.end(&look, &mut found);
            let (device, wake) = (member.number, member.wake);
            self.found.extend(found.into_iter().map(|violation| Found { device, wake, violation }));
        }
        self.found.sort_by_key(|found| (found.violation.at, found.device));
    }

    /// What was counted.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The violations, in the order of their time, and of their devices where that is the same.
    #[must_use]
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// The rules that are watched.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// How the run is set up.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The profile of the run.
    #[must_use]
    pub const fn profile(&self) -> &Profile {
        &self.network.profile
    }

    /// What went wrong on purpose, where one device is looked at.
    #[must_use]
    pub fn incidents(&self) -> &[(Incident, Met)] {
        &self.network.incidents
    }

    /// How many messages were lost, and connections broken, by the network.
    #[must_use]
    pub const fn network_mishaps(&self) -> u64 {
        self.network.mishaps
    }

    /// A number that all that happened to each device goes into, in its order: equal runs have equal numbers.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let digests = self.members.iter().map(|member| mix(member.digest));
        digests.fold(self.joined, u64::wrapping_add)
    }

    fn note(&mut self, item: &Item) {
        let kind = item.due.kind();
        let digest = &mut self.members[item.device].digest;
        for part in [item.at.micros(), kind] {
            *digest = (*digest ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(17);
        }
    }

    fn happen(&mut self, Item { at: now, device, life, due, .. }: Item) {
        let member = &mut self.members[device];
        let is_alive = member.life == life;
        let is_on = |member: &Member, connection| {
            is_alive && member.is_open && member.connection == connection
        };
        match due {
            Due::Change => self.change(now, device),
            // What was sent arrives, whatever has become of the sender.
            Due::Request { sender, bytes } => self.request(now, sender, &bytes),
            Due::Accept { connection } if is_on(member, connection) => {
                self.accept(now, device, connection);
            }
            Due::Booted if is_alive => self.boot(now, device),
            Due::PowerOn if is_alive => {
                self.see(now, device, Seen::Reset("power-on"));
                self.wake(now, device, WakeCause::PowerOn);
            }
            Due::SleepOver if is_alive => self.wake(now, device, WakeCause::Timer),
            Due::Tick if is_alive => {
                member.tick_at = None;
                let is_due = deadline(member).is_some_and(|at| at <= now);
                match is_due {
                    true => self.tell(now, device, Input::Tick),
                    false => self.ask_for_tick(now, device),
                }
            }
            Due::Told(what) if is_alive => self.told(now, device, what),
            Due::Wire { connection, what } if is_on(member, connection) => {
                self.tell(now, device, what.input());
            }
            Due::Accept { .. }
            | Due::Booted
            | Due::PowerOn
            | Due::SleepOver
            | Due::Tick
            | Due::Told(_)
            | Due::Wire { .. } => {}
        }
    }

    fn wake(&mut self, now: Moment, number: u32, cause: WakeCause) {
        self.tally.at(now).wakes += 1;
        let member = &mut self.members[number];
        member.life += 1;
        member.wake += 1;
        member.born_at = now;
        member.cause = cause;
        (member.connection, member.ways, member.edges, member.writes) = (0, 0, 0, 0);
        member.is_open = false;
        member.tick_at = None;
        member.cut_at = self.network.cut(member);
        self.queue.push(now.after(BOOT), member.id(), Due::Booted);
        self.see(now, number, Seen::Wake(cause.name()));
    }

    fn boot(&mut self, now: Moment, number: u32) {
        let awake = self.pool.pop().unwrap_or_else(|| Awake::new(&self.settings));
        let member = &mut self.members[number];
        member.awake = Some(awake);
        // A copy, since the device may persist another one while it reads.
        let mut memory = [0; thing::STATE_BYTES_MAX];
        let bytes = member.state.len().min(memory.len());
        memory[..bytes].copy_from_slice(&member.state[..bytes]);
        let cause = member.cause;
        self.tell(now, number, Input::Wake { cause, state: &memory[..bytes] });
    }

    fn told(&mut self, now: Moment, number: u32, what: Told) {
        match what {
            Told::NetworkUp => self.tell(now, number, Input::NetworkUp),
            Told::Sample(sensor) => {
                let value = Some(reading(sensor));
                self.tell(now, number, Input::Sample { sensor, value });
            }
            Told::Time => {
                let (off_ms, is_wrong) = self.network.date_off(&self.members[number]);
                if is_wrong {
                    self.see(now, number, Seen::Disturbed);
                }
                let date = true_time(now).offset_by(off_ms);
                let unix_ms = u64::try_from(date.0).unwrap_or(0);
                self.tell(now, number, Input::Time { unix_ms });
            }
        }
    }

    /// Hands an input to a device and does all that follows from it.
    fn tell(&mut self, now: Moment, number: u32, input: Input<'_>) {
        let Self { members, names, queue, network, rules, cloud, empty, .. } = self;
        let member = &mut members[number];
        let Some(mut awake) = member.awake.take() else { return };
        let name = &names[number];
        let config = Config {
            thing_name: name,
            shadow_name: None,
            host: HOST,
            region: fake_shadow::settings::DEFAULT_REGION,
            access_key_id: TEST_ACCESS_KEY_ID,
            secret_access_key: TEST_SECRET_ACCESS_KEY,
            session_token: None,
        };
        let at = chip_time(member.born_at, now);
        let cloud = cloud.cloud();
        let document = || cloud.shadow(true_time(now), &ShadowId::classic(name).ok()?);
        let mut found = Vec::new();
        let mut obey = Obey {
            now,
            member,
            queue,
            network,
            rules,
            log: empty,
            document: &document,
            found: &mut found,
            after: After::Awake,
            torn: None,
        };
        let Awake { device, workspace } = &mut awake;
        device.handle(Lent { config: &config, workspace }, at, input, &mut |output| {
            obey.obey(output);
        });
        let has_crashed = obey.after == After::Awake && device.has_crashed();
        let (after, torn) = (if has_crashed { After::Crashed } else { obey.after }, obey.torn);
        self.keep(number, found);
        if let Some(bytes) = torn {
            let member = &mut self.members[number];
            member.state = awake.device.torn(&member.state, &bytes);
        }
        match after {
            After::Awake => {
                self.members[number].awake = Some(awake);
                self.ask_for_tick(now, number);
            }
            After::Asleep => self.pool.push(awake),
            After::Crashed => {
                awake.device = (self.settings.make)(&thing::SIGNAL);
                self.pool.push(awake);
                self.see(now, number, Seen::Reset("panic"));
                self.wake(now, number, WakeCause::Reset);
            }
            After::Cut => {
                awake.device = (self.settings.make)(&thing::SIGNAL);
                self.pool.push(awake);
                self.cut(now, number);
            }
        }
    }

    /// One question at a time: a deadline that moves away is asked for again when its first time has come.
    fn ask_for_tick(&mut self, now: Moment, number: u32) {
        let member = &mut self.members[number];
        let Some(deadline) = deadline(member) else { return };
        // A device that wants to be asked again at once is asked a millisecond later, so that time goes on.
        let at = deadline.max(now.after(Duration::from_millis(1)));
        if member.tick_at.is_none_or(|asked| at < asked) {
            member.tick_at = Some(at);
            self.queue.push(at, member.id(), Due::Tick);
        }
    }

    fn cut(&mut self, now: Moment, number: u32) {
        self.tally.at(now).cuts += 1;
        let off = self.network.profile.power.off;
        let member = &mut self.members[number];
        member.life += 1;
        member.is_open = false;
        self.queue.push(now.after(off), member.id(), Due::PowerOn);
        self.see(now, number, Seen::PowerCut);
    }

    pub(super) fn see(&mut self, now: Moment, number: u32, seen: Seen<'_>) {
        let mut found = Vec::new();
        let look = Look {
            now,
            unix_ms: true_time(now).0,
            rules: &self.rules,
            document: &|| None,
            log: &self.empty,
        };
        self.members[number].monitor.see(&look, seen, &mut found);
        self.keep(number, found);
    }

    fn keep(&mut self, device: u32, found: Vec<Violation>) {
        let wake = self.members[device].wake;
        self.found.extend(found.into_iter().map(|violation| Found { device, wake, violation }));
    }
}

/// When a device has waited long enough.
fn deadline(member: &Member) -> Option<Moment> {
    let instant = member.awake.as_ref()?.device.wake_at()?;
    Some(member.born_at.after(Duration::from_millis(instant.0)))
}
