//! One page: a header, the states of its entries, the entries.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::entry::{ENTRY_BYTES, checksum};

/// Bytes of a page, which is also the unit in which flash is erased.
pub const PAGE_BYTES: usize = 4096;

/// Entries of a page.
pub(super) const ENTRIES: usize = 126;

/// Where the states of the entries begin, and where the entries do.
const STATES_AT: usize = 32;
const ENTRIES_AT: usize = 64;

/// States of a page; each takes bits away from the one before, so that a flash can go from one to the next.
const ACTIVE: u32 = 0xffff_fffe;
const FULL: u32 = 0xffff_fffc;
const FREEING: u32 = 0xffff_fff8;

/// Format version 2.
const VERSION: u8 = 0xfe;

/// The bits of an entry that is written.
const WRITTEN: u8 = 0b10;

/// A page that is being written.
pub(super) struct NewPage {
    bytes: Vec<u8>,
    used: usize,
}

impl NewPage {
    /// An empty page, the so many-th of its partition.
    pub(super) fn new(number: u32) -> Self {
        let mut bytes = vec![0xff; PAGE_BYTES];
        bytes[..4].copy_from_slice(&ACTIVE.to_le_bytes());
        bytes[4..8].copy_from_slice(&number.to_le_bytes());
        bytes[8] = VERSION;
        let crc = checksum(&[&bytes[4..28]]);
        bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        Self { bytes, used: 0 }
    }

    /// Entries that are left.
    pub(super) const fn left(&self) -> usize {
        ENTRIES - self.used
    }

    /// Writes bytes into the next entries; there must be room.
    pub(super) fn push(&mut self, data: &[u8]) {
        let at = ENTRIES_AT + self.used * ENTRY_BYTES;
        self.bytes[at..at + data.len()].copy_from_slice(data);
        for _ in 0..data.len().div_ceil(ENTRY_BYTES) {
            let bit = 2 * self.used;
            self.bytes[STATES_AT + bit / 8] &= !(1 << (bit % 8));
            self.used += 1;
        }
    }

    /// The bytes of a page behind which others come.
    pub(super) fn full(mut self) -> Vec<u8> {
        self.bytes[..4].copy_from_slice(&FULL.to_le_bytes());
        self.bytes
    }

    /// The bytes of the last page.
    pub(super) fn active(self) -> Vec<u8> {
        self.bytes
    }
}

/// A page as it stands in a flash.
#[derive(Clone, Copy)]
pub(super) struct Page<'a> {
    bytes: &'a [u8],
    /// Its place in the order of pages.
    pub(super) number: u32,
    /// The byte of its version.
    pub(super) version: u8,
}

impl<'a> Page<'a> {
    /// Reads a page; `None` for one that is erased or damaged, which ESP-IDF erases.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let is_whole = bytes.len() == PAGE_BYTES && is_page(bytes);
        is_whole.then_some(())?;
        Some(Self { bytes, number: word(4)?, version: *bytes.get(8)? })
    }

    /// Whether an entry is written, and was not taken back.
    pub(super) fn is_written(&self, index: usize) -> bool {
        let bit = 2 * index;
        self.bytes[STATES_AT + bit / 8] >> (bit % 8) & 0b11 == WRITTEN
    }

    /// The bytes from an entry on, so many entries; `None` beyond the page.
    pub(super) fn entries(&self, index: usize, count: usize) -> Option<&'a [u8]> {
        let end = index.checked_add(count).filter(|end| *end <= ENTRIES)?;
        self.bytes.get(ENTRIES_AT + index * ENTRY_BYTES..ENTRIES_AT + end * ENTRY_BYTES)
    }
}

/// Whether bytes begin like a page that is used: a head whose checksum is right.
#[must_use]
pub fn is_page(bytes: &[u8]) -> bool {
    let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let is_used = word(0).is_some_and(|state| [ACTIVE, FULL, FREEING].contains(&state));
    is_used && bytes.get(4..28).is_some_and(|head| word(28) == Some(checksum(&[head])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_a_wrong_header_is_none() {
        let good = NewPage::new(3).active();
        assert_eq!(Page::read(&good).map(|page| (page.number, page.version)), Some((3, VERSION)));
        for at in [0, 4, 8, 20, 28] {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            assert!(Page::read(&bad).is_none(), "{at}");
        }
        assert!(Page::read(&good[..4000]).is_none());
    }
}
