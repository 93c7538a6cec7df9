//! The registers of the analog part, which are behind a bus of their own: kept and read back.

use std::collections::BTreeMap;

use super::call::{Call, Next};

/// Instructions of an access.
const ACCESS: Next = Next::Return { cost: 60 };

/// The registers by their block and number.
#[derive(Debug, Default)]
pub(crate) struct Analog(BTreeMap<(u32, u32), u8>);

fn mask(high: u32, low: u32) -> u8 {
    let (high, low) = (high & 7, low & 7);
    if high < low { 0 } else { (0xff_u8 >> (7 - (high - low))) << low }
}

/// `(block, host, register)`.
pub(super) fn read(call: &mut Call<'_>) -> Next {
    let place = (call.argument(0), call.argument(2));
    let value = call.analog.0.get(&place).copied().unwrap_or_default();
    call.value(u32::from(value));
    ACCESS
}

/// `(block, host, register, highest bit, lowest bit)`.
pub(super) fn read_mask(call: &mut Call<'_>) -> Next {
    let place = (call.argument(0), call.argument(2));
    let (high, low) = (call.argument(3), call.argument(4));
    let value = call.analog.0.get(&place).copied().unwrap_or_default();
    call.value(u32::from((value & mask(high, low)) >> (low & 7)));
    ACCESS
}

/// `(block, host, register, value)`.
pub(super) fn write(call: &mut Call<'_>) -> Next {
    let place = (call.argument(0), call.argument(2));
    let value = call.argument(3) as u8;
    call.analog.0.insert(place, value);
    ACCESS
}

/// `(block, host, register, highest bit, lowest bit, value)`.
pub(super) fn write_mask(call: &mut Call<'_>) -> Next {
    let place = (call.argument(0), call.argument(2));
    let (high, low, value) = (call.argument(3), call.argument(4), call.argument(5) as u8);
    let mask = mask(high, low);
    let register = call.analog.0.entry(place).or_default();
    *register = *register & !mask | value << (low & 7) & mask;
    ACCESS
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn a_mask_goes_from_its_highest_to_its_lowest_bit() {
        assert_eq!([mask(7, 0), mask(3, 2), mask(0, 0), mask(2, 3)], [0xff, 0b1100, 1, 0]);
    }
}
