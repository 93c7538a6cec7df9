//! `memcpy` and its like. Copies go by words where both sides allow it.

use super::call::{Call, Next};
use crate::core::{Bus as _, Width};

/// Instructions of a call beside its loop.
const OVERHEAD: u64 = 16;

/// An endless length is a program's mistake; this much at once, more than all memory, is a fault on the way.
const BYTES_MAX: u32 = 0x80_0000;

pub(super) fn set(call: &mut Call<'_>) -> Next {
    let (to, byte, length) = (call.argument(0), call.argument(1) & 0xff, call.argument(2));
    let word = byte * 0x0101_0101;
    let mut at = 0;
    while at < length.min(BYTES_MAX) {
        let to = to.wrapping_add(at);
        let width = if to % 4 == 0 && length - at >= 4 { Width::Word } else { Width::Byte };
        if let Err(fault) = call.store(to, width, word) {
            return fault;
        }
        at += width.bytes();
    }
    Next::Return { cost: OVERHEAD + u64::from(length) / 2 }
}

/// Copies; pieces may overlap.
pub(super) fn copy(call: &mut Call<'_>) -> Next {
    let (to, from, length) = (call.argument(0), call.argument(1), call.argument(2).min(BYTES_MAX));
    let copied = if to.wrapping_sub(from) < length {
        backward(call, to, from, length)
    } else {
        forward(call, to, from, length)
    };
    match copied {
        Ok(()) => Next::Return { cost: OVERHEAD + u64::from(length) / 2 },
        Err(fault) => fault,
    }
}

fn forward(call: &mut Call<'_>, to: u32, from: u32, length: u32) -> Result<(), Next> {
    let mut at = 0;
    while at < length {
        let (to, from) = (to.wrapping_add(at), from.wrapping_add(at));
        let is_wide = (to | from) % 4 == 0 && length - at >= 4;
        let width = if is_wide { Width::Word } else { Width::Byte };
        one(call, to, from, width)?;
        at += width.bytes();
    }
    Ok(())
}

fn backward(call: &mut Call<'_>, to: u32, from: u32, length: u32) -> Result<(), Next> {
    (0..length)
        .rev()
        .try_for_each(|at| one(call, to.wrapping_add(at), from.wrapping_add(at), Width::Byte))
}

fn one(call: &mut Call<'_>, to: u32, from: u32, width: Width) -> Result<(), Next> {
    let now = call.now();
    let value = call.bus.load(from, width, now).map_err(|_| Next::FaultLoad(from))?;
    call.store(to, width, value)
}

pub(super) fn compare(call: &mut Call<'_>) -> Next {
    let (left, right, length) = (call.argument(0), call.argument(1), call.argument(2));
    for at in 0..length.min(BYTES_MAX) {
        let pair = call
            .load_byte(left.wrapping_add(at))
            .and_then(|a| call.load_byte(right.wrapping_add(at)).map(|b| (a, b)));
        match pair {
            Ok((a, b)) if a == b => {}
            Ok((a, b)) => {
                call.value(i32::from(a).wrapping_sub(i32::from(b)).cast_unsigned());
                return Next::Return { cost: OVERHEAD + u64::from(at) };
            }
            Err(fault) => return fault,
        }
    }
    call.value(0);
    Next::Return { cost: OVERHEAD + u64::from(length) }
}
