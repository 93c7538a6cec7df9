//! What the ROM alone can do with a region of the flash, and which region settings are kept in.

use super::image::{
    PARTITION_TABLE_AT, PARTITION_TABLE_BYTES, Partition, PartitionKind, read_table,
};
use super::loader::{Loader, Speaker};
use super::packet::{self, op};
use super::{Chip, FlashError, Identity};
use crate::nvs;

/// The unit in which flash is erased.
pub(crate) const SECTOR_BYTES: u32 = 4096;

/// Sectors that the ROM of the ESP8266 erases at once, and what its faulty count makes of a request.
const SECTORS_OF_BLOCK: u32 = 16;

/// What the ROM reads at once.
const READ_BYTES: u32 = 64;

/// A block of data for the ROM.
const BLOCK_BYTES: u32 = 0x400;

/// Where settings are kept: the first partition for them, or where they usually are: on the ESP8266, which has no table, the three
/// sectors before the last five, which its frameworks use for the same.
#[must_use]
pub fn nvs_region(chip: Chip, flash_bytes: u32, table: &[Partition]) -> (u32, u32) {
    if chip == Chip::Esp8266 {
        return (flash_bytes.saturating_sub(8 * SECTOR_BYTES), 3 * SECTOR_BYTES);
    }
    let found = table.iter().find(|partition| partition.kind == PartitionKind::Nvs);
    found.map_or((0x9000, 0x6000), |partition| (partition.offset, partition.size))
}

impl Loader<'_> {
    /// Reads the partition table from the flash of an identified chip; `None` where there is none.
    ///
    /// # Errors
    ///
    /// The loader fails, or the table is damaged.
    pub fn read_table(
        &mut self,
        identity: &Identity,
    ) -> Result<Option<Vec<Partition>>, FlashError> {
        // The ESP8266 has none; a stub from before does not know this command.
        if identity.chip == Chip::Esp8266 || self.speaker() == Speaker::Stub {
            return Ok(None);
        }
        self.describe_flash(identity)?;
        let mut bytes = Vec::new();
        while bytes.len() < PARTITION_TABLE_BYTES as usize {
            let at = PARTITION_TABLE_AT + bytes.len() as u32;
            let reply = self.ask("read the flash", op::READ_FLASH_SLOW, &[at, READ_BYTES])?;
            let is_end = reply.data.iter().all(|byte| *byte == 0xff);
            bytes.extend(reply.data);
            if is_end {
                break;
            }
        }
        Ok(read_table(&bytes)?)
    }

    /// Reads a partition for settings by the ROM. Of a page that is none of NVS, as an erased one, only the head is read, and the
    /// rest is given as erased.
    ///
    /// # Errors
    ///
    /// The loader fails, or is a stub from before, which does not know this command.
    pub fn read_nvs(
        &mut self,
        identity: &Identity,
        (offset, size): (u32, u32),
    ) -> Result<Vec<u8>, FlashError> {
        let asked = "read the flash";
        if self.speaker() == Speaker::Stub {
            return Err(FlashError::Refused { asked, code: 0xff });
        }
        self.describe_flash(identity)?;
        let mut bytes = Vec::with_capacity(size as usize);
        for page in (offset..offset.saturating_add(size)).step_by(SECTOR_BYTES as usize) {
            let end = bytes.len() + SECTOR_BYTES as usize;
            while bytes.len() < end {
                let at = offset + bytes.len() as u32;
                let reply = self.ask(asked, op::READ_FLASH_SLOW, &[at, READ_BYTES])?;
                if reply.data.is_empty() {
                    return Err(FlashError::BadReply { asked });
                }
                let is_other = at == page && !nvs::is_page(&reply.data);
                bytes.extend(reply.data);
                if is_other {
                    bytes.resize(end, 0xff);
                }
            }
        }
        bytes.truncate(size as usize);
        Ok(bytes)
    }

    /// Erases whole sectors by the ROM, without a stub: little, and quick.
    ///
    /// # Errors
    ///
    /// The loader fails.
    pub fn erase_by_rom(
        &mut self,
        identity: &Identity,
        offset: u32,
        size: u32,
    ) -> Result<(), FlashError> {
        self.describe_flash(identity)?;
        let mut begin = vec![size, size.div_ceil(BLOCK_BYTES), BLOCK_BYTES, offset];
        match identity.chip {
            Chip::Esp8266 => begin[0] = size_for_esp8266(offset, size),
            Chip::Esp32 => {}
            // Whether it is encrypted.
            _ => begin.push(0),
        }
        let request = packet::request(op::FLASH_BEGIN, &packet::words(&begin), 0);
        self.command(
            "erase the flash",
            request,
            op::FLASH_BEGIN,
            std::time::Duration::from_secs(10),
        )?;
        Ok(())
    }

    /// Tells the ROM how large the flash is; it refuses what lies beyond.
    fn describe_flash(&mut self, identity: &Identity) -> Result<(), FlashError> {
        let Some(size) = identity.flash_bytes.filter(|_| identity.chip != Chip::Esp8266) else {
            return Ok(());
        };
        let parameters = [0, size, 0x1_0000, SECTOR_BYTES, 0x100, 0xffff];
        self.ask("describe the flash", op::SPI_SET_PARAMS, &parameters).map(|_| ())
    }
}

/// What to ask the ROM of the ESP8266 for: it erases the sectors before the next block twice over, so up to half of a request is asked
/// for (esptool, `get_erase_size`).
fn size_for_esp8266(offset: u32, size: u32) -> u32 {
    let sectors = size.div_ceil(SECTOR_BYTES);
    let first = offset / SECTOR_BYTES;
    let head = (SECTORS_OF_BLOCK - first % SECTORS_OF_BLOCK).min(sectors);
    let asked = if sectors < 2 * head { sectors.div_ceil(2) } else { sectors - head };
    asked * SECTOR_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rom_of_the_esp8266_is_asked_for_less() {
        let check = |offset: u32, size: u32, expected: u32| {
            assert_eq!(
                size_for_esp8266(offset * 4096, size * 4096),
                expected * 4096,
                "{offset} {size}"
            );
        };
        // From the start of a block: half of what lies in it, then all but the block.
        check(0, 1, 1);
        check(0, 4, 2);
        check(0, 40, 24);
        check(15, 10, 9);
        check(8, 4, 2);
    }

    #[test]
    fn settings_are_where_the_table_says_or_where_they_usually_are() {
        let nvs_at = |chip, table: &[Partition]| nvs_region(chip, 4 << 20, table).0;
        assert_eq!(nvs_at(Chip::Esp32c3, &[]), 0x9000);
        assert_eq!(nvs_at(Chip::Esp8266, &[]), 0x3f_8000);
        let other = Partition {
            name: "nvs".into(),
            kind: PartitionKind::Nvs,
            offset: 0x2_0000,
            size: 0x4000,
        };
        assert_eq!(nvs_region(Chip::Esp32, 4 << 20, &[other]), (0x2_0000, 0x4000));
    }
}
