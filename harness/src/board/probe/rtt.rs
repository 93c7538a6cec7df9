//! RTT: a control block in the memory of the chip that names rings of bytes, up to the host and down to the chip (SEGGER's description of
//! Real Time Transfer).
//!
//! ```text
//! "SEGGER RTT" 6 × 0 | up rings | down rings | for each ring: name, buffer, size, written to, read to, flags (32 bits each)
//! ```
//!
//! What is in memory was put there by a firmware that may be broken, so nothing of it is trusted: all counts have bounds, and offsets that
//! point outside of their ring are an error.

use std::ops::Range;

use object::{Object, ObjectSymbol};

use super::error::ProbeError;
use super::link::{Link, Memory};

/// What a control block begins with.
const MAGIC: &[u8; 16] = b"SEGGER RTT\0\0\0\0\0\0";

/// What the firmware calls its control block.
const SYMBOL: &str = "_SEGGER_RTT";

/// The bytes of the head, and of one ring.
const HEAD_BYTES: usize = 24;
const RING_BYTES: usize = 24;

/// The most rings each way; firmware has a handful.
const RINGS_MAX: u32 = 32;

/// The largest ring; chips have a few hundred KiB of memory.
const SIZE_MAX: u32 = 1 << 20;

/// The most bytes of the name of a ring.
const NAME_BYTES_MAX: usize = 32;

/// How much of the memory is searched at once: what a probe reads in a few hundredths of a second.
const PIECE_BYTES: u64 = 4096;

/// Where the fields of a ring are that change.
const WRITTEN_AT: u64 = 12;
const READ_AT: u64 = 16;

/// The address of the control block, by its symbol in the ELF; `None` where the firmware has none or the file is no ELF.
#[must_use]
pub fn control_block_in(elf: &[u8]) -> Option<u64> {
    // What reads it wants its first byte where the allocator puts one.
    let elf = elf.to_vec();
    let file = object::File::parse(elf.as_slice()).ok()?;
    let is_it = |symbol: &object::Symbol<'_, '_>| {
        symbol.name() == Ok(SYMBOL) && symbol.section_index().is_some()
    };
    file.symbols().find(is_it).map(|symbol| symbol.address())
}

/// A search for a control block whose place is not known, piece by piece, over and over: the firmware makes it when it starts.
#[derive(Debug, Default)]
pub struct Search {
    left: Vec<Range<u64>>,
}

impl Search {
    /// Looks at the next piece; gives the place of a control block in it.
    ///
    /// # Errors
    ///
    /// The chip does not answer.
    pub fn next(&mut self, link: &mut dyn Link) -> Result<Option<u64>, ProbeError> {
        if self.left.is_empty() {
            self.left = link.ram();
        }
        let Some(mut region) = self.left.pop().filter(|region| !region.is_empty()) else {
            return Ok(None);
        };
        let length = region.end.saturating_sub(region.start).min(PIECE_BYTES);
        let mut piece = vec![0; length as usize];
        link.read(region.start, &mut piece)?;
        let found = piece.windows(MAGIC.len()).position(|window| window == MAGIC);
        let found = found.map(|found| region.start + found as u64);
        // One that lies across two pieces is whole in neither, so they overlap.
        region.start += length;
        if region.start < region.end {
            region.start -= (MAGIC.len() as u64).min(length - 1);
            self.left.push(region);
        }
        Ok(found)
    }
}

/// A ring, as the control block describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    /// What the firmware calls it, as `defmt` or `Terminal`.
    pub name: String,
    /// Where its description is.
    at: u64,
    buffer: u64,
    size: u32,
}

/// The rings of a firmware that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rtt {
    at: u64,
    /// From the chip.
    pub up: Vec<Ring>,
    /// To the chip.
    pub down: Vec<Ring>,
}

impl Rtt {
    /// Reads the control block at an address; `None` while there is none, as before the firmware has made it.
    ///
    /// # Errors
    ///
    /// The chip does not answer, or the block is broken.
    pub fn read(memory: &mut dyn Memory, at: u64) -> Result<Option<Self>, ProbeError> {
        let mut head = [0; HEAD_BYTES];
        memory.read(at, &mut head)?;
        if !head.starts_with(MAGIC) {
            return Ok(None);
        }
        let (ups, downs) = (word(&head, 16), word(&head, 20));
        if ups > RINGS_MAX || downs > RINGS_MAX {
            return Err(ProbeError::BrokenRtt { at, what: "has more rings than any firmware" });
        }
        let mut rings = Vec::new();
        for index in 0..u64::from(ups + downs) {
            let at = at + HEAD_BYTES as u64 + index * RING_BYTES as u64;
            rings.push(ring(memory, at)?);
        }
        let down = rings.split_off(ups as usize);
        Ok(Some(Self { at, up: rings, down }))
    }

    /// Whether the control block is still there: a chip that was reset, or woke, has none until its firmware makes it again.
    ///
    /// # Errors
    ///
    /// The chip does not answer.
    pub fn is_there(&self, memory: &mut dyn Memory) -> Result<bool, ProbeError> {
        let mut magic = [0; MAGIC.len()];
        memory.read(self.at, &mut magic)?;
        Ok(magic == *MAGIC)
    }

    /// The ring that carries the console: the one for defmt if there is one, or else the first.
    #[must_use]
    pub fn console(&self) -> Option<&Ring> {
        let is_defmt = |ring: &&Ring| ring.name == super::defmt::RING;
        self.up.iter().find(is_defmt).or_else(|| self.up.iter().find(|ring| ring.size > 0))
    }
}

impl Ring {
    /// Takes what is in a ring from the chip.
    ///
    /// # Errors
    ///
    /// The chip does not answer, or the ring is broken.
    pub fn take(&self, memory: &mut dyn Memory) -> Result<Vec<u8>, ProbeError> {
        let (written, read) = self.offsets(memory)?;
        let mut bytes = Vec::new();
        if read > written {
            bytes = self.slice(memory, read, self.size)?;
        }
        let from = if read > written { 0 } else { read };
        bytes.extend(self.slice(memory, from, written)?);
        if !bytes.is_empty() {
            memory.write(self.at + READ_AT, &written.to_le_bytes())?;
        }
        Ok(bytes)
    }

    /// Puts bytes into a ring to the chip, as many as there is room for; says how many.
    ///
    /// # Errors
    ///
    /// As [`Ring::take`].
    pub fn put(&self, memory: &mut dyn Memory, bytes: &[u8]) -> Result<usize, ProbeError> {
        let (written, read) = self.offsets(memory)?;
        let size = self.size as usize;
        if size == 0 {
            return Ok(0);
        }
        // One byte stays free: equal offsets mean an empty ring.
        let room = (read as usize + size - written as usize - 1) % size;
        let bytes = &bytes[..bytes.len().min(room)];
        let (first, rest) = bytes.split_at(bytes.len().min(size - written as usize));
        if !first.is_empty() {
            memory.write(self.buffer + u64::from(written), first)?;
        }
        if !rest.is_empty() {
            memory.write(self.buffer, rest)?;
        }
        let written = (written as usize + bytes.len()) % size;
        memory.write(self.at + WRITTEN_AT, &(written as u32).to_le_bytes())?;
        Ok(bytes.len())
    }

    fn offsets(&self, memory: &mut dyn Memory) -> Result<(u32, u32), ProbeError> {
        let mut offsets = [0; 8];
        memory.read(self.at + WRITTEN_AT, &mut offsets)?;
        let (written, read) = (word(&offsets, 0), word(&offsets, 4));
        if written.max(read) >= self.size.max(1) {
            return Err(ProbeError::BrokenRtt { at: self.at, what: "points outside of its ring" });
        }
        Ok((written, read))
    }

    fn slice(&self, memory: &mut dyn Memory, from: u32, to: u32) -> Result<Vec<u8>, ProbeError> {
        let mut bytes = vec![0; (to - from) as usize];
        if !bytes.is_empty() {
            memory.read(self.buffer + u64::from(from), &mut bytes)?;
        }
        Ok(bytes)
    }
}

fn ring(memory: &mut dyn Memory, at: u64) -> Result<Ring, ProbeError> {
    let mut words = [0; RING_BYTES];
    memory.read(at, &mut words)?;
    let (name, buffer, size) = (word(&words, 0), word(&words, 4), word(&words, 8));
    if size > SIZE_MAX {
        return Err(ProbeError::BrokenRtt { at, what: "has a ring larger than any memory" });
    }
    let mut text = [0; NAME_BYTES_MAX];
    // A name in the flash may not be readable while the chip runs; the ring is there all the same.
    let is_named = name != 0 && memory.read(name.into(), &mut text).is_ok();
    let name = text.split(|byte| *byte == 0).next().filter(|_| is_named).unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    Ok(Ring { name, at, buffer: buffer.into(), size })
}

/// The word at a place that is inside the bytes.
fn word(bytes: &[u8], at: usize) -> u32 {
    let word = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    word.map_or(0, u32::from_le_bytes)
}
