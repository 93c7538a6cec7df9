//! The board: power, reset lines, loader, boot, sleep and program, as one machine.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use thing::Kind;

use crate::app::{App, Region, Sensors, Told, Want, read_kept, write_kept};
use crate::boot::{ResetCause, Start, Started, banner, download_banner, start};
use crate::circuit::{CircuitState, Pull};
use crate::fault::{Fault, Faults};
use crate::flash::Flash;
use crate::image::Descriptor;
use crate::io::{Activity, Ask, Event, Heard, Input, Order, Output, Status};
use crate::line::Line;
use crate::loader::{Effect, FlashTiming, Loader, Restart, op};
use crate::setup::{BootMode, Fidelity, Setup};
use crate::time::Moment;

/// From the ROM's last line to the program's first, on a faithful board.
const PROGRAM_START: Duration = Duration::from_millis(300);

/// From arming the watchdog to its bite.
const WATCHDOG_BITE: Duration = Duration::from_millis(50);

/// From a boot that found nothing to the reset that follows.
const STUCK: Duration = Duration::from_secs(1);

/// From a boot to a brownout, for the fault.
const BROWNOUT_AFTER: Duration = Duration::from_millis(100);

/// The rate at which the ROM of the ESP8266 prints.
const ROM_BAUD_ESP8266: u32 = 74_880;
/// The rate of everything else.
const BAUD: u32 = 115_200;

/// What the chip is doing.
#[derive(Debug)]
enum Stage {
    Off,
    /// In reset, until the pin is let go.
    Held,
    Loader(Box<Loader>),
    /// The boot is over, the program is not there yet.
    Starting {
        cause: ResetCause,
        program: Option<Descriptor>,
    },
    Stuck,
    /// A program that this board cannot run; it said so.
    Unknown,
    Running(Box<App>),
    Asleep,
}

/// What is due without anybody's doing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Due {
    PowerOn(BootMode),
    Program,
    Reset(ResetCause),
}

/// A board.
///
/// It has no power until [`Order::PowerRestore`].
#[derive(Debug)]
pub struct Board {
    setup: Setup,
    flash: Flash,
    stage: Stage,
    line: Line,
    circuit: CircuitState,
    faults: Faults,
    sensors: Sensors,
    /// Counts starts of the chip, so that answers to a former life are known.
    life: u64,
    due: Option<(Moment, Due)>,
    outputs: Vec<Output>,
}

impl Board {
    /// A board with this flash, without power.
    #[must_use]
    pub fn new(setup: Setup, flash: Flash) -> Self {
        Self {
            line: Line::new(setup.fidelity),
            circuit: CircuitState::new(setup.circuit),
            setup,
            flash,
            stage: Stage::Off,
            faults: Faults::default(),
            sensors: Sensors::default(),
            life: 0,
            due: None,
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

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        let activity = match &self.stage {
            Stage::Off | Stage::Held => Activity::Off,
            Stage::Loader(loader) if loader.is_stub() => Activity::Stub,
            Stage::Loader(_) => Activity::Rom,
            Stage::Starting { .. } | Stage::Unknown | Stage::Running(_) => Activity::Run,
            Stage::Stuck => Activity::Stuck,
            Stage::Asleep => Activity::Asleep,
        };
        Status {
            chip: self.setup.chip,
            mac: self.setup.mac,
            activity,
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
            Input::Tick => self.tick(now),
        }
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
                self.flash.mend_sectors();
            }
            Order::Fault(fault) => {
                self.faults.begin(fault);
                if let Fault::BadSector { sector } = fault {
                    self.flash.spoil_sector(sector);
                }
            }
            Order::PowerCut => self.power_cut(now),
            Order::PowerCycle { off, into } => {
                self.power_cut(now);
                self.due = Some((now.after(off), Due::PowerOn(into)));
            }
            Order::PowerRestore { into } => self.power_on(now, into),
            Order::Reset { into } => self.pulled(now, Some(Pull::Reset(ResetCause::Pin, into))),
            Order::Sensors(sensors) => self.sensors = sensors,
            Order::Wake if matches!(self.stage, Stage::Asleep) => {
                self.reset(now, ResetCause::DeepSleep, BootMode::Run);
            }
            Order::Wake => {}
        }
    }

    fn power_cut(&mut self, now: Moment) {
        if !matches!(self.stage, Stage::Off) {
            self.end_life();
            self.line.clear(now);
            self.outputs.push(Output::Event(Event::PowerCut));
        }
        self.due = None;
    }

    fn power_on(&mut self, now: Moment, into: BootMode) {
        if matches!(self.stage, Stage::Off) {
            self.reset(now, ResetCause::PowerOn, into);
        }
    }

    fn pulled(&mut self, now: Moment, pull: Option<Pull>) {
        match pull {
            _ if matches!(self.stage, Stage::Off) => {}
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
    fn end_life(&mut self) {
        if matches!(self.stage, Stage::Running(_)) {
            let ask = Ask::Disconnect;
            self.outputs.push(Output::Network { life: self.life, ask });
        }
        self.stage = Stage::Off;
    }

    fn reset(&mut self, now: Moment, cause: ResetCause, into: BootMode) {
        self.end_life();
        self.life += 1;
        self.due = None;
        self.faults.reset();
        let into = self.strapped(into);
        self.outputs.push(Output::Event(Event::Reset { cause, into }));
        if let Some(away) = self.faults.renumerate {
            self.outputs.push(Output::PortGone { away });
        }
        let chip = self.setup.chip;
        let is_old = self.setup.chip.table().image_id.is_none();
        self.line.baud = if is_old { ROM_BAUD_ESP8266 } else { BAUD };
        match into {
            BootMode::Download => {
                self.print(now, &download_banner(chip, cause));
                self.line.baud = BAUD;
                let Setup { fidelity, mac, .. } = self.setup;
                self.stage = Stage::Loader(Box::new(Loader::new(chip, fidelity, mac)));
            }
            BootMode::Run => {
                self.print(now, &banner(chip, cause));
                self.boot(now, cause);
            }
        }
    }

    /// What the chip makes of its boot pin, faults considered.
    fn strapped(&mut self, into: BootMode) -> BootMode {
        match into {
            _ if self.faults.stay_in_download => BootMode::Download,
            BootMode::Download if self.faults.wrong_boot_modes > 0 => {
                self.faults.wrong_boot_modes -= 1;
                BootMode::Run
            }
            into => into,
        }
    }

    /// Boots from the flash; the banner stands already.
    fn boot(&mut self, now: Moment, cause: ResetCause) {
        if self.faults.brownouts > 0 {
            self.faults.brownouts -= 1;
            self.print(now, "\r\nBrownout detector was triggered\r\n\r\n");
            self.stage = Stage::Stuck;
            self.due = Some((now.after(BROWNOUT_AFTER), Due::Reset(ResetCause::Brownout)));
            return;
        }
        let Start { log, started } = start(self.setup.chip, &self.flash);
        self.print(now, &log);
        match started {
            Started::Program(program) => {
                self.line.baud = BAUD;
                self.stage = Stage::Starting { cause, program };
                let wait = match self.setup.fidelity {
                    Fidelity::Fast => Duration::ZERO,
                    Fidelity::Faithful => PROGRAM_START,
                };
                self.due = Some((now.after(wait), Due::Program));
            }
            Started::Nothing { complaint, cause } => {
                self.print(now, &complaint);
                self.stage = Stage::Stuck;
                self.due = Some((now.after(STUCK), Due::Reset(cause)));
            }
        }
    }

    fn tick(&mut self, now: Moment) {
        if let Some((_, due)) = self.due.take_if(|(at, _)| *at <= now) {
            match due {
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

    /// Starts the program that was booted, if this board knows it.
    fn run(&mut self, now: Moment) {
        let Stage::Starting { cause, program } = &self.stage else {
            return;
        };
        let (cause, program) = (*cause, program.clone());
        let chip = self.setup.chip;
        let Some(kind) = program.as_ref().and_then(|program| Kind::by_name(&program.name)) else {
            self.stage = Stage::Unknown;
            self.print(now, &not_known(program.as_ref()));
            return;
        };
        let provisioning = self.setup.provisioning.on(chip, &self.flash);
        self.stage = Stage::Running(Box::new(App::new(kind, provisioning, now)));
        let kept = read_kept(&self.flash, Region::of(chip, &self.flash));
        self.tell(now, Told::Wake { cause: cause.wake_cause(chip), kept });
    }

    fn tell(&mut self, now: Moment, told: Told) {
        let Stage::Running(app) = &mut self.stage else {
            return;
        };
        for want in app.handle(now, told, &self.sensors) {
            self.grant(now, want);
        }
    }

    fn grant(&mut self, now: Moment, want: Want) {
        let ask = match want {
            Want::Console(line) => return self.print(now, &format!("{line}\r\n")),
            Want::Drive(actuator) => {
                return self.outputs.push(Output::Event(Event::Drive(actuator)));
            }
            Want::Persist(bytes) => {
                let region = Region::of(self.setup.chip, &self.flash);
                // A region lies inside the flash, so this cannot fail.
                let _ = write_kept(&mut self.flash, region, &bytes);
                return;
            }
            Want::Sleep { seconds } => {
                self.end_life();
                self.stage = Stage::Asleep;
                let at = now.after(Duration::from_secs(seconds.into()));
                self.due = Some((at, Due::Reset(ResetCause::DeepSleep)));
                return self.outputs.push(Output::Event(Event::Sleep { seconds }));
            }
            Want::AskTime => Ask::Date,
            Want::Connect { address } => Ask::Connect { address },
            Want::Send(bytes) => Ask::Send(bytes),
            Want::Disconnect => Ask::Disconnect,
        };
        self.outputs.push(Output::Network { life: self.life, ask });
    }

    fn host_baud(&mut self, baud: u32) {
        self.line.host_baud = (baud > 0).then_some(baud);
    }

    fn serial(&mut self, now: Moment, bytes: Vec<u8>) {
        // Programs on this board read nothing from their console.
        let Stage::Loader(loader) = &mut self.stage else {
            return;
        };
        if let (true, Some(host_baud)) = (loader.finds_baud(), self.line.host_baud) {
            self.line.baud = host_baud;
        }
        let heard = self.line.heard(&self.faults, bytes);
        let mut timing = match self.setup.fidelity {
            Fidelity::Fast => FlashTiming::default(),
            Fidelity::Faithful => FlashTiming::TYPICAL,
        };
        if let Some(sector) = self.faults.slow_erase {
            timing.sector_erase = sector;
            timing.block_erase = sector * 16;
        }
        let effects = loader.feed(&mut self.flash, timing, &heard);
        for effect in effects {
            self.perform(now, effect);
        }
    }

    fn perform(&mut self, now: Moment, effect: Effect) {
        match effect {
            Effect::Baud(baud) => self.line.baud = baud,
            Effect::Busy(span) => self.line.hold(now, span),
            Effect::Raw(bytes) => self.send(now, bytes),
            Effect::Reply { op: opcode, bytes } => {
                if matches!(opcode, op::FLASH_DATA | op::FLASH_DEFL_DATA) {
                    self.faults.count_block();
                }
                self.line.hold(now, self.faults.answer_late);
                self.send(now, bytes);
            }
            Effect::Restart(Restart::Continue) => {
                self.end_life();
                self.boot(now, ResetCause::Software);
            }
            Effect::Restart(Restart::Software) => {
                self.reset(now, ResetCause::Software, BootMode::Run);
            }
            Effect::Restart(Restart::Watchdog) => {
                self.due = Some((now.after(WATCHDOG_BITE), Due::Reset(ResetCause::Watchdog)));
            }
            Effect::StubStarted => {}
            Effect::UserProgram { entry } => {
                let line = format!(
                    "virtual-board: a program was started in RAM at 0x{entry:08x}; this board runs \
                     no machine code\r\n"
                );
                self.stage = Stage::Unknown;
                self.print(now, &line);
            }
        }
    }

    fn send(&mut self, now: Moment, bytes: Vec<u8>) {
        if !self.faults.is_silent {
            self.line.send(now, bytes);
        }
    }

    fn print(&mut self, now: Moment, text: &str) {
        if !text.is_empty() {
            self.line.send(now, text.as_bytes().to_vec());
        }
    }
}

impl From<Heard> for Told {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Date { unix_ms } => Self::Time { unix_ms },
            Heard::NoDate => Self::NoTime,
            Heard::Connected => Self::Connected,
            Heard::ConnectFailed(reason) => Self::ConnectFailed(reason),
            Heard::Received(bytes) => Self::Received(bytes),
            Heard::Closed => Self::Closed,
            Heard::Reset => Self::Reset,
        }
    }
}

/// The line for a program that this board cannot run.
fn not_known(program: Option<&Descriptor>) -> String {
    match program {
        Some(Descriptor { name, version, .. }) => format!(
            "virtual-board: booted \"{}\" {}, which this board does not know; it runs no machine \
             code\r\n",
            name.escape_default(),
            version.escape_default()
        ),
        None => "virtual-board: booted an image without application descriptor; this board runs \
                 no machine code\r\n"
            .to_owned(),
    }
}
