//! Text of a bounded length, written without the machinery of `core::fmt`.
//!
//! A device has a few kilobytes for all of its code; formatting by hand keeps the formatter out.

use crate::divide::divide;

/// Text of at most `N` bytes, always whole characters.
///
/// What does not fit is cut off at a character and remembered by [`Text::is_cut`].
#[derive(Clone, Copy)]
pub(crate) struct Text<const N: usize> {
    bytes: [u8; N],
    length: usize,
    cut: bool,
}

impl<const N: usize> Text<N> {
    pub(crate) const fn new() -> Self {
        Self { bytes: [0; N], length: 0, cut: false }
    }

    /// The text of these parts, one after another.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut text = Self::new();
        text.tail().push_all(parts);
        text
    }

    pub(crate) fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        // Only whole characters are ever written, so this never falls back.
        core::str::from_utf8(written).unwrap_or_default()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Whether something did not fit.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// Appends as many whole characters as fit; nothing more is taken after the first cut.
    pub(crate) fn push_str(&mut self, part: &str) {
        self.tail().push_str(part);
    }

    pub(crate) fn push_char(&mut self, character: char) {
        self.tail().push_char(character);
    }

    /// Appends what can be shown in one line of ASCII; every other character becomes `?`.
    pub(crate) fn push_visible(&mut self, part: &str) {
        self.tail().push_visible(part);
    }

    pub(crate) fn push_number(&mut self, number: u64) {
        self.push_padded(number, 1);
    }

    pub(crate) fn push_signed(&mut self, number: i64) {
        if number < 0 {
            self.push_str("-");
        }
        self.push_number(number.unsigned_abs());
    }

    /// Appends a number with at least `width` digits, with zeros in front.
    pub(crate) fn push_padded(&mut self, number: u64, width: usize) {
        self.tail().push_padded(number, width);
    }

    /// Appends bytes as lower-case hexadecimal digits.
    pub(crate) fn push_hex(&mut self, bytes: &[u8]) {
        self.tail().push_hex(bytes);
    }

    const fn tail(&mut self) -> Tail<'_> {
        Tail { bytes: &mut self.bytes, length: &mut self.length, cut: &mut self.cut }
    }
}

/// A text without its size in its type, so that the code below exists once and not once for each
/// size.
struct Tail<'a> {
    bytes: &'a mut [u8],
    length: &'a mut usize,
    cut: &'a mut bool,
}

impl Tail<'_> {
    fn push_str(&mut self, part: &str) {
        if *self.cut {
            return;
        }
        let room = self.bytes.len().saturating_sub(*self.length);
        let mut fitting = part.len().min(room);
        while !part.is_char_boundary(fitting) {
            fitting -= 1;
        }
        *self.cut = fitting < part.len();
        let end = *self.length + fitting;
        if let (Some(to), Some(from)) =
            (self.bytes.get_mut(*self.length..end), part.as_bytes().get(..fitting))
        {
            to.copy_from_slice(from);
            *self.length = end;
        }
    }

    fn push_all(&mut self, parts: &[&str]) {
        parts.iter().for_each(|part| self.push_str(part));
    }

    fn push_char(&mut self, character: char) {
        let mut buffer = [0; 4];
        self.push_str(character.encode_utf8(&mut buffer));
    }

    fn push_visible(&mut self, part: &str) {
        for character in part.chars() {
            let visible = matches!(character, ' '..='~');
            self.push_char(if visible { character } else { '?' });
        }
    }

    fn push_padded(&mut self, number: u64, width: usize) {
        /// The longest number of 64 bits has 20 digits.
        const DIGITS_MAX: usize = 20;
        let mut digits = [b'0'; DIGITS_MAX];
        let mut first = DIGITS_MAX;
        let mut rest = number;
        while first > 0 && (rest > 0 || DIGITS_MAX - first < width) {
            first -= 1;
            let (quotient, digit) = divide(rest, 10);
            digits[first] = b'0' + digit as u8;
            rest = quotient;
        }
        for digit in digits.iter().skip(first) {
            self.push_char(char::from(*digit));
        }
    }

    fn push_hex(&mut self, bytes: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in bytes {
            self.push_char(char::from(DIGITS[usize::from(byte >> 4)]));
            self.push_char(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

impl<const N: usize> Default for Text<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> core::fmt::Debug for Text<N> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl<const N: usize> PartialEq for Text<N> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl<const N: usize> Eq for Text<N> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_full() {
        let mut text = Text::<64>::new();
        text.push_number(0);
        text.push_str(" ");
        text.push_number(u64::MAX);
        text.push_str(" ");
        text.push_signed(i64::MIN);
        text.push_str(" ");
        text.push_padded(7, 2);
        assert_eq!(text.as_str(), "0 18446744073709551615 -9223372036854775808 07");
    }

    #[test]
    fn what_does_not_fit_is_cut_at_a_character() {
        let text = Text::<5>::of(&["caf", "é☃", "x"]);
        assert_eq!(text.as_str(), "café");
        assert!(text.is_cut());
    }

    #[test]
    fn control_characters_do_not_reach_a_line() {
        let mut text = Text::<16>::new();
        text.push_visible("a\nb\u{1b}é");
        assert_eq!(text.as_str(), "a?b??");
    }
}
