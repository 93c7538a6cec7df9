//! The MAC in a chip's efuses: the identity of a board.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

/// A MAC as burnt into a chip; written in lower case with colons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Reads `84:f7:03:67:84:6c`, in upper or lower case, with colons, dashes or nothing between the bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let between = |c: &char| matches!(c, ':' | '-');
        let digits: String = text.chars().filter(|c| !between(c)).collect();
        let separators = text.chars().filter(between).count();
        let hex = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hex || !matches!(separators, 0 | 5) {
            return None;
        }
        let mut bytes = [0; 6];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        let mac = Self(bytes);
        // What is cut in odd places is a typo, even if it has the right digits.
        let plain = text.to_ascii_lowercase().replace('-', ":");
        (separators == 0 || plain == mac.to_string()).then_some(mac)
    }

    /// The MAC without colons, for the name of a file: `84f70367846c`.
    #[must_use]
    pub fn digits(self) -> String {
        self.to_string().replace(':', "")
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

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(Mac::parse(text).map(|mac| mac.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_mac_is_read_however_tools_write_it() {
        let mac = Some("84:f7:03:67:84:6c");
        check("84:f7:03:67:84:6c", mac);
        check("84:F7:03:67:84:6C", mac);
        check("84-f7-03-67-84-6c", mac);
        check("84F70367846C", mac);
    }

    #[test]
    fn what_is_cut_in_odd_places_is_no_mac() {
        for text in ["", "84:f7:03:67:84", "84f:7:03:67:84:6c", "84:f7:03:67:84:6c:00", "shade-3"] {
            check(text, None);
        }
    }
}
