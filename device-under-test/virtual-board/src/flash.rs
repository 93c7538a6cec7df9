//! The flash chip: erased by sector to all ones, programmed by clearing bits, never the other way.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeSet;

/// Bytes of a sector, the smallest part that can be erased.
pub const SECTOR_BYTES: u32 = 4096;

/// Bytes of the flash on common modules.
pub const FLASH_BYTES_DEFAULT: u32 = 4 * 1024 * 1024;

/// Bytes of the largest flash whose addresses have 24 bits.
pub const FLASH_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// The manufacturer and type of the chip as it answers to a read of its JEDEC id.
const JEDEC_MANUFACTURER: u8 = 0xc8;
const JEDEC_TYPE: u8 = 0x40;

/// Why the flash did not do what was asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FlashError {
    /// Part of the range lies beyond the end.
    BeyondEnd {
        /// Where the range begins.
        address: u32,
        /// Bytes of the range.
        length: u32,
    },
}

/// What was done to a flash since it was made.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Wear {
    /// Sectors erased, each time counted.
    pub sectors_erased: u64,
    /// Bytes programmed.
    pub bytes_programmed: u64,
    /// Bytes that were programmed to a value that needs bits set, so that they hold something else
    /// now: a sector was not erased before.
    pub bytes_not_erased: u64,
}

/// A NOR flash.
#[derive(Clone, Debug)]
pub struct Flash {
    bytes: Vec<u8>,
    wear: Wear,
    /// Sectors changed since the last [`Flash::take_changed`].
    changed: BTreeSet<u32>,
    /// Sectors that lose a bit when they are programmed.
    bad_sectors: BTreeSet<u32>,
    /// Sectors that lose a bit after they were checked.
    fading_sectors: BTreeSet<u32>,
    pub(crate) status: StatusRegisters,
}

/// The three status registers. Their bits are kept and do nothing: no sector is protected by them.
#[derive(Clone, Debug, Default)]
pub(crate) struct StatusRegisters {
    now: [u8; 3],
    /// What the next power-on finds.
    kept: [u8; 3],
    /// What may be written by the next command, if anything.
    enabled: Option<Keeps>,
}

/// What a write of the status registers lasts for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keeps {
    /// Until the power goes.
    Power,
    /// For good.
    Always,
}

impl StatusRegisters {
    /// What the flash answers to a command that reads one, and what the others do. `data` is what came behind the command.
    pub(crate) fn obey(&mut self, opcode: u8, data: &[u8]) -> Option<u8> {
        match opcode {
            0x05 => return Some(self.now[0]),
            0x35 => return Some(self.now[1]),
            0x15 => return Some(self.now[2]),
            0x06 => self.enabled = Some(Keeps::Always),
            0x50 => self.enabled = Some(Keeps::Power),
            0x04 => self.enabled = None,
            0x01 => self.write(0, data.get(..2).unwrap_or(data)),
            0x31 => self.write(1, data.get(..1).unwrap_or_default()),
            0x11 => self.write(2, data.get(..1).unwrap_or_default()),
            _ => {}
        }
        None
    }

    fn write(&mut self, first: usize, data: &[u8]) {
        let Some(keeps) = self.enabled.take() else { return };
        for (register, byte) in data.iter().enumerate().map(|(at, byte)| (first + at, *byte)) {
            if let Some(now) = self.now.get_mut(register) {
                *now = byte;
            }
            if let (Keeps::Always, Some(kept)) = (keeps, self.kept.get_mut(register)) {
                *kept = byte;
            }
        }
    }

    /// The power is gone.
    pub(crate) fn lose_power(&mut self) {
        (self.now, self.enabled) = (self.kept, None);
    }
}

impl Flash {
    /// An erased flash of 4 MiB.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Vec::new())
    }

    /// A flash that holds these bytes, the rest erased. Its size is the next power of two, from
    /// [`FLASH_BYTES_DEFAULT`] to [`FLASH_BYTES_MAX`]; what is beyond is cut off.
    #[must_use]
    pub fn of(mut bytes: Vec<u8>) -> Self {
        let wanted = bytes.len().next_power_of_two();
        let size = wanted.clamp(FLASH_BYTES_DEFAULT as usize, FLASH_BYTES_MAX as usize);
        bytes.resize(size, 0xff);
        Self {
            bytes,
            wear: Wear::default(),
            changed: BTreeSet::new(),
            bad_sectors: BTreeSet::new(),
            fading_sectors: BTreeSet::new(),
            status: StatusRegisters::default(),
        }
    }

    /// Its size in bytes, a power of two.
    #[must_use]
    pub fn size(&self) -> u32 {
        // Never more than FLASH_BYTES_MAX.
        self.bytes.len() as u32
    }

    /// All that it holds.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What was done to it.
    #[must_use]
    pub const fn wear(&self) -> Wear {
        self.wear
    }

    /// Whether each byte is erased.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0xff)
    }

    /// The answer to command 9F: manufacturer, type, and the size as a power of two.
    #[must_use]
    pub fn jedec_id(&self) -> [u8; 3] {
        [JEDEC_MANUFACTURER, JEDEC_TYPE, self.size().ilog2() as u8]
    }

    /// Up to `length` bytes from `address`; fewer at the end, none beyond it.
    #[must_use]
    pub fn read(&self, address: u32, length: u32) -> &[u8] {
        let start = (address as usize).min(self.bytes.len());
        let end = start.saturating_add(length as usize).min(self.bytes.len());
        &self.bytes[start..end]
    }

    /// Sets all bits of each sector that the range touches.
    ///
    /// # Errors
    ///
    /// [`FlashError::BeyondEnd`], and nothing is erased.
    pub fn erase(&mut self, address: u32, length: u32) -> Result<u32, FlashError> {
        self.check(address, length)?;
        if length == 0 {
            return Ok(0);
        }
        let first = address / SECTOR_BYTES;
        let last = (address + (length - 1)) / SECTOR_BYTES;
        for sector in first..=last {
            let start = (sector * SECTOR_BYTES) as usize;
            self.bytes[start..start + SECTOR_BYTES as usize].fill(0xff);
            self.changed.insert(sector);
        }
        let sectors = last - first + 1;
        self.wear.sectors_erased += u64::from(sectors);
        Ok(sectors)
    }

    /// Clears the bits that are clear in `data`; set bits stay what they were.
    ///
    /// # Errors
    ///
    /// [`FlashError::BeyondEnd`], and nothing is programmed.
    pub fn program(&mut self, address: u32, data: &[u8]) -> Result<(), FlashError> {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.check(address, length)?;
        let start = address as usize;
        for (cell, wanted) in self.bytes[start..start + data.len()].iter_mut().zip(data) {
            *cell &= wanted;
            self.wear.bytes_not_erased += u64::from(*cell != *wanted);
        }
        self.wear.bytes_programmed += u64::from(length);
        if let Some(last) = length.checked_sub(1) {
            let touched = address / SECTOR_BYTES..=(address + last) / SECTOR_BYTES;
            for sector in touched {
                self.changed.insert(sector);
                if self.bad_sectors.contains(&sector) {
                    // The middle of the sector, where an image is likely to have something.
                    self.bytes[(sector * SECTOR_BYTES + SECTOR_BYTES / 2) as usize] &= 0xfe;
                    self.bytes[(sector * SECTOR_BYTES) as usize] &= 0x7f;
                }
            }
        }
        Ok(())
    }

    /// Makes a sector lose bits whenever it is programmed, as worn cells do.
    pub fn spoil_sector(&mut self, sector: u32) {
        self.bad_sectors.insert(sector);
    }

    /// Makes a sector hold what is programmed until it was checked, and lose it then, as worn cells do later.
    pub fn fade_sector(&mut self, sector: u32) {
        self.fading_sectors.insert(sector);
    }

    /// A checksum over this range was asked for and told.
    pub(crate) fn was_checked(&mut self, address: u32, length: u32) {
        let end = address.saturating_add(length).min(self.size());
        let fading: Vec<_> =
            self.fading_sectors.iter().map(|sector| sector * SECTOR_BYTES).collect();
        for start in fading.into_iter().filter(|start| (address..end).contains(start)) {
            self.bytes[start as usize] &= self.bytes[start as usize].wrapping_sub(1);
            self.changed.insert(start / SECTOR_BYTES);
        }
    }

    /// Makes all sectors good again; what they hold stays.
    pub fn mend_sectors(&mut self) {
        self.bad_sectors.clear();
        self.fading_sectors.clear();
    }

    /// The sectors that changed since the last call, for whoever keeps the flash in a file.
    pub fn take_changed(&mut self) -> BTreeSet<u32> {
        std::mem::take(&mut self.changed)
    }

    fn check(&self, address: u32, length: u32) -> Result<(), FlashError> {
        let is_inside = address.checked_add(length).is_some_and(|end| end <= self.size());
        if is_inside { Ok(()) } else { Err(FlashError::BeyondEnd { address, length }) }
    }
}

impl Default for Flash {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn erasing_sets_whole_sectors() {
        let mut flash = Flash::of(vec![0; 3 * SECTOR_BYTES as usize]);
        assert_eq!(flash.erase(SECTOR_BYTES - 1, 2), Ok(2));
        assert_eq!(flash.read(0, 1), [0xff]);
        assert_eq!(flash.read(2 * SECTOR_BYTES, 1), [0]);
        assert_eq!(flash.take_changed().into_iter().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn programming_without_erasing_is_counted() {
        let mut flash = Flash::new();
        flash.program(8, &[0x0f, 0xf0]).unwrap();
        flash.program(8, &[0xf0, 0xf0]).unwrap();
        assert_eq!(flash.read(8, 2), [0, 0xf0]);
        assert_eq!(flash.wear().bytes_not_erased, 1);
    }

    #[test]
    fn nothing_reaches_beyond_the_end() {
        let mut flash = Flash::new();
        let end = flash.size();
        let beyond = FlashError::BeyondEnd { address: end - 1, length: 2 };
        assert_eq!(flash.erase(end - 1, 2), Err(beyond));
        assert_eq!(flash.program(end - 1, &[0, 0]), Err(beyond));
        assert_eq!(flash.read(end - 1, 2), [0xff]);
        assert_eq!(flash.read(u32::MAX, u32::MAX), b"");
    }

    #[test]
    fn a_bad_sector_does_not_hold_what_was_programmed() {
        let mut flash = Flash::new();
        flash.spoil_sector(1);
        flash.program(SECTOR_BYTES, &[0xff; 4096]).unwrap();
        assert_ne!(flash.read(SECTOR_BYTES, SECTOR_BYTES), [0xff; 4096]);
    }

    proptest! {
        #[test]
        fn programming_only_clears_bits(
            old: [u8; 8], new in proptest::collection::vec(any::<u8>(), 0..8), at in 0_u32..8,
        ) {
            let mut flash = Flash::of(old.to_vec());
            let before = flash.read(0, 16).to_vec();
            flash.program(at, &new).unwrap();
            for (before, after) in before.iter().zip(flash.read(0, 16)) {
                prop_assert_eq!(before & after, *after);
            }
        }

        #[test]
        fn no_range_makes_it_panic(address: u32, length: u32, data: Vec<u8>) {
            let mut flash = Flash::new();
            let _ = (flash.erase(address, length), flash.program(address, &data));
            prop_assert!(flash.read(address, length).len() <= length as usize);
        }
    }
}
