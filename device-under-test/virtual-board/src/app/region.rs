//! The part of the flash where settings and memories of a program stand.

use crate::chips::Chip;
use crate::flash::{Flash, SECTOR_BYTES};
use crate::image::{PARTITION_TABLE_AT, Partition};

/// Sectors that the board uses of it: the provisioning, and two that the state alternates between.
const SECTORS: u32 = 3;

/// A part of the flash.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Region {
    /// Where it begins, at a sector.
    pub offset: u32,
    /// Its bytes, whole sectors.
    pub size: u32,
}

impl Region {
    /// The `nvs` partition of the flashed table, or where it usually is. On the ESP8266, which has no
    /// table, the place before the last five sectors that its frameworks use for the same.
    #[must_use]
    pub fn of(chip: Chip, flash: &Flash) -> Self {
        if chip == Chip::Esp8266 {
            let offset = flash.size() - 5 * SECTOR_BYTES - SECTORS * SECTOR_BYTES;
            return Self { offset, size: SECTORS * SECTOR_BYTES };
        }
        let table = flash.read(PARTITION_TABLE_AT, 0xc00);
        let is_usable = |partition: &Partition| {
            let end = partition.offset.checked_add(partition.size);
            partition.is_nvs()
                && partition.size >= SECTORS * SECTOR_BYTES
                && partition.offset.is_multiple_of(SECTOR_BYTES)
                && partition.size.is_multiple_of(SECTOR_BYTES)
                && end.is_some_and(|end| end <= flash.size())
        };
        let nvs = Partition::read_table(table).into_iter().find(is_usable);
        nvs.map_or(Self { offset: 0x9000, size: 0x6000 }, |nvs| Self {
            offset: nvs.offset,
            size: nvs.size,
        })
    }

    /// Where a sector of it begins.
    pub(crate) const fn sector(self, index: u32) -> u32 {
        self.offset + index * SECTOR_BYTES
    }
}
