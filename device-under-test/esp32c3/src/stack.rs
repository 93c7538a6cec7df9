//! How deep the stack ever was: what is below it is painted at the start, and what is still painted at the end was never used.

use core::sync::atomic::{AtomicU32, Ordering};

/// What the stack is painted with: no address, no small number.
const PAINT: u32 = 0x5ac3_5ac3;

/// Bytes at the stack's end that are left alone: esp-hal guards a word 4096 bytes above it, and resets who writes there.
const GUARDED: usize = 8192;

/// Bytes below the caller that may be in use while it paints.
const IN_USE: usize = 1024;

#[expect(unsafe_code, reason = "the linker alone knows where the stack is")]
mod place {
    unsafe extern "C" {
        // SAFETY: both are placed by the linker script of esp-hal, and only their addresses are taken.
        pub(super) safe static _stack_start: u32;
        pub(super) safe static _stack_end: u32;
    }
}

/// The addresses of the highest word and of the lowest that may be painted.
fn ends() -> (usize, usize) {
    let (top, end) = (&raw const place::_stack_start, &raw const place::_stack_end);
    (top as usize, end as usize + GUARDED)
}

#[expect(unsafe_code, reason = "memory below the stack belongs to nobody")]
fn word(at: usize) -> &'static AtomicU32 {
    // SAFETY: the address is a multiple of four between the ends of the stack, which is memory for as long as the program runs; it
    // is below whatever is in use, or only read.
    unsafe { AtomicU32::from_ptr(at as *mut u32) }
}

/// Paints what is below the caller. Called once, near the beginning.
///
/// Never a part of its caller, whose frame may be larger than [`IN_USE`] and would be painted over.
#[inline(never)]
pub(crate) fn paint() {
    let here = 0_u32;
    let top = (&raw const here as usize).saturating_sub(IN_USE) & !3;
    for at in (ends().1..top).step_by(4) {
        word(at).store(PAINT, Ordering::Relaxed);
    }
}

/// Bytes of the stack that were in use at most, and all that it has.
pub(crate) fn used() -> (usize, usize) {
    let (top, end) = ends();
    let mut words = (end..top).step_by(4);
    let deepest = words.find(|at| word(*at).load(Ordering::Relaxed) != PAINT).unwrap_or(top);
    (top - deepest, top - end)
}
