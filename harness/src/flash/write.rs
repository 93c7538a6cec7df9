//! Parts onto a chip: what is there already is skipped, what was written is verified.

use std::time::SystemTime;

use espflash::flasher::Flasher;
use espflash::image_format::Segment;
use espflash::target::ProgressCallbacks;

use super::guarded::guarded;
use super::image::Part;
use super::{FlashError, Identity, connect, esp8266, read_back};
use crate::board::pins::Pins;
use crate::board::port::{BAUD_DEFAULT, SerialPort, Wiring};
use crate::inventory::rate::{Rate, Rates};
use crate::inventory::wear::Wears;
pub use crate::scenario::plan::Rewrite;

/// The rates that are tried one after another: a cable or an adapter that fails at one may work at the next.
const BAUDS: [u32; 3] = [921_600, 460_800, BAUD_DEFAULT];

/// The rate that most cables and adapters bear.
pub const BAUD_FLASHING: u32 = 460_800;

/// What is to be done with a chip.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// What goes where.
    pub parts: &'a [Part],
    /// Whether the whole flash is erased first.
    pub erase: EraseFirst,
    /// Whether what is there already is written again.
    pub rewrite: Rewrite,
    /// The highest rate of the line; `None` for what suits the port.
    pub baud_max: Option<u32>,
    /// Where it is remembered which rate failed; `None` where nobody wants to know.
    pub rates: Option<&'a Rates>,
    /// Where it is counted how often the flash was written, and when it was read back; `None` where nobody wants to know.
    pub wears: Option<&'a Wears>,
}

/// Whether the whole flash is erased first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EraseFirst {
    /// It is.
    All,
    /// Only what is written.
    Nothing,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Parts that were written and verified.
    pub written: usize,
    /// Parts that were there already.
    pub skipped: usize,
    /// The bytes of what was written.
    pub bytes: u64,
    /// The rate of the line, in baud.
    pub baud: u32,
}

/// What is told while a chip is written, for a progress bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Update {
    /// The whole flash is being erased.
    Erasing,
    /// A part begins.
    Begins {
        /// What it is, and where.
        what: String,
        /// Its bytes.
        bytes: u64,
    },
    /// So many bytes of it are written.
    At(u64),
    /// It is being compared with what was sent.
    Verifying,
    /// The part is over.
    Over {
        /// Whether it was there already.
        skipped: bool,
    },
    /// Something that a reader should know, as a retry with its reason.
    Note(String),
}

/// Who watches.
pub type Watcher<'a> = dyn FnMut(Update) + 'a;

/// Writes parts onto the chip that was identified on this port, and verifies them. It is in a loader afterwards. A line that fails
/// is tried again at a lower rate, where what was written before is skipped.
///
/// # Errors
///
/// Nobody answers, the chip is another one than before, the flash does not hold what is written, or the line fails at every rate.
pub fn write(
    port: &mut SerialPort,
    pins: &mut dyn Pins,
    identity: &Identity,
    job: &Job<'_>,
    watcher: &mut Watcher<'_>,
) -> Result<Written, FlashError> {
    let mut job = *job;
    if let Some(rate) = job.rates.and_then(|rates| rates.recall(identity.mac)) {
        watcher(Update::Note(format!("{rate}")));
        job.baud_max = Some(job.baud_max.map_or(rate.worked, |baud| baud.min(rate.worked)));
    }
    let bauds = bauds(port, job.baud_max);
    let mut failed = None;
    for (index, baud) in bauds.iter().enumerate() {
        let result = match identity.chip.for_espflash() {
            Some(chip) => guarded(|| with_espflash(port, chip, &job, *baud, watcher)),
            None => esp8266::write(port, &job, *baud, watcher),
        };
        let error = match result {
            Ok(written) => {
                remember(&job, identity, failed, *baud);
                wear(port, identity, &job, (&written, watcher))?;
                return Ok(Written { baud: *baud, ..written });
            }
            Err(error) => error,
        };
        let Some(next) = bauds.get(index + 1).filter(|_| error.is_of_the_line()) else {
            return Err(error);
        };
        failed.get_or_insert((*baud, error.to_string()));
        watcher(Update::Note(format!("at {baud} baud: {error}; trying again at {next} baud")));
        // What is verified need not be sent a second time.
        job.rewrite = Rewrite::IfChanged;
        let found = connect(port, pins, &mut |note| watcher(Update::Note(note)))?.identify()?;
        if found != *identity {
            return Err(FlashError::AnotherBoard { wanted: identity.mac, found: found.mac });
        }
    }
    // There is at least one rate, and its error has been returned.
    Err(FlashError::Silent { asked: "write the flash" })
}

/// Remembers the rate that worked, where a higher one had failed. Who cannot be told so tries the higher one again the next time.
fn remember(job: &Job<'_>, identity: &Identity, failed: Option<(u32, String)>, worked: u32) {
    if let (Some(rates), Some((failed, reason))) = (job.rates, failed)
        && worked < failed
    {
        let _only_slower = rates.remember(identity.mac, &Rate { failed, worked, reason });
    }
}

/// Counts what was written, and once a week reads it all back: cells that are worn lose later what they held when it was verified.
fn wear(
    port: &mut SerialPort,
    identity: &Identity,
    job: &Job<'_>,
    (written, watcher): (&Written, &mut Watcher<'_>),
) -> Result<(), FlashError> {
    let Some(wears) = job.wears else { return Ok(()) };
    // Who cannot be told so counts less, and reads back more often.
    if written.written > 0 {
        let _counts_less = wears.count(identity.mac, written.bytes);
    }
    let now = SystemTime::now();
    if wears.is_due(identity.mac, now) {
        read_back::compare(port, job.parts)?;
        watcher(Update::Note("the flash was read back and compared, as once a week".into()));
        let _reads_again = wears.read_back(identity.mac, now);
    }
    Ok(())
}

/// The rates to try, the highest first. Where the rate means nothing, there is one.
fn bauds(port: &SerialPort, baud_max: Option<u32>) -> Vec<u32> {
    let is_real_line =
        matches!(port.wiring(), Wiring::Classic | Wiring::Custom { .. }) && port.usb().is_some();
    let first = baud_max.unwrap_or(if is_real_line { BAUD_FLASHING } else { BAUD_DEFAULT });
    let mut bauds = vec![first];
    bauds.extend(BAUDS.into_iter().filter(|baud| *baud < first));
    if bauds.len() == 1 {
        // Not every failure of a line is one of its rate.
        bauds.push(first);
    }
    bauds
}

fn with_espflash(
    port: &SerialPort,
    chip: espflash::target::Chip,
    job: &Job<'_>,
    baud: u32,
    watcher: &mut Watcher<'_>,
) -> Result<Written, FlashError> {
    let skip = job.rewrite == Rewrite::IfChanged;
    let baud = Some(baud).filter(|baud| *baud > BAUD_DEFAULT);
    let mut flasher = Flasher::connect(port.connection()?, true, true, skip, Some(chip), baud)?;
    if job.erase == EraseFirst::All {
        watcher(Update::Erasing);
        flasher.erase_flash()?;
    }
    let segments: Vec<_> =
        job.parts.iter().map(|part| Segment::new(part.offset, &part.bytes)).collect();
    let mut told =
        Told { parts: job.parts, at: 0, blocks: 0, written: Written::default(), watcher };
    flasher.write_bins_to_flash(&segments, &mut told)?;
    Ok(told.written)
}

/// Tells what espflash tells in blocks of what it sends.
struct Told<'a, 'b> {
    parts: &'a [Part],
    at: usize,
    blocks: usize,
    written: Written,
    watcher: &'a mut Watcher<'b>,
}

impl Told<'_, '_> {
    fn bytes(&self) -> u64 {
        self.parts.get(self.at).map_or(0, |part| part.bytes.len() as u64)
    }
}

impl ProgressCallbacks for Told<'_, '_> {
    fn init(&mut self, _: u32, blocks: usize) {
        self.blocks = blocks;
        let what = self.parts.get(self.at).map(Part::what).unwrap_or_default();
        let bytes = self.bytes();
        (self.watcher)(Update::Begins { what, bytes });
    }

    fn update(&mut self, done: usize) {
        let at = self.bytes() * done as u64 / self.blocks.max(1) as u64;
        (self.watcher)(Update::At(at));
    }

    fn verifying(&mut self) {
        (self.watcher)(Update::Verifying);
    }

    fn finish(&mut self, skipped: bool) {
        if skipped {
            // espflash tells of a part that it skips only here.
            self.init(0, 1);
            self.written.skipped += 1;
        } else {
            self.written.written += 1;
            self.written.bytes += self.bytes();
        }
        (self.watcher)(Update::Over { skipped });
        self.at += 1;
    }
}

impl From<espflash::Error> for FlashError {
    fn from(error: espflash::Error) -> Self {
        match error {
            espflash::Error::VerifyFailed => Self::VerifyFailed { what: None },
            error => Self::Line { why: plain(&error) },
        }
    }
}

/// An error of espflash with what caused it: its own words often name only the step.
fn plain(error: &espflash::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
