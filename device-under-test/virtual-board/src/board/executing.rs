//! What was flashed, executed by a chip in software.

use emulated_chip::{FlashMemory, ResetKind};
use thing::{Actuator, Switch};

use super::keeping::Watched;
use super::machine::{Board, Due, Stage};
use crate::boot::ResetCause;
use crate::chips::Chip;
use crate::flash::Flash;
use crate::io::{Event, Output};
use crate::setup::{BootMode, Programs};
use crate::time::Moment;

/// Ticks of the chip in a microsecond.
const TICKS_PER_US: u64 = 160;

/// How long a chip that has much to execute is left alone, so that its board hears of others in between.
const TURN_US: u64 = 1000;

/// The pin with the light of the common small boards, which is on when it is low.
const LIGHT: usize = 8;

/// Where the random numbers of a chip come from: equal seeds and inputs make equal runs.
const SEED: u64 = 0x5eed;

impl Board {
    /// Whether machine code is executed here.
    pub(super) fn executes(&self) -> bool {
        self.setup.programs == Programs::Executed && self.setup.chip == Chip::Esp32c3
    }

    /// Starts the program whose image is at this place of the flash.
    pub(super) fn start_chip(&mut self, now: Moment, cause: ResetCause, at: u32) {
        let ticks = now.micros * TICKS_PER_US;
        let setup = emulated_chip::Setup { mac: self.setup.mac.0, seed: SEED };
        let chip =
            self.chip.get_or_insert_with(|| Box::new(emulated_chip::Chip::new(setup, ticks)));
        match chip.start(ticks, kind(cause), &self.flash, at) {
            Ok(()) => {
                self.stage = Stage::Executing;
                self.execute(now, emulated_chip::Input::Tick);
            }
            // The ROM has read the image before, so only a segment without memory is left.
            Err(error) => {
                self.stage = Stage::Stuck;
                self.print(now, &format!("virtual-board: the image does not start: {error:?}\r\n"));
            }
        }
    }

    pub(super) fn chip_wakes_at(&self) -> Option<Moment> {
        let chip = self.chip.as_ref()?;
        let micros = chip.wake_at()?.div_ceil(TICKS_PER_US);
        // Busy, it goes on in turns; one that is behind goes on at once.
        let is_busy = micros <= chip.time().div_ceil(TICKS_PER_US);
        Some(Moment { micros: if is_busy { micros + TURN_US } else { micros } })
    }

    /// Tells the chip, and lets it execute until now.
    pub(super) fn execute(&mut self, now: Moment, input: emulated_chip::Input<'_>) {
        if !matches!(self.stage, Stage::Executing) {
            return;
        }
        let Some(chip) = &mut self.chip else { return };
        let mut flash = Watched { flash: &mut self.flash, keeping: &mut self.keeping };
        let outputs = chip.handle(now.micros * TICKS_PER_US, input, &mut flash);
        for output in outputs {
            self.seen(now, output);
        }
        self.tell_of_kept(now);
    }

    fn seen(&mut self, now: Moment, output: emulated_chip::Output) {
        match output {
            emulated_chip::Output::Serial(bytes) => self.send(now, bytes),
            emulated_chip::Output::Frame(frame) => self.outputs.push(Output::Frame(frame)),
            emulated_chip::Output::Pin { gpio, is_high } => {
                self.outputs.push(Output::Event(Event::Pin { gpio, is_high }));
                if gpio == LIGHT {
                    let light = Actuator::Led(if is_high { Switch::Off } else { Switch::On });
                    self.outputs.push(Output::Event(Event::Drive(light)));
                }
            }
            emulated_chip::Output::Note(text) => {
                self.outputs.push(Output::Event(Event::Note { text }));
            }
            emulated_chip::Output::Reset(kind) => self.reset(now, cause(kind), BootMode::Run),
            emulated_chip::Output::Sleep { ticks } => {
                self.end_life();
                self.stage = Stage::Asleep;
                let micros = ticks.map(|ticks| ticks.div_ceil(TICKS_PER_US));
                self.due = micros.map(|micros| {
                    let at = Moment { micros: now.micros.saturating_add(micros) };
                    (at, Due::Reset(ResetCause::DeepSleep))
                });
                // To the nearest second, since programs sleep for so many and their clocks are a little off.
                let seconds = micros.map_or(u64::from(u32::MAX), |us| (us + 500_000) / 1_000_000);
                let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
                self.outputs.push(Output::Event(Event::Sleep { seconds }));
            }
        }
    }
}

/// What the chip's own register says about the cause of a start.
const fn kind(cause: ResetCause) -> ResetKind {
    match cause {
        ResetCause::BootWatchdog => ResetKind::TimerWatchdog0,
        ResetCause::Brownout => ResetKind::Brownout,
        ResetCause::DeepSleep | ResetCause::WakePin => ResetKind::DeepSleep,
        ResetCause::Pin | ResetCause::PowerOn => ResetKind::PowerOn,
        ResetCause::Software => ResetKind::Software,
        ResetCause::Usb => ResetKind::Usb,
        ResetCause::SystemWatchdog => ResetKind::RtcWatchdog,
        ResetCause::Watchdog => ResetKind::RtcWatchdogAll,
    }
}

/// The cause of the start that follows a reset. Resets of the core alone are resets of all: a boot loader follows either.
const fn cause(kind: ResetKind) -> ResetCause {
    match kind {
        ResetKind::Brownout => ResetCause::Brownout,
        ResetKind::DeepSleep => ResetCause::DeepSleep,
        ResetKind::PowerOn => ResetCause::PowerOn,
        ResetKind::Software | ResetKind::SoftwareCpu => ResetCause::Software,
        ResetKind::TimerWatchdog0
        | ResetKind::TimerWatchdog0Cpu
        | ResetKind::TimerWatchdog1
        | ResetKind::TimerWatchdog1Cpu => ResetCause::BootWatchdog,
        ResetKind::RtcWatchdog | ResetKind::RtcWatchdogCpu => ResetCause::SystemWatchdog,
        ResetKind::RtcWatchdogAll => ResetCause::Watchdog,
        ResetKind::Usb => ResetCause::Usb,
    }
}

impl FlashMemory for Flash {
    fn read(&self, address: u32, length: u32) -> &[u8] {
        self.read(address, length)
    }

    fn size(&self) -> u32 {
        self.size()
    }

    fn erase(&mut self, address: u32, length: u32) -> bool {
        self.erase(address, length).is_ok()
    }

    fn program(&mut self, address: u32, data: &[u8]) -> bool {
        self.program(address, data).is_ok()
    }

    fn jedec_id(&self) -> [u8; 3] {
        self.jedec_id()
    }
}
