//! Bytes to lines.

/// The longest line in bytes; what is longer is cut there, since a chip that sends noise never ends a line.
pub const LINE_BYTES_MAX: usize = 4096;

/// The fewest bytes that are called noise: a stray byte at a reset is none.
const NOISE_BYTES_MIN: usize = 6;

/// A line without its end, its colors and what else only moves a terminal's cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The text. A byte that is not UTF-8 is shown as `\xNN`, so that nothing is lost.
    pub text: String,
    /// Whether most of it is no text: bytes that were sent at another baud rate than they are read at look so.
    pub is_noise: bool,
}

/// Cuts bytes into lines, whatever ends them (LF, CR LF, CR). Lines with nothing in them are left out.
#[derive(Debug, Default)]
pub struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// Takes in bytes, cut anywhere; returns the lines that are whole now.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' | b'\r' => lines.extend(self.end()),
                _ => {
                    self.open.push(*byte);
                    if self.open.len() >= LINE_BYTES_MAX {
                        lines.extend(self.end());
                    }
                }
            }
        }
        lines
    }

    /// Whether there is a line that has begun and not ended.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What the line that is open shows, if anything.
    #[must_use]
    pub fn open(&self) -> Option<String> {
        let bytes = without_escapes(&self.open);
        (!bytes.is_empty()).then(|| visible(&bytes))
    }

    /// Ends the line that is open, if it shows anything.
    pub fn end(&mut self) -> Option<Line> {
        let bytes = without_escapes(&std::mem::take(&mut self.open));
        if bytes.is_empty() {
            return None;
        }
        Some(Line { is_noise: is_noise(&bytes), text: visible(&bytes) })
    }
}

/// Takes out what colors a terminal, moves its cursor, names its window or rings its bell, and what was taken back.
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    const ESCAPE: u8 = 0x1b;
    const BELL: u8 = 0x07;
    const BACKSPACE: u8 = 0x08;
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (byte, rest.peek()) {
            (ESCAPE, Some(b'[')) => {
                rest.next();
                // Parameters and what stands between, up to the letter that ends the sequence.
                while rest.next_if(|byte| (0x20..0x40).contains(byte)).is_some() {}
                rest.next_if(|byte| (0x40..0x7f).contains(byte));
            }
            (ESCAPE, Some(b']')) => {
                while rest.next_if(|byte| *byte != BELL && *byte != ESCAPE).is_some() {}
                rest.next_if_eq(&BELL);
            }
            (ESCAPE, Some(0x30..=0x7e)) => drop(rest.next()),
            (BELL | ESCAPE, _) => {}
            (BACKSPACE, _) => drop(kept.pop()),
            _ => kept.push(byte),
        }
    }
    kept
}

/// Text with `\xNN` for each byte that is not UTF-8 or that no terminal shows.
fn visible(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\t' => text.push(character),
                '\0'..='\x1f' | '\x7f' => {
                    text.push_str(&format!("\\x{:02x}", u32::from(character)))
                }
                _ => text.push(character),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

/// Whether more than a quarter of the bytes are no text.
fn is_noise(bytes: &[u8]) -> bool {
    let wrong: usize = bytes
        .utf8_chunks()
        .map(|chunk| {
            let controls = chunk.valid().chars().filter(|c| c.is_control() && *c != '\t').count();
            controls + chunk.invalid().len()
        })
        .sum();
    bytes.len() >= NOISE_BYTES_MIN && wrong * 4 > bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &[u8], expected: &[&str]) {
        let mut lines = Lines::default();
        let mut texts: Vec<_> = lines.feed(bytes).into_iter().map(|line| line.text).collect();
        texts.extend(lines.end().map(|line| line.text));
        assert_eq!(texts, expected);
    }

    #[test]
    fn any_end_of_a_line_ends_it_and_empty_lines_are_left_out() {
        check(b"a\nb\r\nc\rd\n\r\n\n  e", &["a", "b", "c", "d", "  e"]);
    }

    #[test]
    fn a_line_that_never_ends_is_cut() {
        let mut lines = Lines::default();
        assert_eq!(lines.feed(&[b'x'; LINE_BYTES_MAX + 1]).len(), 1);
        assert_eq!(lines.end().map(|line| line.text).as_deref(), Some("x"));
    }

    #[test]
    fn colors_titles_and_bells_are_taken_out() {
        check(b"\x1b[0;32mI (31) boot\x1b[0m\r\n", &["I (31) boot"]);
        check(b"\x1b]0;a title\x07text\x1b[2K\x1b[?25h", &["text"]);
        check(b"beep\x07\n\x1b7x\x1b8\n\x1b", &["beep", "x"]);
        check(b"\x1b[0m\r\n", &[]);
        check(b">>> prnt\x08 \x08\x08\x1b[Kint", &[">>> print"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_shown() {
        check(b"caf\xc3\xa9 \xff\x00\ttab", &["caf\u{e9} \\xff\\x00\ttab"]);
    }

    /// What a receiver makes of text that is sent at another rate: it takes the level in the middle of each of its own bits.
    fn at_other_rate(text: &str, sent_hz: f64, read_hz: f64) -> Vec<u8> {
        let bits: Vec<bool> = text
            .bytes()
            .flat_map(|byte| {
                let data = (0..8).map(move |bit| byte >> bit & 1 == 1);
                std::iter::once(false).chain(data).chain([true])
            })
            .collect();
        let level = |time: f64| bits.get((time * sent_hz) as usize).copied().unwrap_or(true);
        let (bit, end) = (1.0 / read_hz, bits.len() as f64 / sent_hz);
        let (mut time, mut received) = (0.0, Vec::new());
        while time < end {
            if level(time) {
                time += bit / 16.0;
                continue;
            }
            let byte = (0..8).fold(0u8, |byte, index| {
                byte | u8::from(level(time + bit * (f64::from(index) + 1.5))) << index
            });
            received.push(byte);
            time += bit * 9.6;
        }
        received
    }

    #[test]
    fn text_at_another_rate_is_noise_and_text_in_any_language_is_none() {
        let boot = " ets Jan  8 2013,rst cause:2, boot mode:(3,6)";
        for (sent, read) in [(74880.0, 115_200.0), (115_200.0, 74880.0), (74880.0, 9600.0)] {
            let mut bytes = at_other_rate(boot, sent, read);
            bytes.retain(|byte| !b"\r\n".contains(byte));
            let mut lines = Lines::default();
            lines.feed(&bytes);
            let line = lines.end().expect("something was received");
            assert!(line.is_noise, "{sent} read at {read}: {line:?}");
        }
        let text = "Übergrößenträger, 温度は二十度です, progress [####  ]\n";
        assert!(Lines::default().feed(text.as_bytes()).iter().all(|line| !line.is_noise));
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut lines = Lines::default();
            lines.feed(&bytes);
            lines.end();
        }
    }
}
