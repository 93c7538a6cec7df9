//! The chip: flashed, reset, without power, asleep and awake again.

use std::time::Duration;

use thing::{Kind, WakeCause, Workspace};

use super::bench::SimBench;
use super::device::{Device, MakeDevice};
use super::due::Due;
use super::pins::Pins;
use super::timing::BOOT;
use crate::engine::action::{PowerOrder, StateCutOrder};
use crate::engine::event::{PowerChange, StateCut};
use crate::engine::{ActionError, Event};
use crate::scenario::plan::{Erase, Firmware};
use crate::time::Moment;

/// Below this many millivolts the chip resets; detectors can be set from 2.4 to 2.8 V.
const BROWNOUT_BELOW_MV: u32 = 2_700;

/// The chip with the thing in it.
#[derive(Debug)]
pub(super) struct Chip {
    pub(super) device: Box<dyn Device>,
    pub(super) workspace: Box<Workspace>,
    /// What the thing keeps across sleep and power loss.
    pub(super) state: Vec<u8>,
    /// The named shadow that it is provisioned for.
    pub(super) shadow_name: Option<String>,
    pub(super) powered: bool,
    pub(super) asleep: bool,
    /// Whether its program has begun; one that sleeps ignores what it hears.
    pub(super) listens: bool,
    /// What hangs on its pins.
    pub(super) pins: Pins,
    /// Whether the radio is on.
    pub(super) radio: bool,
    /// Counts resets, so that what belongs to the time before is known.
    pub(super) life: u64,
    /// When this life began; the zero of the chip's own clock.
    pub(super) born_at: Moment,
}

impl Chip {
    /// A chip without power that holds the signal thing.
    pub(super) fn new(make: MakeDevice) -> Self {
        Self {
            device: make(&thing::SIGNAL),
            workspace: Box::new(Workspace::new()),
            state: Vec::new(),
            shadow_name: None,
            powered: false,
            asleep: false,
            listens: false,
            pins: Pins::default(),
            radio: false,
            life: 0,
            born_at: Moment::START,
        }
    }
}

impl SimBench {
    /// Ends the chip's life as it was: what was under way is lost, the connection with it.
    pub(super) fn end_life(&mut self, now: Moment) -> Vec<Event> {
        self.chip.life += 1;
        self.chip.born_at = now;
        self.chip.asleep = false;
        self.chip.listens = false;
        self.chip.radio = false;
        let mut events = self.chip.pins.let_go();
        events.extend(self.drop_connection());
        events
    }

    /// The chip starts; its wake is seen at once, its program runs after the boot.
    pub(super) fn begin_life(&mut self, now: Moment, cause: WakeCause) -> Event {
        self.chip.powered = true;
        self.chip.born_at = now;
        let life = self.chip.life;
        self.at(now.after(BOOT), Due::Booted { life, cause });
        Event::Wake { cause: cause.name().to_owned() }
    }

    pub(super) fn flash(
        &mut self,
        now: Moment,
        firmware: &Firmware,
    ) -> Result<Vec<Event>, ActionError> {
        let kind = kind(&firmware.image)?;
        let mut events = self.end_life(now);
        self.chip.device = (self.make)(kind);
        self.chip.shadow_name.clone_from(&firmware.shadow);
        if firmware.erase != Erase::Nothing {
            self.chip.state.clear();
        }
        events.push(self.begin_life(now, WakeCause::PowerOn));
        Ok(events)
    }

    pub(super) fn reset(&mut self, now: Moment) -> Result<Vec<Event>, ActionError> {
        if !self.chip.powered {
            return Err(ActionError::new("reset the board", "its power is cut")
                .help("restore it first by `power: restore`"));
        }
        let mut events = self.end_life(now);
        events.push(Event::Reset { cause: "external".into() });
        events.push(self.begin_life(now, WakeCause::Reset));
        Ok(events)
    }

    pub(super) fn power(&mut self, now: Moment, order: PowerOrder) -> Vec<Event> {
        let mut events = Vec::new();
        if let (PowerOrder::Cut | PowerOrder::Cycle(_), true) = (order, self.chip.powered) {
            events.extend(self.end_life(now));
            self.chip.powered = false;
            events.push(Event::Power { change: PowerChange::Cut });
        }
        match order {
            PowerOrder::Cut => {}
            PowerOrder::Cycle(off) => self.at(now.after(off), Due::PowerOn),
            PowerOrder::Restore => events.extend(self.power_on(now)),
        }
        events
    }

    /// Keeps the state, unless its power is to be cut then.
    pub(super) fn keep(&mut self, now: Moment, bytes: Vec<u8>) -> Vec<Event> {
        let due = self.state_cuts.iter().position(|order| order.after == 0);
        let order = due.map(|place| self.state_cuts.remove(place));
        for waiting in &mut self.state_cuts {
            waiting.after = waiting.after.saturating_sub(1);
        }
        let cut = order.map(|order| order.at);
        let mut events = vec![Event::StateWrite { bytes: bytes.len(), cut }];
        match cut {
            Some(StateCut::Before) => {}
            Some(StateCut::During) => {
                self.chip.state = self.chip.device.torn(&self.chip.state, &bytes);
            }
            Some(StateCut::After) | None => self.chip.state = bytes,
        }
        if let Some(StateCutOrder { off, .. }) = order {
            events.extend(self.power(now, PowerOrder::Cycle(off)));
        }
        events
    }

    /// The program crashed: its chip is reset by a panic.
    pub(super) fn crash(&mut self, now: Moment) -> Vec<Event> {
        let mut events = self.end_life(now);
        events.push(Event::Reset { cause: "panic".into() });
        events.push(self.begin_life(now, WakeCause::Reset));
        events
    }

    /// Whether the life of that number goes on.
    pub(super) fn is_alive(&self, life: u64) -> bool {
        self.chip.powered && self.chip.life == life
    }

    /// When the thing has waited long enough.
    pub(super) fn thing_wake_at(&self) -> Option<Moment> {
        if !self.chip.powered || self.chip.asleep {
            return None;
        }
        let instant = self.chip.device.wake_at()?;
        Some(self.chip.born_at.after(Duration::from_millis(instant.0)))
    }

    /// A sag below what the chip's detector lets pass resets the chip; any other one passes without a trace.
    pub(super) fn sag(&mut self, now: Moment, to_mv: u32) -> Vec<Event> {
        if !self.chip.powered || to_mv >= BROWNOUT_BELOW_MV {
            return Vec::new();
        }
        let mut events = self.end_life(now);
        events.push(Event::Reset { cause: "brownout".into() });
        events.push(self.begin_life(now, WakeCause::Brownout));
        events
    }

    pub(super) fn power_on(&mut self, now: Moment) -> Vec<Event> {
        if self.chip.powered {
            return Vec::new();
        }
        vec![
            Event::Power { change: PowerChange::Restored },
            Event::Reset { cause: "power-on".into() },
            self.begin_life(now, WakeCause::PowerOn),
        ]
    }

    pub(super) fn wake(&mut self, now: Moment) -> Result<Vec<Event>, ActionError> {
        if !self.chip.asleep {
            return Err(ActionError::new("wake the board", "it is not asleep")
                .help("wait for its sleep first, by `expect-sleep`"));
        }
        let mut events = self.end_life(now);
        events.push(self.begin_life(now, WakeCause::External));
        Ok(events)
    }
}

/// The thing that an image holds.
fn kind(image: &str) -> Result<&'static Kind, ActionError> {
    Kind::by_name(image).ok_or_else(|| {
        let known: Vec<_> = thing::KINDS.iter().map(|kind| kind.name).collect();
        ActionError::new(format!("find the image {image}"), "the simulated board has no such thing")
            .help(format!("it has {}; run a real image with --board", known.join(" and ")))
    })
}
