//! Division of long numbers.

/// A quotient and its rest; `by` must not be zero.
///
/// A chip divides 32 bits at once, and a compiler brings half a kilobyte of code for 64: all that a device divides is milliseconds,
/// seconds and digits, so sixteen bits at a time will do.
pub(crate) fn divide(number: u64, by: u16) -> (u64, u32) {
    let parts = [number >> 48, number >> 32, number >> 16, number];
    let (mut quotient, mut rest) = (0, 0);
    for part in parts {
        let part = rest << 16 | u32::from(part as u16);
        quotient = quotient << 16 | u64::from(part / u32::from(by));
        rest = part % u32::from(by);
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_division_of_the_machine(number: u64, by in 1..=u16::MAX) {
            prop_assert_eq!(divide(number, by), (number / u64::from(by), (number % u64::from(by)) as u32));
        }
    }
}
