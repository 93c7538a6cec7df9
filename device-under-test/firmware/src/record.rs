//! What a thing keeps across a sleep and a power cut: two places that take turns, so that one good record is always
//! there, wherever the power is cut.
//!
//! A record, numbers little-endian:
//!
//! | what | bytes |
//! | --- | --- |
//! | `KEPT` | 4 |
//! | sequence: one more than that of the record before | 4 |
//! | bytes of the data | 4 |
//! | CRC-32 of sequence, length and data | 4 |
//! | data | at most 512 |
//!
//! The newer of two good records is the one whose sequence is ahead by less than half of all numbers. A copy in memory that
//! survives a sleep may stand beside the places in the flash: it is a place like them.

use thing::{STATE_BYTES_MAX, crc32};

/// What a record begins with.
const MAGIC: &[u8; 4] = b"KEPT";

/// Bytes before the data.
const HEAD_BYTES: usize = 16;

/// Bytes of the longest record.
pub const RECORD_BYTES_MAX: usize = HEAD_BYTES + STATE_BYTES_MAX;

/// The sectors that take turns, counted from the beginning of the partition.
pub const SECTORS: [usize; 2] = [1, 2];

/// A record that is whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Record<'a> {
    /// Its place in the order of all records.
    pub sequence: u32,
    /// What is kept.
    pub data: &'a [u8],
}

impl<'a> Record<'a> {
    /// Reads the record at the beginning of these bytes; `None` when none is there, or it is not whole.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let sequence = word(4)?;
        let data = bytes.get(HEAD_BYTES..length(announced(bytes)?))?;
        (word(12)? == check(sequence, data)).then_some(Self { sequence, data })
    }

    /// The bytes of this record, and how many they are; data beyond [`STATE_BYTES_MAX`] is cut off.
    #[must_use]
    pub fn write(&self) -> ([u8; RECORD_BYTES_MAX], usize) {
        let data = self.data.get(..STATE_BYTES_MAX).unwrap_or(self.data);
        let mut bytes = [0xff; RECORD_BYTES_MAX];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4..8].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[8..12].copy_from_slice(&(data.len() as u32).to_le_bytes());
        bytes[12..16].copy_from_slice(&check(self.sequence, data).to_le_bytes());
        bytes[HEAD_BYTES..HEAD_BYTES + data.len()].copy_from_slice(data);
        (bytes, length(data.len()))
    }

    const fn is_newer_than(&self, other: &Self) -> bool {
        self.sequence.wrapping_sub(other.sequence).cast_signed() > 0
    }
}

/// Bytes of what is kept, as the record says that begins with these bytes; `None` where none begins.
#[must_use]
pub fn announced(bytes: &[u8]) -> Option<usize> {
    let word = bytes.get(8..12)?.try_into().ok().map(u32::from_le_bytes);
    let length = word.filter(|_| bytes.starts_with(MAGIC))?;
    usize::try_from(length).ok().filter(|length| *length <= STATE_BYTES_MAX)
}

/// Bytes of the record that keeps so many.
#[must_use]
pub const fn length(data: usize) -> usize {
    HEAD_BYTES + data
}

/// The newest whole record of these places, and the number of its place.
pub fn newest<'a>(places: impl IntoIterator<Item = &'a [u8]>) -> Option<(usize, Record<'a>)> {
    let mut newest: Option<(usize, Record<'a>)> = None;
    for (place, bytes) in places.into_iter().enumerate() {
        let Some(record) = Record::read(bytes) else { continue };
        if newest.is_none_or(|(_, other)| record.is_newer_than(&other)) {
            newest = Some((place, record));
        }
    }
    newest
}

/// The sequence of the record after the newest of the two places in the flash, and the place that it goes to: the one
/// that does not hold the newest.
#[must_use]
pub fn next(newest: Option<(usize, Record<'_>)>) -> (u32, usize) {
    newest.map_or((1, 0), |(place, record)| (record.sequence.wrapping_add(1), 1 - place.min(1)))
}

fn check(sequence: u32, data: &[u8]) -> u32 {
    let head = sequence.to_le_bytes().into_iter().chain((data.len() as u32).to_le_bytes());
    crc32(head.chain(data.iter().copied()))
}
