//! The serial line: what comes in goes to the loader, and what it wants is done.

use std::time::Duration;

use super::machine::{Board, Due, Stage};
use crate::app::Told;
use crate::boot::ResetCause;
use crate::loader::{Effect, FlashTiming, Restart, op};
use crate::setup::{BootMode, Fidelity};
use crate::time::Moment;

/// From arming the watchdog to its bite.
const WATCHDOG_BITE: Duration = Duration::from_millis(50);

impl Board {
    pub(super) fn host_baud(&mut self, baud: u32) {
        self.line.host_baud = (baud > 0).then_some(baud);
    }

    pub(super) fn serial(&mut self, now: Moment, bytes: Vec<u8>) {
        if matches!(self.stage, Stage::Executing) {
            let heard = self.line.heard(&self.faults, bytes);
            self.execute(now, emulated_chip::Input::Serial(&heard));
            return;
        }
        if matches!(self.stage, Stage::Running(_)) {
            let heard = self.line.heard(&self.faults, bytes);
            self.tell(now, Told::Typed(heard));
            return;
        }
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

    pub(super) fn perform(&mut self, now: Moment, effect: Effect) {
        match effect {
            Effect::Baud(baud) => self.line.baud = baud,
            Effect::Busy(span) => self.line.hold(now, span),
            Effect::Raw(bytes) => self.send(now, bytes),
            Effect::Reply { op: opcode, bytes } => {
                if matches!(opcode, op::FLASH_DATA | op::FLASH_DEFL_DATA) {
                    self.faults.count_block();
                }
                self.line.hold(now, self.faults.answer_late);
                let noise = self.faults.noise();
                self.send(now, noise);
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

    pub(super) fn send(&mut self, now: Moment, bytes: Vec<u8>) {
        if !self.faults.is_silent {
            self.line.send(now, bytes);
        }
    }

    pub(super) fn print(&mut self, now: Moment, text: &str) {
        if !text.is_empty() {
            self.line.send(now, text.as_bytes().to_vec());
        }
    }
}
