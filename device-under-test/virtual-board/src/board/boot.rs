//! From a reset to the end of the boot.

use std::time::Duration;

use super::machine::{Board, Due, Stage};
use crate::boot::{ResetCause, Start, Started, banner, download_banner, start};
use crate::io::{Event, Output};
use crate::loader::Loader;
use crate::setup::{BootMode, Fidelity, Setup};
use crate::time::Moment;

/// From the ROM's last line to the program's first, on a faithful board.
const PROGRAM_START: Duration = Duration::from_millis(300);

/// From a boot that found nothing to the reset that follows.
const STUCK: Duration = Duration::from_secs(1);

/// From a boot to a brownout, for the fault.
const BROWNOUT_AFTER: Duration = Duration::from_millis(100);

/// The rate at which the ROM of the ESP8266 prints.
const ROM_BAUD_ESP8266: u32 = 74_880;
/// The rate of everything else.
const BAUD: u32 = 115_200;

impl Board {
    pub(super) fn reset(&mut self, now: Moment, cause: ResetCause, into: BootMode) {
        self.end_life();
        self.life += 1;
        self.due = None;
        self.line.let_go(now);
        self.faults.reset();
        let into = self.strapped(cause, into);
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
    fn strapped(&mut self, cause: ResetCause, into: BootMode) -> BootMode {
        // What resets no more than the core, or wakes it, leaves the latch of the pin as it is.
        let is_latched = matches!(
            cause,
            ResetCause::PowerOn | ResetCause::Pin | ResetCause::Brownout | ResetCause::Watchdog
        );
        let into = if self.low.boot && is_latched { BootMode::Download } else { into };
        let into = match into {
            _ if self.faults.stay_in_download => BootMode::Download,
            BootMode::Download if self.faults.wrong_boot_modes > 0 => {
                self.faults.wrong_boot_modes -= 1;
                BootMode::Run
            }
            into => into,
        };
        if cause != ResetCause::Usb {
            self.straps = into;
        }
        // A reset over USB does not look at the pin anew: what the pin brought into the loader stays there.
        if self.straps == BootMode::Download { BootMode::Download } else { into }
    }

    /// Boots from the flash; the banner stands already.
    pub(super) fn boot(&mut self, now: Moment, cause: ResetCause) {
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
            Started::Program { descriptor: program, at } => {
                self.line.baud = BAUD;
                self.stage = Stage::Starting { cause, program, at };
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
}
