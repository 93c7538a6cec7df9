//! A console: bytes to lines to events. Pure.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use regex::Regex;

use crate::engine::Event;

/// The longest line in bytes; what is longer is cut there, since a chip that sends noise never ends a line.
pub const LINE_BYTES_MAX: usize = 4096;

/// Cuts bytes into lines, whatever ends them (LF, CR LF, CR).
#[derive(Debug, Default)]
pub struct Lines {
    open: Vec<u8>,
}

impl Lines {
    /// Takes in bytes, cut anywhere; returns the lines that are whole now, without their ends and without colors.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<String> {
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

    /// Ends the line that is open, if it has anything in it.
    pub fn end(&mut self) -> Option<String> {
        if self.open.is_empty() {
            return None;
        }
        let line = String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned();
        Some(without_ansi(&line))
    }
}

/// Takes out what colors a terminal: `ESC [ ... letter`.
fn without_ansi(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("\x1b[") {
        text.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|c: char| c.is_ascii_alphabetic());
        rest = end.map_or("", |end| &sequence[end + 1..]);
    }
    text + rest
}

/// What lines of a device mean.
#[derive(Debug, Clone)]
pub struct Meaning {
    wake: Regex,
    sleep: Regex,
    panic: Regex,
}

impl Default for Meaning {
    /// The lines of our own things, and of what prints like them: `wake: <cause>`, `sleep <n> s`; and the panics of
    /// ESP-IDF, Rust and MicroPython.
    fn default() -> Self {
        let regex = |text: &str| {
            Regex::new(text).expect("the pattern is a constant, and a test compiles it")
        };
        Self {
            wake: regex(r"\bwake: (?<cause>[a-z][a-z-]*)"),
            sleep: regex(r"^(?:sleep|sleeping for) (?<seconds>\d+(?:\.\d+)?) ?s\b"),
            panic: regex(
                r"^(Guru Meditation Error|abort\(\) was called|.*panicked at |Traceback \(most recent call last\))",
            ),
        }
    }
}

impl Meaning {
    /// The line itself, and what it means behind it.
    #[must_use]
    pub fn of(&self, line: &str) -> Vec<Event> {
        let mut events = vec![Event::Console { line: line.to_owned() }];
        if let Some(wake) = self.wake.captures(line) {
            events.push(Event::Wake { cause: wake["cause"].to_owned() });
        } else if let Some(sleep) = self.sleep.captures(line) {
            let announced =
                sleep["seconds"].parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
            events.push(Event::Sleep { announced });
        } else if self.panic.is_match(line) {
            events.push(Event::Reset { cause: "panic".to_owned() });
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(line: &str, meaning: &[&str]) {
        let words: Vec<_> = Meaning::default().of(line)[1..].iter().map(Event::words).collect();
        assert_eq!(words, meaning, "{line}");
    }

    #[test]
    fn lines_of_things_mean_wakes_sleeps_and_panics() {
        check("thing signal-thing 0.1.0 wake: timer", &["awake: timer"]);
        check("sleep 30 s", &["asleep for 30s"]);
        check("sleeping for 1.5s", &["asleep for 1.5s"]);
        check("Guru Meditation Error: Core  0 panic'ed (LoadProhibited)", &["reset: panic"]);
        check("thread 'main' panicked at src/main.rs:3:5:", &["reset: panic"]);
        check("I will sleep 30 s later", &[]);
        check("status: done", &[]);
    }

    #[test]
    fn a_line_that_never_ends_is_cut() {
        let mut lines = Lines::default();
        assert_eq!(lines.feed(&[b'x'; LINE_BYTES_MAX + 1]).len(), 1);
        assert_eq!(lines.end().as_deref(), Some("x"));
    }

    #[test]
    fn colors_are_taken_out() {
        assert_eq!(Lines::default().feed(b"\x1b[0;32mI (31) boot\x1b[0m\r\n"), ["I (31) boot"]);
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_how_the_bytes_are_cut(text in "[a-c\r\n\x1b\\[]{0,60}", cut in 0usize..60) {
            let bytes = text.as_bytes();
            let whole = Lines::default().feed(bytes);
            let mut lines = Lines::default();
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let mut parts = lines.feed(first);
            parts.extend(lines.feed(second));
            prop_assert_eq!(whole, parts);
        }
    }
}
