//! What is checked of an image as a whole, before a byte of it is written.

use super::table::PARTITION_TABLE_AT;
use super::{Header, ImageError, Part, Partition};
use crate::flash::Chip;

/// Checks that no parts overlap, that all are inside the flash, that programs and bootloaders are whole and for this chip, and that
/// each program fits its partition.
pub(super) fn check(
    parts: &[Part],
    table: Option<&[Partition]>,
    chip: Chip,
    flash_bytes: u32,
) -> Result<(), ImageError> {
    let mut sorted: Vec<_> = parts.iter().collect();
    sorted.sort_by_key(|part| part.offset);
    for pair in sorted.windows(2) {
        if let [first, second] = pair
            && first.end() > u64::from(second.offset)
        {
            let at = second.offset;
            return Err(ImageError::Overlap { first: first.what(), second: second.what(), at });
        }
    }
    for part in parts {
        if part.end() > u64::from(flash_bytes) {
            let room = flash_bytes.saturating_sub(part.offset);
            return Err(too_large(part, room, "the flash behind its place".into()));
        }
        let home = table.into_iter().flatten().find(|home| home.offset == part.offset);
        if let Some(home) = home
            && part.bytes.len() > home.size as usize
        {
            return Err(too_large(part, home.size, format!("the partition `{}`", home.name)));
        }
        let is_bootloader = part.offset == chip.facts().boot_offset;
        if is_bootloader
            && table.is_some()
            && part.end() > u64::from(PARTITION_TABLE_AT)
            && part.bytes.len() < 0x1_0000
        {
            let room = PARTITION_TABLE_AT - part.offset;
            return Err(too_large(part, room, "the place before the partition table".into()));
        }
        let is_app = home.is_some_and(|home| home.kind == super::PartitionKind::App);
        if (is_app || is_bootloader) && !part.is_blank() {
            Header::read(&part.bytes, chip, &part.what())?;
        }
    }
    Ok(())
}

fn too_large(part: &Part, room: u32, place: String) -> ImageError {
    let bytes = u32::try_from(part.bytes.len()).unwrap_or(u32::MAX);
    ImageError::TooLarge { what: part.what(), bytes, room, place }
}
