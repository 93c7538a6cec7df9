//! One device of a fleet, and what it does when it wants something.

use std::time::Duration;

use serde_json::Value;
use thing::{Output, WakeCause, Workspace};

use super::cloud::Sender;
use super::incident::{Carried, CutAt};
use super::network::{Network, Way};
use super::queue::{Due, Queue};
use super::settings::Settings;
use crate::drive::sim::Device;
use crate::drive::sim::device::Told;
use crate::drive::sim::timing::{CONNECT, NETWORK_UP, SAMPLE, TIME_TOLD, true_time};
use crate::engine::Log;
use crate::invariant::{Look, Monitor, Rule, Seen, Violation};
use crate::time::Moment;

/// The offset basis of FNV-1a in 64 bits.
const DIGEST_START: u64 = 0xcbf2_9ce4_8422_2325;

/// What a device needs only while it is awake; it goes from one to the next.
#[derive(Debug)]
pub(super) struct Awake {
    pub(super) device: Box<dyn Device>,
    pub(super) workspace: Box<Workspace>,
}

impl Awake {
    pub(super) fn new(settings: &Settings) -> Self {
        let workspace = Box::new(Workspace::new());
        Self { device: (settings.make)(&thing::SIGNAL), workspace }
    }
}

/// One device of a fleet.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) number: u32,
    /// What it keeps across sleep and power loss.
    pub(super) state: Vec<u8>,
    /// There from its boot to its sleep.
    pub(super) awake: Option<Awake>,
    /// Counts boots, sleeps and cuts, so that what belongs to the time before is known.
    pub(super) life: u32,
    pub(super) born_at: Moment,
    pub(super) cause: WakeCause,
    /// Counts its wakes.
    pub(super) wake: u32,
    /// The connection of this wake that is open; they are counted from 1.
    pub(super) connection: u16,
    pub(super) is_open: bool,
    /// The life and connection that the cloud accepted and will not read from.
    pub(super) unserved: Option<(u32, u16)>,
    /// Ways over the network in this wake.
    pub(super) ways: u16,
    /// When the last thing arrives that was sent on the open connection; nothing overtakes it.
    pub(super) arrives_at: Moment,
    /// When it is asked next whether it has waited long enough.
    pub(super) tick_at: Option<Moment>,
    /// What it has done in this wake.
    pub(super) edges: u16,
    /// The edge at which the power is cut in this wake.
    pub(super) cut_at: Option<u16>,
    /// Writes of its state in this wake.
    pub(super) writes: u16,
    pub(super) desired: u8,
    pub(super) changes: u32,
    /// When the change was made that it has not reported yet.
    pub(super) changed_at: Option<Moment>,
    pub(super) monitor: Monitor,
    /// All that happened to it went into this, in its order.
    pub(super) digest: u64,
}

impl Member {
    pub(super) fn new(number: u32, rules: &[Rule]) -> Self {
        Self {
            number,
            state: Vec::new(),
            awake: None,
            life: 0,
            born_at: Moment::START,
            cause: WakeCause::PowerOn,
            wake: 0,
            connection: 0,
            is_open: false,
            unserved: None,
            ways: 0,
            arrives_at: Moment::START,
            tick_at: None,
            edges: 0,
            cut_at: None,
            writes: 0,
            desired: 0,
            changes: 0,
            changed_at: None,
            monitor: Monitor::new(rules),
            digest: DIGEST_START ^ u64::from(number),
        }
    }

    pub(super) const fn id(&self) -> (u32, u32) {
        (self.number, self.life)
    }

    /// Its name in the cloud.
    pub(super) fn name(number: u32) -> String {
        format!("thing-{number:06}")
    }
}

/// How a call of a device left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Asleep,
    Awake,
    /// Its program crashed.
    Crashed,
    /// The power was cut in the middle of what it wanted.
    Cut,
}

/// Obeys one call of a device.
pub(super) struct Obey<'a> {
    pub(super) now: Moment,
    pub(super) member: &'a mut Member,
    pub(super) queue: &'a mut Queue,
    pub(super) network: &'a mut Network,
    pub(super) rules: &'a [Rule],
    pub(super) log: &'a Log,
    pub(super) document: &'a dyn Fn() -> Option<Value>,
    pub(super) found: &'a mut Vec<Violation>,
    pub(super) after: After,
    /// A state of which only a part was written.
    pub(super) torn: Option<Vec<u8>>,
}

impl Obey<'_> {
    /// Does what the device wants, unless its power is cut; cuts it behind the edge that chance has chosen.
    pub(super) fn obey(&mut self, output: Output<'_>) {
        if self.after == After::Cut {
            return;
        }
        let is_chosen = self.member.cut_at == Some(self.member.edges);
        if is_chosen {
            self.cut_met(&output);
        }
        let tell = |what, after| (Due::Told(what), after);
        let due = match output {
            Output::BringUpNetwork => Some(tell(Told::NetworkUp, NETWORK_UP)),
            Output::AskTime => Some(tell(Told::Time, TIME_TOLD)),
            Output::Sample(sensor) => Some(tell(Told::Sample(sensor), SAMPLE)),
            Output::Connect => {
                self.connect();
                None
            }
            Output::Send(bytes) => {
                let sender = Sender::of(self.member);
                let due = Due::Request { sender, bytes: bytes.to_vec() };
                self.travel(Duration::ZERO, (Carried::Request, due));
                None
            }
            Output::Disconnect => {
                self.member.is_open = false;
                None
            }
            Output::Console(line) => {
                self.see(Seen::Console(line));
                None
            }
            Output::Persist(bytes) if is_chosen && self.network.is_torn(self.member) => {
                self.torn = Some(bytes.to_vec());
                None
            }
            Output::Persist(bytes) => {
                self.member.state.clear();
                self.member.state.extend_from_slice(bytes);
                self.member.writes = self.member.writes.saturating_add(1);
                None
            }
            Output::Drive(_) => None,
            Output::Sleep { seconds } => {
                self.sleep(Duration::from_secs(seconds.into()));
                None
            }
        };
        if let Some((due, span)) = due {
            self.queue.push(self.now.after(span), self.member.id(), due);
        }
        self.member.edges = self.member.edges.saturating_add(1);
        // An edge that this wake does not come to is the sleep behind it.
        if is_chosen || self.after == After::Asleep && self.member.cut_at.is_some() {
            self.after = After::Cut;
        }
    }

    /// Remembers what the device did last before its power was cut.
    fn cut_met(&mut self, output: &Output<'_>) {
        let Self { member, network, now, .. } = self;
        let is_torn = network.is_torn(member);
        network.cut_met(member, || match output {
            Output::Connect => CutAt::Connect(member.connection.into()),
            Output::Console(line) => CutAt::Console((*line).to_owned(), now.since(member.born_at)),
            Output::Persist(_) => CutAt::StateWrite(member.writes.into(), is_torn),
            Output::Send(_) => CutAt::Request(member.connection),
            Output::Sleep { .. } => CutAt::Sleep,
            _ => CutAt::Other(now.since(member.born_at)),
        });
    }

    fn connect(&mut self) {
        let member = &mut *self.member;
        member.connection = member.connection.saturating_add(1);
        member.is_open = true;
        member.arrives_at = self.now;
        let connection = member.connection;
        self.travel(CONNECT, (Carried::Connect, Due::Accept { connection }));
    }

    /// Sends something to the cloud.
    fn travel(&mut self, at_least: Duration, (carried, due): (Carried, Due)) {
        let way = self.network.way(self.member, carried);
        match way {
            Way::Arrives { after, was_disturbed } => {
                if was_disturbed {
                    self.see(Seen::Disturbed);
                }
                let at = self.now.after(at_least).after(after).max(self.member.arrives_at);
                self.member.arrives_at = at;
                self.queue.push(at, self.member.id(), due);
            }
            Way::Breaks { after } => {
                self.see(Seen::Disturbed);
                let connection = self.member.connection;
                let what = crate::drive::sim::wire::Wire::Reset;
                let due = Due::Wire { connection, what };
                self.queue.push(self.now.after(after), self.member.id(), due);
            }
            Way::Lost => self.see(Seen::Disturbed),
        }
    }

    fn sleep(&mut self, length: Duration) {
        self.see(Seen::Sleep(Some(length)));
        self.after = After::Asleep;
        self.member.is_open = false;
        let slept = self.network.slept(self.member, length);
        self.queue.push(self.now.after(slept), self.member.id(), Due::SleepOver);
    }

    fn see(&mut self, seen: Seen<'_>) {
        let look = Look {
            now: self.now,
            unix_ms: true_time(self.now).0,
            rules: self.rules,
            document: self.document,
            log: self.log,
        };
        self.member.monitor.see(&look, seen, self.found);
    }
}
