//! The way to a loader that answers, with every rung of the ladder told.

use std::time::{Duration, Instant};

use super::{FlashError, Loader, Symptom};
use crate::board::console::Lines;
use crate::board::pins::Pins;
use crate::board::port::{BAUD_DEFAULT, BootInto, Pace, PortError, SerialPort};

/// Attempts with a reset each, quick and slow in turn.
const ATTEMPTS_MAX: usize = 7;

/// Attempts where nobody can be reset: then only the line can have been disturbed.
const ATTEMPTS_WITHOUT_RESET: usize = 2;

/// How often a board that answered is asked who it is.
const ASKED_MAX: usize = 3;

/// Syncs of one attempt.
const SYNCS_MAX: usize = 5;

/// Brownouts after which it is the supply, and trying on does harm.
const BROWNOUTS_MAX: usize = 3;

/// How long a port may be away that a reset or a supply took along.
pub(crate) const AWAY_MAX: Duration = Duration::from_secs(10);

/// From a reset to the end of what a ROM prints.
const BOOT_LOG: Duration = Duration::from_millis(60);

/// Lines of the chip that an error shows.
const LINES_SHOWN: usize = 8;

/// Where attempts, retries and their reasons are told, one line each.
pub type Notes<'a> = dyn FnMut(String) + 'a;

/// Resets the chip into its loader and syncs with it, up to seven times, with a reason told for each further time. Without a way
/// to reset, the chip has to wait for a download already.
///
/// # Errors
///
/// The port fails, or the chip does something else than answer ([`FlashError::NoAnswer`] says what).
pub fn connect<'a>(
    port: &'a mut SerialPort,
    pins: &mut dyn Pins,
    notes: &mut Notes<'_>,
) -> Result<Loader<'a>, FlashError> {
    let mut attempts = ATTEMPTS_MAX;
    let mut brownouts = 0;
    for attempt in 1.. {
        let pace = if attempt % 2 == 1 { Pace::Quick } else { Pace::Slow };
        let reached = reset(port, pins, pace)?;
        if reached == Reached::Nobody {
            attempts = ATTEMPTS_WITHOUT_RESET;
        }
        let mut loader = Loader::new(port);
        if sync(&mut loader, AWAY_MAX)? {
            let found = loader.found();
            return Ok(Loader::again(port, found));
        }
        let printed = loader.printed();
        let symptom = match (reached, symptom(&printed)) {
            // It started by itself: nobody has asked it for its loader.
            (Reached::Nobody, Symptom::WrongBootMode) => Symptom::Talks,
            (_, symptom) => symptom,
        };
        brownouts += usize::from(symptom == Symptom::Brownout);
        if attempt >= attempts || brownouts >= BROWNOUTS_MAX {
            let heard = last_lines(&printed);
            return Err(FlashError::NoAnswer { attempts: attempt, symptom, heard });
        }
        notes(format!(
            "attempt {attempt} of {attempts}: the chip {}; trying again",
            symptom.words()
        ));
    }
    // The loop above ends by itself only after more attempts than there are numbers.
    Err(FlashError::Silent { asked: "sync" })
}

/// Connects and asks something, once more where the line fails: one byte that is lost must not end what has barely begun.
///
/// # Errors
///
/// As [`connect`], or the answer of the third time.
pub(crate) fn ask<T>(
    port: &mut SerialPort,
    pins: &mut dyn Pins,
    notes: &mut Notes<'_>,
    mut what: impl FnMut(&mut Loader<'_>) -> Result<T, FlashError>,
) -> Result<T, FlashError> {
    let mut asked = 0;
    loop {
        asked += 1;
        let mut loader = connect(&mut *port, &mut *pins, &mut *notes)?;
        match what(&mut loader) {
            Err(error) if error.is_of_the_line() && asked < ASKED_MAX => {
                notes(format!("{error}; trying again"));
            }
            result => return result,
        }
    }
}

/// Whether the chip does anything at a few resets into its loader; `None` where no reset reaches it, so that it may just be quiet. A port that
/// is gone answers nothing.
pub(crate) fn answers(port: &mut SerialPort, pins: &mut dyn Pins) -> Option<bool> {
    // One that is silent may be late, on a busy machine as well.
    let mut answer = None;
    for _ in 0..ASKED_MAX {
        answer = answers_once(port, pins);
        if answer != Some(false) {
            break;
        }
    }
    answer
}

fn answers_once(port: &mut SerialPort, pins: &mut dyn Pins) -> Option<bool> {
    let cleared = port.set_baud(BAUD_DEFAULT).and_then(|()| port.clear_input());
    let reached = match cleared.and_then(|()| pins.reset(port, BootInto::Download, Pace::Quick)) {
        Ok(()) => Reached::Chip,
        Err(PortError::NoLines { .. }) => Reached::Nobody,
        Err(error) => return error.is_gone().then_some(false),
    };
    let mut loader = Loader::new(port);
    match sync(&mut loader, Duration::ZERO) {
        Ok(true) => return Some(true),
        Err(FlashError::Port(error)) if error.is_gone() => return Some(false),
        Err(_) => return None,
        Ok(false) => {}
    }
    // A line without a supply at its other end may pick something up, and no words.
    match (symptom(&loader.printed()), reached) {
        (Symptom::Silent | Symptom::Garbage, Reached::Nobody) => None,
        (Symptom::Silent | Symptom::Garbage, Reached::Chip) => Some(false),
        _ => Some(true),
    }
}

/// Whether a reset reaches anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    Chip,
    Nobody,
}

/// Resets into the loader, and follows a port that vanishes by it.
fn reset(port: &mut SerialPort, pins: &mut dyn Pins, pace: Pace) -> Result<Reached, FlashError> {
    match port.set_baud(BAUD_DEFAULT).and_then(|()| port.clear_input()) {
        Err(error) if error.is_gone() => port.reopen(AWAY_MAX)?,
        result => result?,
    }
    match pins.reset(port, BootInto::Download, pace) {
        Ok(()) => Ok(Reached::Chip),
        Err(PortError::NoLines { .. }) => Ok(Reached::Nobody),
        Err(error) if error.is_gone() => {
            port.reopen(AWAY_MAX)?;
            Ok(Reached::Chip)
        }
        Err(error) => Err(error.into()),
    }
}

/// Lets the ROM print, then syncs a few times. A port that a reset took along is waited for so long.
fn sync(loader: &mut Loader<'_>, away: Duration) -> Result<bool, FlashError> {
    let quiet = Instant::now() + BOOT_LOG;
    match loader.next_frame(quiet) {
        Err(FlashError::Port(error)) if error.is_gone() && !away.is_zero() => {
            loader.port.reopen(away)?;
        }
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    for _ in 0..SYNCS_MAX {
        if loader.sync()? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a chip that does not answer was doing, by what it printed.
fn symptom(printed: &[u8]) -> Symptom {
    let text = String::from_utf8_lossy(printed);
    let is_text = |c: char| c.is_ascii_graphic() || c.is_ascii_whitespace() || c == '\x1b';
    let noise = text.chars().filter(|c| !is_text(*c)).count();
    if printed.is_empty() {
        Symptom::Silent
    } else if text.contains("rownout detector") || text.contains("BROWN") {
        Symptom::Brownout
    } else if ["waiting for download", " (DOWNLOAD", "boot mode:(1"]
        .iter()
        .any(|words| text.contains(words))
    {
        Symptom::NoSyncReply
    } else if text.contains(",boot:0x") || text.contains("boot mode:(3") {
        Symptom::WrongBootMode
    } else if noise * 4 > text.chars().count() {
        Symptom::Garbage
    } else {
        Symptom::Talks
    }
}

fn last_lines(printed: &[u8]) -> String {
    let mut lines = Lines::default();
    let mut text = lines.feed(printed);
    text.extend(lines.end());
    let first = text.len().saturating_sub(LINES_SHOWN);
    text[first..]
        .iter()
        .map(|line| format!("  {}", line.text.escape_debug()))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(printed: &[u8], expected: Symptom) {
        assert_eq!(symptom(printed), expected, "{}", String::from_utf8_lossy(printed));
    }

    #[test]
    fn what_a_chip_did_is_known_by_what_it_printed() {
        check(b"", Symptom::Silent);
        check(b"rst:0x1 (POWERON),boot:0xc (SPI_FAST_FLASH_BOOT)\r\n", Symptom::WrongBootMode);
        check(
            b"rst:0x1 (POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1))\r\nwaiting for download\r\n",
            Symptom::NoSyncReply,
        );
        // The last line may be lost, and the ESP8266 has none.
        check(b"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwai", Symptom::NoSyncReply);
        check(b" ets Jan  8 2013,rst cause:2, boot mode:(1,6)\r\n", Symptom::NoSyncReply);
        check(
            b"boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n\r\nBrownout detector was triggered\r\n",
            Symptom::Brownout,
        );
        check(b"rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13", Symptom::Brownout);
        check(b" ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n", Symptom::WrongBootMode);
        check(b"hello from a program\r\n", Symptom::Talks);
        check(&[0xfc, 0x80, 0x12, 0xee, 0x00, 0x9c], Symptom::Garbage);
    }
}
