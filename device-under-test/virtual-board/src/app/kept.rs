//! What a program keeps across sleep and power loss: two sectors that take turns, so that there is
//! always one good record, wherever the power is cut.

use sha2::{Digest, Sha256};

use super::region::Region;
use crate::flash::{Flash, FlashError, SECTOR_BYTES};

/// What a record begins with.
const MAGIC: &[u8; 4] = b"KEPT";

/// Bytes before the data: magic, sequence, length, check.
const HEAD_BYTES: usize = 16;

/// Sectors that take turns, counted in the region.
const SECTORS: [u32; 2] = [1, 2];

/// The bytes that were kept last; empty when there are none.
pub(crate) fn read_kept(flash: &Flash, region: Region) -> Vec<u8> {
    newest(flash, region).map_or_else(Vec::new, |(_, _, data)| data.to_vec())
}

/// Keeps these bytes in place of the former ones, which stay readable until these are complete.
pub(crate) fn write_kept(flash: &mut Flash, region: Region, data: &[u8]) -> Result<(), FlashError> {
    let (sequence, index) = match newest(flash, region) {
        Some((sequence, index, _)) => (sequence.wrapping_add(1), 1 - index),
        None => (1, 0),
    };
    let room = SECTOR_BYTES as usize - HEAD_BYTES;
    let data = data.get(..room).unwrap_or(data);
    let mut record = MAGIC.to_vec();
    record.extend(sequence.to_le_bytes());
    record.extend((data.len() as u32).to_le_bytes());
    record.extend(check(sequence, data));
    record.extend(data);
    let at = region.sector(SECTORS[index]);
    flash.erase(at, SECTOR_BYTES)?;
    flash.program(at, &record)
}

/// The good record with the highest sequence, and which sector has it.
fn newest(flash: &Flash, region: Region) -> Option<(u32, usize, &[u8])> {
    let records = SECTORS.iter().enumerate().filter_map(|(index, sector)| {
        let (sequence, data) = record(flash.read(region.sector(*sector), SECTOR_BYTES))?;
        Some((sequence, index, data))
    });
    records.max_by_key(|(sequence, _, _)| *sequence)
}

fn record(sector: &[u8]) -> Option<(u32, &[u8])> {
    let word = |at| sector.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
    let sequence = word(4).filter(|_| sector.starts_with(MAGIC))?;
    let data = sector.get(HEAD_BYTES..)?.get(..word(8)? as usize)?;
    (sector.get(12..HEAD_BYTES)? == check(sequence, data)).then_some((sequence, data))
}

fn check(sequence: u32, data: &[u8]) -> [u8; 4] {
    let digest = Sha256::new().chain_update(sequence.to_le_bytes()).chain_update(data).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: Region = Region { offset: 0x9000, size: 0x6000 };

    #[test]
    fn the_last_of_many_is_read() {
        let mut flash = Flash::new();
        assert_eq!(read_kept(&flash, REGION), b"");
        for turn in 0..5 {
            write_kept(&mut flash, REGION, &[turn; 40]).unwrap();
            assert_eq!(read_kept(&flash, REGION), [turn; 40]);
        }
        assert_eq!(flash.wear().bytes_not_erased, 0);
    }

    #[test]
    fn a_write_that_was_cut_short_leaves_the_former() {
        let mut flash = Flash::new();
        write_kept(&mut flash, REGION, b"first").unwrap();
        write_kept(&mut flash, REGION, b"second").unwrap();
        // The third goes where the first was; its last byte never arrives.
        write_kept(&mut flash, REGION, b"third").unwrap();
        let last = REGION.sector(1) + HEAD_BYTES as u32 + 4;
        flash.program(last, &[0]).unwrap();
        assert_eq!(read_kept(&flash, REGION), b"second");
    }
}
