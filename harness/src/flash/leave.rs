//! The way out of a loader: a board that was flashed is to run, and some stay where they were flashed.

use std::time::{Duration, Instant};

use super::chip::WATCHDOG_KEY;
use super::{FlashError, Loader, Notes};
use crate::board::pins::Pins;
use crate::board::port::{BAUD_DEFAULT, BootInto, Pace, PortError, SerialPort};

/// It is on, and its first stage resets the whole chip.
const RESET_ALL: u32 = 0xd000_0102;

/// Until it bites, in cycles of a slow clock.
const SOON: u32 = 2_000;

/// Syncs with a loader that printed that it waits: it is there, and a busy machine may be late with its answers.
const SYNCS_MAX: usize = 20;

/// What a ROM says that waits for a download.
pub(crate) const IN_LOADER: &str = "waiting for download";

/// From a reset to the lines that say into what the chip started; nothing waits so long that starts a program.
const BOOT_LOG: Duration = Duration::from_millis(300);

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// What became of a board that is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The port has no reset lines, so it stays in its loader until somebody resets it.
    Nobody,
    /// It runs, or at least does not say that it waits for a download.
    Runs,
    /// It comes back to its loader whatever is done.
    Stays,
}

/// Resets a board into what was flashed. One that says that it waits for a download is reset again more slowly, then by its
/// watchdog, which looks at the boot pin anew where a reset over USB does not.
///
/// # Errors
///
/// The port fails. One that the reset takes along is none.
pub fn leave(
    port: &mut SerialPort,
    pins: &mut dyn Pins,
    notes: &mut Notes<'_>,
) -> Result<Left, PortError> {
    for pace in [Pace::Quick, Pace::Slow] {
        match pins.reset(port, BootInto::Run, pace) {
            Err(PortError::NoLines { .. }) => return Ok(Left::Nobody),
            Err(error) if error.is_gone() => return Ok(Left::Runs),
            result => result?,
        }
        if !waits(port)? {
            return Ok(Left::Runs);
        }
        let next = if pace == Pace::Quick { "again" } else { "by its watchdog" };
        notes(format!("the board is in its loader and should run: reset {next}"));
    }
    match restart_by_watchdog(port) {
        Ok(true) if !waits(port)? => Ok(Left::Runs),
        Err(FlashError::Port(error)) if error.is_gone() => Ok(Left::Runs),
        Err(FlashError::Port(error)) => Err(error),
        // What a loader says or does not say here is told as what it is: the board stays in it.
        Ok(_) | Err(_) => Ok(Left::Stays),
    }
}

/// Whether it waits for a download, as far as it says. A port that is gone waits for nothing.
fn waits(port: &mut SerialPort) -> Result<bool, PortError> {
    let until = Instant::now() + BOOT_LOG;
    let mut text = String::new();
    let mut buffer = [0; READ_BYTES];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        match port.read(&mut buffer, left) {
            Ok(count) => text.push_str(&String::from_utf8_lossy(&buffer[..count])),
            Err(error) if error.is_gone() => return Ok(false),
            Err(error) => return Err(error),
        }
        // The ESP8266 has no such line.
        if text.contains(IN_LOADER) || text.contains("boot mode:(1") {
            return Ok(true);
        }
        // Whatever comes behind the lines of the ROM's head is no loader.
        if text.contains("_BOOT)") || text.contains("boot mode:(3") {
            return Ok(false);
        }
    }
}

/// Has the watchdog of a chip reset it, which is the loader's own way out where no line reaches it. Says whether it was started: a
/// loader may not answer, and an ESP8266 and an ESP32 have none that is known.
///
/// # Errors
///
/// The port fails, or the loader refuses.
pub fn restart_by_watchdog(port: &mut SerialPort) -> Result<bool, FlashError> {
    port.set_baud(BAUD_DEFAULT)?;
    port.clear_input()?;
    let mut loader = Loader::new(port);
    let mut is_there = false;
    for _ in 0..SYNCS_MAX {
        is_there = is_there || loader.sync()?;
    }
    if !is_there {
        return Ok(false);
    }
    let Some(watchdog) = loader.chip()?.facts().watchdog else { return Ok(false) };
    loader.write_register(watchdog.protect, WATCHDOG_KEY)?;
    loader.write_register(watchdog.config + 4, SOON)?;
    loader.write_register(watchdog.config, RESET_ALL)?;
    loader.write_register(watchdog.protect, 0)?;
    Ok(true)
}
