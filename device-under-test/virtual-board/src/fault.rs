//! What goes wrong on real benches, to order. Each fault is a complaint that many people had.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

/// A fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Each reply comes late.
    AnswerLate {
        /// How late.
        delay: Duration,
    },
    /// A sector does not hold what is programmed, so that checksums differ.
    BadSector {
        /// Its number: its address divided by 4096.
        sector: u32,
    },
    /// Bytes are garbled while the two ends of the line have different rates. Always so in faithful
    /// mode.
    BaudCheck,
    /// Bytes are garbled above a rate, as by a bad cable or adapter.
    BaudLimit {
        /// The highest rate that works.
        baud_max: u32,
    },
    /// The next boots end in a brownout, before anything runs.
    Brownouts {
        /// How many.
        count: u32,
    },
    /// A byte to the host is changed.
    CorruptByte {
        /// Which one, counted from the next, which is 0.
        after: u64,
    },
    /// A byte to the host is lost.
    DropByte {
        /// Which one, counted from the next, which is 0.
        after: u64,
    },
    /// A sector holds what is programmed while its checksum is taken, and loses a bit after that.
    FadingSector {
        /// Its number: its address divided by 4096.
        sector: u32,
    },
    /// The first bytes after each reset are lost.
    LoseAfterReset {
        /// How many.
        bytes: u32,
    },
    /// Bytes that are no answer come before the first answer after each reset, as from a bad cable or a
    /// program that still prints.
    Noise {
        /// How many.
        bytes: u32,
    },
    /// After each reset the port vanishes, and comes back under another name.
    Renumerate {
        /// How long it is away.
        away: Duration,
    },
    /// The board falls silent while its flash is written, until it is reset.
    SilentInFlashData {
        /// Blocks that are still answered.
        after: u32,
    },
    /// Erasing takes long.
    SlowErase {
        /// For each sector.
        sector: Duration,
    },
    /// Each reset ends in the loader, whatever the boot pin says.
    StayInDownload,
    /// The next resets into the loader end in a boot from flash.
    WrongBootMode {
        /// How many.
        count: u32,
    },
}

/// The faults in force, with what they count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) answer_late: Duration,
    pub(crate) baud_check: bool,
    pub(crate) baud_max: Option<u32>,
    pub(crate) brownouts: u32,
    corrupt_after: Option<u64>,
    drop_after: Option<u64>,
    lose_after_reset: u32,
    /// What of `lose_after_reset` is still to be lost.
    to_lose: u32,
    noise: u32,
    /// What of `noise` is still to come.
    noise_due: u32,
    pub(crate) renumerate: Option<Duration>,
    silent_after: Option<u32>,
    pub(crate) is_silent: bool,
    pub(crate) slow_erase: Option<Duration>,
    pub(crate) stay_in_download: bool,
    pub(crate) wrong_boot_modes: u32,
}

impl Faults {
    /// Puts a fault in force beside the others; a second one of a kind takes the place of the first.
    /// Bad and fading sectors are the flash's.
    pub(crate) fn begin(&mut self, fault: Fault) {
        match fault {
            Fault::AnswerLate { delay } => self.answer_late = delay,
            Fault::BadSector { .. } | Fault::FadingSector { .. } => {}
            Fault::BaudCheck => self.baud_check = true,
            Fault::BaudLimit { baud_max } => self.baud_max = Some(baud_max),
            Fault::Brownouts { count } => self.brownouts = count,
            Fault::CorruptByte { after } => self.corrupt_after = Some(after),
            Fault::DropByte { after } => self.drop_after = Some(after),
            Fault::LoseAfterReset { bytes } => self.lose_after_reset = bytes,
            Fault::Noise { bytes } => (self.noise, self.noise_due) = (bytes, bytes),
            Fault::Renumerate { away } => self.renumerate = Some(away),
            Fault::SilentInFlashData { after } => self.silent_after = Some(after),
            Fault::SlowErase { sector } => self.slow_erase = Some(sector),
            Fault::StayInDownload => self.stay_in_download = true,
            Fault::WrongBootMode { count } => self.wrong_boot_modes = count,
        }
    }

    /// A reset: silence ends, losing begins.
    pub(crate) fn reset(&mut self) {
        self.to_lose = self.lose_after_reset;
        self.noise_due = self.noise;
        self.is_silent = false;
    }

    /// A block for the flash came in; notes whether the board falls silent.
    pub(crate) fn count_block(&mut self) {
        match &mut self.silent_after {
            Some(0) => {
                self.is_silent = true;
                self.silent_after = None;
            }
            Some(left) => *left -= 1,
            None => {}
        }
    }

    /// The noise before an answer; empty where none is due. It holds no byte that begins or ends a frame.
    pub(crate) fn noise(&mut self) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.noise_due);
        (0..bytes).map(|at| (at.wrapping_mul(0x35) as u8 | 0x80) & 0xbf).collect()
    }

    /// What arrives at the host of these bytes.
    pub(crate) fn on_the_way(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        let is_clean =
            self.to_lose == 0 && self.corrupt_after.is_none() && self.drop_after.is_none();
        if is_clean {
            return bytes;
        }
        let mut arriving = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if self.to_lose > 0 {
                self.to_lose -= 1;
                continue;
            }
            if count_down(&mut self.drop_after) {
                continue;
            }
            let flip = if count_down(&mut self.corrupt_after) { 0x55 } else { 0 };
            arriving.push(byte ^ flip);
        }
        arriving
    }
}

/// Counts a byte; gives whether this was the one.
fn count_down(after: &mut Option<u64>) -> bool {
    match after {
        Some(0) => {
            *after = None;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fault: Fault, expected: &[&[u8]]) {
        let mut faults = Faults::default();
        faults.begin(fault);
        faults.reset();
        for arriving in expected {
            assert_eq!(faults.on_the_way(b"abc".to_vec()), *arriving, "{fault:?}");
        }
    }

    #[test]
    fn one_byte_is_dropped_or_changed() {
        check(Fault::DropByte { after: 4 }, &[b"abc", b"ac", b"abc"]);
        check(Fault::CorruptByte { after: 0 }, &[b"4bc", b"abc"]);
    }

    #[test]
    fn the_first_bytes_after_a_reset_are_lost() {
        check(Fault::LoseAfterReset { bytes: 4 }, &[b"", b"bc", b"abc"]);
    }
}
