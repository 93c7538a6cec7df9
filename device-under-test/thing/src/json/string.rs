//! Strings of a checked document, with their escapes understood.

use crate::text::Text;

/// A string as it stands in the document, without its quotes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Str<'a> {
    raw: &'a str,
}

impl<'a> Str<'a> {
    /// A string whose escapes were checked.
    pub(super) const fn of_checked(raw: &'a str) -> Self {
        Self { raw }
    }

    /// As it stands between its quotes, escapes and all.
    pub(crate) const fn raw(self) -> &'a str {
        self.raw
    }

    /// Its characters by number. Half a surrogate pair counts as the number that it is.
    pub(crate) const fn units(self) -> Units<'a> {
        Units { rest: self.raw }
    }

    pub(crate) fn is(self, text: &str) -> bool {
        self.units().eq(text.chars().map(u32::from))
    }

    pub(crate) fn same(self, other: Str<'_>) -> bool {
        self.raw == other.raw || self.units().eq(other.units())
    }

    /// Its text; `None` when it does not fit, or holds half a surrogate pair.
    pub(crate) fn text<const N: usize>(self) -> Option<Text<N>> {
        let mut text = Text::new();
        for unit in self.units() {
            text.push_char(char::from_u32(unit)?);
        }
        (!text.is_cut()).then_some(text)
    }
}

/// The characters of a [`Str`] by number.
#[derive(Clone, Debug)]
pub(crate) struct Units<'a> {
    rest: &'a str,
}

impl Units<'_> {
    /// Takes the four digits of `\u1234`, when they come next.
    fn hex_unit(&mut self) -> Option<u32> {
        let digits = self.rest.get(..4)?;
        let unit = u32::from_str_radix(digits, 16).ok()?;
        self.rest = self.rest.get(4..)?;
        Some(unit)
    }

    /// The character of `\u1234`, which is one of two when it lies outside the first plane.
    fn escaped_unit(&mut self) -> u32 {
        let first = self.hex_unit().unwrap_or_default();
        if !(0xd800..0xdc00).contains(&first) {
            return first;
        }
        let mut ahead = self.clone();
        ahead.rest = ahead.rest.strip_prefix("\\u").unwrap_or_default();
        match ahead.hex_unit() {
            Some(second) if (0xdc00..0xe000).contains(&second) => {
                *self = ahead;
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        }
    }
}

impl Iterator for Units<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let mut characters = self.rest.chars();
        let first = characters.next()?;
        if first != '\\' {
            self.rest = characters.as_str();
            return Some(u32::from(first));
        }
        let escaped = characters.next()?;
        self.rest = characters.as_str();
        Some(match escaped {
            'u' => self.escaped_unit(),
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            other => u32::from(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &str) {
        let string = Str::of_checked(raw);
        assert!(string.is(expected), "{raw}");
        assert_eq!(string.text::<32>().unwrap().as_str(), expected);
    }

    #[test]
    fn escapes_mean_their_characters() {
        check("", "");
        check("signal", "signal");
        check("\\u0073ignal", "signal");
        check("caf\\u00E9 ☃", "café ☃");
        check("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\u{8}\u{c}\n\r\t");
        check("\\ud83d\\ude00", "😀");
        check("\\u0000", "\0");
    }

    #[test]
    fn half_a_pair_is_no_text_but_equals_itself() {
        let half = Str::of_checked("\\ud83dx");
        assert!(half.text::<8>().is_none());
        assert!(half.same(Str::of_checked("\\uD83D\\u0078")));
        assert!(!half.same(Str::of_checked("\\ud83ex")));
        assert!(!half.is("x"));
    }

    #[test]
    fn text_that_does_not_fit_is_none() {
        assert!(Str::of_checked("none").text::<3>().is_none());
    }
}
