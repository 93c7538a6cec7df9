//! The machine itself: what it is, what can happen to it, and what is due.

use std::time::Duration;

use crate::app::{App, Sensors, Told};
use crate::boot::ResetCause;
use crate::circuit::{CircuitState, Pull};
use crate::fault::{Fault, Faults};
use crate::flash::Flash;
use crate::image::Descriptor;
use crate::io::{Activity, Ask, Event, Input, Order, Output, Pin, Status};
use crate::line::Line;
use crate::loader::Loader;
use crate::setup::{BootMode, Setup};
use crate::time::Moment;

use super::keeping::Keeping;

/// What the chip is doing.
#[derive(Debug)]
pub(super) enum Stage {
    Off,
    /// In reset, until the pin is let go.
    Held,
    Loader(Box<Loader>),
    /// The boot is over, the program is not there yet.
    Starting {
        cause: ResetCause,
        program: Option<Descriptor>,
        /// Where in the flash its image is.
        at: u32,
    },
    Stuck,
    /// A program that this board cannot run; it said so.
    Unknown,
    Running(Box<App>),
    /// The machine code of what was flashed; the chip is the board's.
    Executing,
    Asleep,
}

/// What is due without anybody's doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Due {
    NetworkUp,
    PowerOn(BootMode),
    Program,
    Reset(ResetCause),
}

/// Below this many millivolts the chip is reset; detectors can be set from 2.4 to 2.8 V.
const BROWNOUT_BELOW_MV: u32 = 2_700;

/// Which pins are held low.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LowPins {
    pub(super) boot: bool,
    enable: bool,
}

/// A board.
///
/// It has no power until [`Order::PowerRestore`].
#[derive(Debug)]
pub struct Board {
    pub(super) setup: Setup,
    pub(super) flash: Flash,
    pub(super) stage: Stage,
    pub(super) line: Line,
    circuit: CircuitState,
    /// The pins that something beside the circuit holds low.
    pub(super) low: LowPins,
    /// How the boot pin stood when the chip looked at it last.
    pub(super) straps: BootMode,
    pub(super) faults: Faults,
    pub(super) sensors: Sensors,
    /// How long it takes to join the network.
    pub(super) join_time: Duration,
    /// Counts starts of the chip, so that answers to a former life are known.
    pub(super) life: u64,
    /// The chip that executes machine code, for as long as it has power.
    pub(super) chip: Option<Box<emulated_chip::Chip>>,
    pub(super) due: Option<(Moment, Due)>,
    pub(super) keeping: Keeping,
    pub(super) outputs: Vec<Output>,
}

impl Board {
    /// A board with this flash, without power.
    #[must_use]
    pub fn new(setup: Setup, flash: Flash) -> Self {
        Self {
            line: Line::new(setup.fidelity),
            circuit: CircuitState::new(setup.circuit),
            low: LowPins::default(),
            setup,
            flash,
            straps: BootMode::Run,
            stage: Stage::Off,
            faults: Faults::default(),
            sensors: Sensors::default(),
            join_time: Duration::ZERO,
            life: 0,
            chip: None,
            due: None,
            keeping: Keeping::default(),
            outputs: Vec::new(),
        }
    }

    /// What is in its flash.
    #[must_use]
    pub const fn flash(&self) -> &Flash {
        &self.flash
    }

    /// Its flash, for whoever keeps it in a file, or fills it before the power comes.
    pub const fn flash_mut(&mut self) -> &mut Flash {
        &mut self.flash
    }

    /// What it is doing.
    #[must_use]
    pub const fn activity(&self) -> Activity {
        match &self.stage {
            Stage::Off | Stage::Held => Activity::Off,
            Stage::Loader(loader) if loader.is_stub() => Activity::Stub,
            Stage::Loader(_) => Activity::Rom,
            Stage::Starting { .. } | Stage::Unknown | Stage::Running(_) | Stage::Executing => {
                Activity::Run
            }
            Stage::Stuck => Activity::Stuck,
            Stage::Asleep => Activity::Asleep,
        }
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        Status {
            chip: self.setup.chip,
            mac: self.setup.mac,
            activity: self.activity(),
            baud: self.line.baud,
            resets: self.life,
            wear: self.flash.wear(),
        }
    }

    /// When [`Input::Tick`] is due, if nothing else comes before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        let program = match &self.stage {
            Stage::Running(app) => app.wake_at(),
            Stage::Executing => self.chip_wakes_at(),
            _ => None,
        };
        let due = self.due.map(|(at, _)| at);
        [program, due, self.line.wake_at()].into_iter().flatten().min()
    }

    /// Takes one input at `now` and gives all that follows from it, in order.
    ///
    /// Never panics, and performs an amount of work that is bounded by the input and the size of the
    /// flash. Time must not run backwards from call to call.
    #[must_use = "the outputs have to be performed, or the board falls silent"]
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Output> {
        match input {
            Input::Serial(bytes) => self.serial(now, bytes),
            Input::HostBaud(baud) => self.host_baud(baud),
            Input::Lines { dtr, rts } => {
                let pull = self.circuit.set(dtr, rts);
                self.pulled(now, pull);
            }
            Input::Order(order) => self.order(now, &order),
            Input::Network { life, heard } if life == self.life => self.tell(now, heard.into()),
            Input::Network { .. } => {}
            Input::Frame(frame) => self.execute(now, emulated_chip::Input::Frame(&frame)),
            Input::Tick => self.tick(now),
        }
        self.execute(now, emulated_chip::Input::Tick);
        let arrived = self.line.arrived(now, &mut self.faults);
        if !arrived.is_empty() {
            self.outputs.push(Output::Serial(arrived));
        }
        std::mem::take(&mut self.outputs)
    }

    fn order(&mut self, now: Moment, order: &Order) {
        match *order {
            Order::ClearFaults => {
                self.faults = Faults::default();
                self.keeping.clear();
                self.flash.mend_sectors();
            }
            Order::CutAtWrite(cut) => self.keeping.cut_at(cut),
            Order::Fault(fault) => {
                self.faults.begin(fault);
                match fault {
                    Fault::BadSector { sector } => self.flash.spoil_sector(sector),
                    Fault::FadingSector { sector } => self.flash.fade_sector(sector),
                    _ => {}
                }
            }
            Order::JoinTime(length) => self.join_time = length,
            Order::Pin { pin: Pin::Boot, is_low } => self.low.boot = is_low,
            Order::Pin { pin: Pin::Enable, is_low: true } => {
                self.pulled(now, Some(Pull::Hold));
                self.low.enable = true;
            }
            Order::Pin { pin: Pin::Enable, is_low: false } => {
                if std::mem::take(&mut self.low.enable) {
                    self.pulled(now, Some(Pull::Reset(ResetCause::Pin, BootMode::Run)));
                }
            }
            Order::PowerCut => self.power_cut(now),
            Order::PowerCycle { off, into } => {
                self.power_cut(now);
                self.due = Some((now.after(off), Due::PowerOn(into)));
            }
            Order::PowerRestore { into } => self.power_on(now, into),
            Order::Reset { into } => self.pulled(now, Some(Pull::Reset(ResetCause::Pin, into))),
            // The detector stays on in deep sleep unless the firmware turns it off (adafruit/circuitpython#4025).
            Order::Sag { millivolts } if millivolts < BROWNOUT_BELOW_MV => match self.stage {
                Stage::Off | Stage::Held => {}
                _ => self.reset(now, ResetCause::Brownout, BootMode::Run),
            },
            Order::Sag { .. } => {}
            Order::Sensors(sensors) => self.sensors = sensors,
            Order::EndSleep | Order::Wake if matches!(self.stage, Stage::Asleep) => {
                let cause = match order {
                    Order::Wake => ResetCause::WakePin,
                    _ => ResetCause::DeepSleep,
                };
                self.reset(now, cause, BootMode::Run);
            }
            Order::EndSleep | Order::Wake => {}
        }
    }

    pub(super) fn power_cut(&mut self, now: Moment) {
        self.flash.status.lose_power();
        if !matches!(self.stage, Stage::Off) {
            self.end_life();
            self.line.clear(now);
            self.outputs.push(Output::Event(Event::PowerCut));
        }
        self.due = None;
        self.chip = None;
    }

    fn power_on(&mut self, now: Moment, into: BootMode) {
        if matches!(self.stage, Stage::Off) {
            match self.low.enable {
                true => self.stage = Stage::Held,
                false => self.reset(now, ResetCause::PowerOn, into),
            }
        }
    }

    fn pulled(&mut self, now: Moment, pull: Option<Pull>) {
        match pull {
            _ if matches!(self.stage, Stage::Off) || self.low.enable => {}
            None => {}
            // The chip is held; it starts when it is let go.
            Some(Pull::Hold) => {
                self.end_life();
                self.stage = Stage::Held;
                self.due = None;
            }
            Some(Pull::Reset(cause, into)) => self.reset(now, cause, into),
        }
    }

    /// What ran is gone, its connection with it.
    pub(super) fn end_life(&mut self) {
        if matches!(self.stage, Stage::Running(_)) {
            let ask = Ask::Disconnect;
            self.outputs.push(Output::Network { life: self.life, ask });
        }
        if matches!(self.stage, Stage::Executing) {
            self.outputs.push(Output::Unplugged);
        }
        self.stage = Stage::Off;
    }

    fn tick(&mut self, now: Moment) {
        if let Some((_, due)) = self.due.take_if(|(at, _)| *at <= now) {
            match due {
                Due::NetworkUp => self.tell(now, Told::NetworkUp),
                Due::PowerOn(into) => self.power_on(now, into),
                Due::Program => self.run(now),
                Due::Reset(cause) => self.reset(now, cause, BootMode::Run),
            }
        }
        if let Stage::Running(app) = &self.stage
            && app.wake_at().is_some_and(|at| at <= now)
        {
            self.tell(now, Told::Tick);
        }
    }
}
