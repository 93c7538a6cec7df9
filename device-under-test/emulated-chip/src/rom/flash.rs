//! The flash as programs write it: erase a sector, write pages, read. Each step takes the time that a flash takes, and is done at its
//! beginning, so that a power cut in between leaves what a real one leaves: an erased sector, or the first pages of a record.

use super::call::{Call, Next};
use crate::clock::TICKS_PER_US;

/// Bytes of a sector and of a block.
const SECTOR_BYTES: u32 = 4096;
const BLOCK_BYTES: u32 = 0x1_0000;
/// Bytes that are written at once.
const PAGE_BYTES: u32 = 256;

/// What common flashes of 4 MB typically take.
const SECTOR_ERASE_US: u64 = 45_000;
const BLOCK_ERASE_US: u64 = 150_000;
const PAGE_PROGRAM_US: u64 = 700;
/// Microseconds of a KiB that is read, at 40 MHz over two lines.
const READ_US_PER_KIB: u64 = 110;

/// What the functions say when all is well, and when the range is wrong.
const OK: u32 = 0;
const ERROR: u32 = 1;

pub(super) fn done(call: &mut Call<'_>) -> Next {
    call.value(OK);
    Next::Return { cost: 100 }
}

/// The cache forgets what it holds of the flash.
pub(super) fn invalidate(call: &mut Call<'_>) -> Next {
    call.bus.parts.windows.invalidate();
    call.hart.forget_all();
    done(call)
}

fn erase(call: &mut Call<'_>, bytes: u32, us: u64) -> Next {
    let at = call.argument(0).checked_mul(bytes);
    let is_erased = at.is_some_and(|at| call.bus.flash.erase(at, bytes));
    call.value(if is_erased { OK } else { ERROR });
    Next::ReturnAfter { ticks: us * TICKS_PER_US }
}

/// `(number of the sector)`.
pub(super) fn erase_sector(call: &mut Call<'_>) -> Next {
    erase(call, SECTOR_BYTES, SECTOR_ERASE_US)
}

/// `(number of the block)`.
pub(super) fn erase_block(call: &mut Call<'_>) -> Next {
    erase(call, BLOCK_BYTES, BLOCK_ERASE_US)
}

/// `(address, source, length)`: one page, and then the rest.
pub(super) fn write(call: &mut Call<'_>) -> Next {
    let (to, from, length) = (call.argument(0), call.argument(1), call.argument(2));
    let now = length.min(PAGE_BYTES - to % PAGE_BYTES);
    let bytes = match call.load_bytes(from, now) {
        Ok(bytes) => bytes,
        Err(fault) => return fault,
    };
    if !call.bus.flash.program(to, &bytes) {
        call.value(ERROR);
        return Next::Return { cost: 100 };
    }
    let ticks = PAGE_PROGRAM_US * TICKS_PER_US;
    if now == length {
        call.value(OK);
        return Next::ReturnAfter { ticks };
    }
    for (number, value) in [to + now, from.wrapping_add(now), length - now].into_iter().enumerate()
    {
        call.set_argument(number, value);
    }
    Next::Again { ticks }
}

/// `(address, target, length)`.
pub(super) fn read(call: &mut Call<'_>) -> Next {
    let (from, to, length) = (call.argument(0), call.argument(1), call.argument(2));
    let bytes = call.bus.flash.read(from, length).to_vec();
    if bytes.len() != length as usize {
        call.value(ERROR);
        return Next::Return { cost: 100 };
    }
    if let Err(fault) = call.store_bytes(to, &bytes) {
        return fault;
    }
    call.value(OK);
    let us = u64::from(length) * READ_US_PER_KIB / 1024 + 2;
    Next::ReturnAfter { ticks: us * TICKS_PER_US }
}
