//! What a program keeps across sleep and power loss, in the records of the firmware.

use emulated_chip::FlashMemory;
use firmware::record::{Record, SECTORS, newest, next};

use super::region::Region;
use crate::flash::SECTOR_BYTES;

/// The bytes that were kept last; empty when there are none.
pub(crate) fn read_kept(flash: &impl FlashMemory, region: Region) -> Vec<u8> {
    newest_in(flash, region).map_or_else(Vec::new, |(_, record)| record.data.to_vec())
}

/// Keeps these bytes in place of the former ones, which stay readable until these are complete. Says whether the flash did it.
pub(crate) fn write_kept(flash: &mut impl FlashMemory, region: Region, data: &[u8]) -> bool {
    let (sequence, place) = next(newest_in(flash, region));
    let (record, length) = Record { sequence, data }.write();
    let at = region.sector(SECTORS[place] as u32);
    flash.erase(at, SECTOR_BYTES) && flash.program(at, &record[..length])
}

fn newest_in(flash: &impl FlashMemory, region: Region) -> Option<(usize, Record<'_>)> {
    newest(SECTORS.map(|sector| flash.read(region.sector(sector as u32), SECTOR_BYTES)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flash::Flash;

    const REGION: Region = Region { offset: 0x9000, size: 0x6000 };

    #[test]
    fn the_last_of_many_is_read() {
        let mut flash = Flash::new();
        assert_eq!(read_kept(&flash, REGION), b"");
        for turn in 0..5 {
            assert!(write_kept(&mut flash, REGION, &[turn; 40]));
            assert_eq!(read_kept(&flash, REGION), [turn; 40]);
        }
        assert_eq!(flash.wear().bytes_not_erased, 0);
    }

    #[test]
    fn a_write_that_was_cut_short_leaves_the_former() {
        let mut flash = Flash::new();
        assert!(write_kept(&mut flash, REGION, b"first"));
        assert!(write_kept(&mut flash, REGION, b"second"));
        // The third goes where the first was; its last byte never arrives.
        assert!(write_kept(&mut flash, REGION, b"third"));
        let last = REGION.sector(1) + 16 + 4;
        flash.program(last, &[0]).unwrap();
        assert_eq!(read_kept(&flash, REGION), b"second");
    }
}
