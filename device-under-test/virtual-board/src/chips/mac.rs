//! The address that is burnt into each chip.

use std::fmt;

/// A MAC address, in the order in which it is written.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The address of a board that was given none.
    pub const DEFAULT: Self = Self([0x7c, 0xdf, 0xa1, 0xc2, 0x22, 0x10]);

    /// Reads `7c:df:a1:c2:22:10`, in upper or lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2)?;
            if !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }
}

impl Default for Mac {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let text = "7c:df:a1:c2:22:10";
        assert_eq!(Mac::parse(text), Some(Mac::DEFAULT));
        assert_eq!(Mac::DEFAULT.to_string(), text);
    }

    #[test]
    fn anything_else_is_no_address() {
        for text in
            ["", "7c:df:a1:c2:22", "7c:df:a1:c2:22:10:00", "7c:df:a1:c2:22:1", "+c:df:a1:c2:22:10"]
        {
            assert_eq!(Mac::parse(text), None, "{text}");
        }
    }
}
