//! Arithmetic that the compiler calls for: 64 bits, bits, checksums. What is undefined does what the hardware's own division does.

use super::call::{Call, Next};

/// Instructions of a short function, and of a long division.
const SHORT: Next = Next::Return { cost: 8 };
const DIVISION: Next = Next::Return { cost: 100 };

fn binary(call: &mut Call<'_>, operation: impl Fn(u64, u64) -> u64) {
    let value = operation(call.long(0), call.long(2));
    call.value_long(value);
}

pub(super) fn divide(call: &mut Call<'_>) -> Next {
    binary(call, |a, b| a.checked_div(b).unwrap_or(u64::MAX));
    DIVISION
}

pub(super) fn remainder(call: &mut Call<'_>) -> Next {
    binary(call, |a, b| a.checked_rem(b).unwrap_or(a));
    DIVISION
}

pub(super) fn divide_signed(call: &mut Call<'_>) -> Next {
    binary(call, |a, b| match b {
        0 => u64::MAX,
        _ => a.cast_signed().wrapping_div(b.cast_signed()).cast_unsigned(),
    });
    DIVISION
}

pub(super) fn remainder_signed(call: &mut Call<'_>) -> Next {
    binary(call, |a, b| match b {
        0 => a,
        _ => a.cast_signed().wrapping_rem(b.cast_signed()).cast_unsigned(),
    });
    DIVISION
}

pub(super) fn multiply(call: &mut Call<'_>) -> Next {
    binary(call, u64::wrapping_mul);
    SHORT
}

fn shift(call: &mut Call<'_>, operation: impl Fn(u64, u32) -> u64) -> Next {
    let value = operation(call.long(0), call.argument(2) & 63);
    call.value_long(value);
    SHORT
}

pub(super) fn shift_left(call: &mut Call<'_>) -> Next {
    shift(call, |value, by| value << by)
}

pub(super) fn shift_right(call: &mut Call<'_>) -> Next {
    shift(call, |value, by| value >> by)
}

pub(super) fn shift_right_signed(call: &mut Call<'_>) -> Next {
    shift(call, |value, by| (value.cast_signed() >> by).cast_unsigned())
}

fn count(call: &mut Call<'_>, bits: u32) -> Next {
    call.value(bits);
    SHORT
}

pub(super) fn leading_zeros(call: &mut Call<'_>) -> Next {
    let bits = call.argument(0).leading_zeros();
    count(call, bits)
}

pub(super) fn leading_zeros_64(call: &mut Call<'_>) -> Next {
    let bits = call.long(0).leading_zeros();
    count(call, bits)
}

pub(super) fn trailing_zeros(call: &mut Call<'_>) -> Next {
    let bits = call.argument(0).trailing_zeros();
    count(call, bits)
}

pub(super) fn ones(call: &mut Call<'_>) -> Next {
    let bits = call.argument(0).count_ones();
    count(call, bits)
}

/// The CRC-32 of Ethernet, bits reflected; what it is given and gives is inverted inside.
pub(super) fn crc32(call: &mut Call<'_>) -> Next {
    let (begin, at, length) = (call.argument(0), call.argument(1), call.argument(2));
    let bytes = match call.load_bytes(at, length) {
        Ok(bytes) => bytes,
        Err(fault) => return fault,
    };
    let crc = bytes.iter().fold(!begin, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    call.value(!crc);
    Next::Return { cost: 16 + 8 * u64::from(length) }
}
