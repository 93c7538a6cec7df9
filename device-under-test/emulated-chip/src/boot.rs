//! What the second boot loader does: the program's segments go where they belong.

use crate::bus::Parts;
use crate::flash::FlashMemory;
use crate::memory::{CODE_WINDOW, DATA_WINDOW, RTC_RAM, WINDOW_PAGE_BYTES};
use crate::peripherals::ResetKind;

/// Bytes of an image's header and of a segment's.
const HEADER_BYTES: u32 = 24;
const SEGMENT_BYTES: u32 = 8;
const MAGIC: u8 = 0xe9;

/// Why an image is not started.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BootError {
    /// There is no image, or it ends before it should.
    NoImage {
        /// Where in the flash.
        at: u32,
    },
    /// A segment belongs where no memory is.
    NoMemory {
        /// Where it belongs.
        address: u32,
        /// Its bytes.
        length: u32,
    },
}

/// Loads the image at this place of the flash, and gives the address of its first instruction.
pub(crate) fn load(
    parts: &mut Parts,
    flash: &dyn FlashMemory,
    at: u32,
    cause: ResetKind,
) -> Result<u32, BootError> {
    let missing = BootError::NoImage { at };
    let header = flash.read(at, HEADER_BYTES);
    let [magic, segments, _, _, entry @ ..] = header else { return Err(missing) };
    let entry = *entry.first_chunk().ok_or(missing)?;
    if *magic != MAGIC {
        return Err(missing);
    }
    let mut at = at + HEADER_BYTES;
    for _ in 0..*segments {
        let head = flash.read(at, SEGMENT_BYTES);
        let (Some(address), Some(length)) = (word(head, 0), word(head, 4)) else {
            return Err(missing);
        };
        let data_at = at + SEGMENT_BYTES;
        let data = flash.read(data_at, length);
        if data.len() != length as usize {
            return Err(missing);
        }
        // After a sleep the memory of the always-on part is as the program left it.
        let is_kept = RTC_RAM.contains(&address) && cause == ResetKind::DeepSleep;
        if is_mapped(address) {
            map(parts, address, data_at, length);
        } else if address != 0 && length > 0 && !is_kept {
            let room = parts.ram_mut(address).and_then(|ram| ram.get_mut(..data.len()));
            room.ok_or(BootError::NoMemory { address, length })?.copy_from_slice(data);
        }
        at = data_at + length;
    }
    Ok(u32::from_le_bytes(entry))
}

fn is_mapped(address: u32) -> bool {
    DATA_WINDOW.contains(&address) || CODE_WINDOW.contains(&address)
}

/// Maps the pages of the flash that hold a segment. Address and place agree below the size of a page, or no image would run.
fn map(parts: &mut Parts, address: u32, data_at: u32, length: u32) {
    let (first, page) = ((address & 0x7f_ffff) / WINDOW_PAGE_BYTES, data_at / WINDOW_PAGE_BYTES);
    let pages = (address % WINDOW_PAGE_BYTES + length).div_ceil(WINDOW_PAGE_BYTES);
    for number in 0..pages {
        parts.windows.set_entry((first + number) as usize, page + number);
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.first_chunk().copied().map(u32::from_le_bytes)
}
