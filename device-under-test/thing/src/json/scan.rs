//! The check of a whole document against RFC 8259, without recursion.

use super::value::Value;
use crate::limits::DEPTH_MAX;

/// Why a document is not JSON that the device can read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum JsonError {
    /// It ends in the middle.
    Ended,
    /// It is not UTF-8 from this byte on.
    NotText { at: usize },
    /// Its lists and objects are nested deeper than [`DEPTH_MAX`].
    TooDeep { at: usize },
    /// Something else stands here than the grammar allows.
    Unexpected { at: usize },
}

/// Checks the whole text and gives its one value.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value<'_>, JsonError> {
    let text = core::str::from_utf8(bytes)
        .map_err(|error| JsonError::NotText { at: error.valid_up_to() })?;
    Scanner { bytes, at: 0 }.document()?;
    Ok(Value::of_checked(text.trim_ascii()))
}

/// Blanks between the parts of a document (RFC 8259, section 2).
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The open lists and objects, one bit each, the innermost lowest: set for an object.
#[derive(Default)]
struct Nesting {
    objects: u32,
    depth: usize,
}

const _: () = assert!(DEPTH_MAX <= u32::BITS as usize);

impl Nesting {
    const fn open(&mut self, is_object: bool) -> bool {
        if self.depth >= DEPTH_MAX {
            return false;
        }
        self.objects = self.objects << 1 | is_object as u32;
        self.depth += 1;
        true
    }

    const fn close(&mut self) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }

    const fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn document(&mut self) -> Result<(), JsonError> {
        let mut nesting = Nesting::default();
        loop {
            // A value begins here. An opened list or object that is not empty brings another one.
            if self.opening(&mut nesting)? {
                continue;
            }
            while nesting.depth > 0 && self.closing_or_comma(&mut nesting)? {}
            if nesting.depth == 0 {
                self.skip_blanks();
                return if self.at == self.bytes.len() { Ok(()) } else { self.unexpected() };
            }
        }
    }

    /// Reads a scalar, an empty list or object, or the beginning of one that is not; true for that.
    fn opening(&mut self, nesting: &mut Nesting) -> Result<bool, JsonError> {
        self.skip_blanks();
        let first = self.peek()?;
        if first != b'{' && first != b'[' {
            self.scalar(first)?;
            return Ok(false);
        }
        let is_object = first == b'{';
        if !nesting.open(is_object) {
            return Err(JsonError::TooDeep { at: self.at });
        }
        self.at += 1;
        self.skip_blanks();
        if self.peek()? == if is_object { b'}' } else { b']' } {
            self.at += 1;
            nesting.close();
            return Ok(false);
        }
        if is_object {
            self.key()?;
        }
        Ok(true)
    }

    /// Reads what follows a value inside a list or object; false when another value follows.
    fn closing_or_comma(&mut self, nesting: &mut Nesting) -> Result<bool, JsonError> {
        self.skip_blanks();
        match (self.peek()?, nesting.in_object()) {
            (b',', in_object) => {
                self.at += 1;
                if in_object {
                    self.skip_blanks();
                    self.key()?;
                }
                Ok(false)
            }
            (b'}', true) | (b']', false) => {
                self.at += 1;
                nesting.close();
                Ok(true)
            }
            _ => self.unexpected(),
        }
    }

    fn key(&mut self) -> Result<(), JsonError> {
        if self.peek()? != b'"' {
            return self.unexpected();
        }
        self.string()?;
        self.skip_blanks();
        if self.peek()? != b':' {
            return self.unexpected();
        }
        self.at += 1;
        Ok(())
    }

    fn scalar(&mut self, first: u8) -> Result<(), JsonError> {
        match first {
            b'"' => self.string(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => self.unexpected(),
        }
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..=0x1f => return self.unexpected(),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let hex_digits = match self.peek()? {
            b'u' => 4,
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 0,
            _ => return self.unexpected(),
        };
        self.at += 1;
        for _ in 0..hex_digits {
            if !self.peek()?.is_ascii_hexdigit() {
                return self.unexpected();
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        // A zero in front stands alone (RFC 8259, section 6).
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self) -> Result<(), JsonError> {
        if !self.peek()?.is_ascii_digit() {
            return self.unexpected();
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), JsonError> {
        for expected in word {
            if self.peek()? != *expected {
                return self.unexpected();
            }
            self.at += 1;
        }
        Ok(())
    }

    fn skip_blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(|byte| is_blank(*byte)) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Result<u8, JsonError> {
        self.bytes.get(self.at).copied().ok_or(JsonError::Ended)
    }

    const fn unexpected<T>(&self) -> Result<T, JsonError> {
        Err(JsonError::Unexpected { at: self.at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Result<&str, JsonError>) {
        assert_eq!(parse(text.as_bytes()).map(|value| value.raw()), expected, "{text}");
    }

    #[test]
    fn a_document_is_its_value_without_the_blanks_around_it() {
        check(" \r\n\t{ \"a\" : [ 1 , -0.5e+3 , {} , [] , null ] } \n", {
            Ok("{ \"a\" : [ 1 , -0.5e+3 , {} , [] , null ] }")
        });
        check("\"\\u00e9\\\\\\\"\"", Ok("\"\\u00e9\\\\\\\"\""));
        check("0", Ok("0"));
    }

    #[test]
    fn what_is_not_json_is_refused_where_it_goes_wrong() {
        check("", Err(JsonError::Ended));
        check("{\"a\":1", Err(JsonError::Ended));
        check("\"abc", Err(JsonError::Ended));
        check("{} x", Err(JsonError::Unexpected { at: 3 }));
        check("{\"a\" 1}", Err(JsonError::Unexpected { at: 5 }));
        check("{\"a\":1,}", Err(JsonError::Unexpected { at: 7 }));
        check("{a:1}", Err(JsonError::Unexpected { at: 1 }));
        check("[1}", Err(JsonError::Unexpected { at: 2 }));
        check("[1,]", Err(JsonError::Unexpected { at: 3 }));
        check("01", Err(JsonError::Unexpected { at: 1 }));
        check("1.", Err(JsonError::Ended));
        check("-x", Err(JsonError::Unexpected { at: 1 }));
        check("\"\n\"", Err(JsonError::Unexpected { at: 1 }));
        check("\"\\x\"", Err(JsonError::Unexpected { at: 2 }));
        check("\"\\u12g4\"", Err(JsonError::Unexpected { at: 5 }));
        check("nul", Err(JsonError::Ended));
        check("\u{feff}{}", Err(JsonError::Unexpected { at: 0 }));
        check("<html>", Err(JsonError::Unexpected { at: 0 }));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        assert_eq!(parse(b"\"a\xff\"").map(|_| ()), Err(JsonError::NotText { at: 2 }));
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| {
            let mut text = "[".repeat(depth);
            text.push_str(&"]".repeat(depth));
            text
        };
        assert!(parse(nested(DEPTH_MAX).as_bytes()).is_ok());
        let too_deep = parse(nested(DEPTH_MAX + 1).as_bytes()).map(|_| ());
        assert_eq!(too_deep, Err(JsonError::TooDeep { at: DEPTH_MAX }));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_without_a_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn the_judgment_agrees_with_an_independent_parser(
            text in "[\\[\\]{}\",:0-9a-z\\\\.eE+ -]{0,24}"
        ) {
            let ours = parse(text.as_bytes()).is_ok();
            // The independent parser refuses numbers and surrogates that it cannot hold; the
            // grammar allows them.
            let theirs = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
            prop_assert_eq!(ours, theirs, "{}", text);
        }

        #[test]
        fn a_cut_document_is_never_taken_for_a_whole_one(cut in 0_usize..48) {
            let text = "{\"state\":{\"desired\":{\"signal\":2,\"a\":[1,\"x\"]}}}";
            let cut: String = text.chars().take(cut.min(text.len() - 1)).collect();
            prop_assert!(parse(cut.as_bytes()).is_err());
        }
    }
}
