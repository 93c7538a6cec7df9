//! What a firmware prints when it wakes and when it goes to sleep.

use std::fmt;
use std::time::Duration;

use regex::{Captures, Regex, RegexBuilder};

use crate::engine::ActionError;
use crate::scenario::plan::ConsoleLines;

/// The largest compiled pattern in bytes, so that a pattern of a user cannot eat the memory.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// What lines of a firmware mean. [`Patterns::default`] has the lines of our own things: `wake: <cause>`, `sleep <n> s`.
#[derive(Debug, Clone)]
pub struct Patterns {
    wake: Vec<Regex>,
    sleep: Vec<Regex>,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternError {
    /// It is no regular expression.
    Invalid {
        /// The pattern.
        pattern: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Invalid { pattern, reason } = self;
        write!(f, "`{pattern}` is no regular expression: {reason}")
    }
}

impl std::error::Error for PatternError {}

impl PatternError {
    /// The same as the reason why something could not be done.
    #[must_use]
    pub fn stops(&self, what: impl Into<String>) -> ActionError {
        ActionError::new(what, self.to_string())
            .help("a parenthesis or a dot that is meant as such is written \\( or \\.")
    }
}

impl Default for Patterns {
    fn default() -> Self {
        let regex = |text: &str| {
            vec![Regex::new(text).expect("the pattern is a constant, and a test compiles it")]
        };
        Self {
            wake: regex(r"\bwake: (?<cause>[a-z][a-z-]*)"),
            sleep: regex(r"^(?:sleep|sleeping for) (?<seconds>\d+(?:\.\d+)?) ?s\b"),
        }
    }
}

impl Patterns {
    /// Adds all lines of a firmware.
    ///
    /// # Errors
    ///
    /// One of them is no regular expression, or too large a one.
    pub fn add(&mut self, lines: &ConsoleLines) -> Result<(), PatternError> {
        lines.sleep.iter().try_for_each(|pattern| self.add_sleep(pattern))?;
        lines.wake.iter().try_for_each(|pattern| self.add_wake(pattern))
    }

    /// Adds what a firmware prints when it goes to sleep. A group `seconds`, `millis` or `micros` is the span that it announces.
    ///
    /// # Errors
    ///
    /// It is no regular expression, or too large a one.
    pub fn add_sleep(&mut self, pattern: &str) -> Result<(), PatternError> {
        self.sleep.push(compile(pattern)?);
        Ok(())
    }

    /// Adds what a firmware prints when it wakes. A group `cause` is the cause; without one it is `timer`.
    ///
    /// # Errors
    ///
    /// As [`Self::add_sleep`].
    pub fn add_wake(&mut self, pattern: &str) -> Result<(), PatternError> {
        self.wake.push(compile(pattern)?);
        Ok(())
    }

    /// The cause of a wake that a line tells.
    #[must_use]
    pub fn wake(&self, line: &str) -> Option<String> {
        let found = self.wake.iter().find_map(|pattern| pattern.captures(line))?;
        Some(found.name("cause").map_or("timer", |cause| cause.as_str()).to_owned())
    }

    /// The sleep that a line announces: `Some(None)` where it does not say for how long.
    #[must_use]
    pub fn sleep(&self, line: &str) -> Option<Option<Duration>> {
        let found = self.sleep.iter().find_map(|pattern| pattern.captures(line))?;
        Some(span(&found))
    }
}

fn compile(pattern: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        PatternError::Invalid { pattern: pattern.to_owned(), reason: reason.to_owned() }
    })
}

fn span(found: &Captures<'_>) -> Option<Duration> {
    const UNITS: [(&str, f64); 3] = [("seconds", 1.0), ("millis", 1e-3), ("micros", 1e-6)];
    UNITS.iter().find_map(|(name, unit)| {
        let number: f64 = found.name(name)?.as_str().parse().ok()?;
        Duration::try_from_secs_f64(number * unit).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_lines_are_known() {
        let patterns = Patterns::default();
        assert_eq!(patterns.wake("thing signal-thing 0.1.0 wake: timer").as_deref(), Some("timer"));
        assert_eq!(patterns.sleep("sleep 30 s"), Some(Some(Duration::from_secs(30))));
        assert_eq!(patterns.sleep("sleeping for 1.5s"), Some(Some(Duration::from_millis(1500))));
        assert_eq!(patterns.sleep("I will sleep 30 s later"), None);
        assert_eq!(patterns.wake("status: done"), None);
    }

    #[test]
    fn a_firmware_may_have_its_own_lines_with_its_own_units() {
        let mut patterns = Patterns::default();
        patterns.add_sleep(r"deepsleep\((?<millis>\d+)\)").expect("it is one");
        patterns.add_sleep(r"^Going to sleep now").expect("it is one");
        patterns.add_wake(r"^Wakeup caused by (?<cause>\w+)").expect("it is one");
        assert_eq!(
            patterns.sleep("machine.deepsleep(30720)"),
            Some(Some(Duration::from_millis(30720)))
        );
        assert_eq!(patterns.sleep("Going to sleep now"), Some(None));
        assert_eq!(patterns.wake("Wakeup caused by timer").as_deref(), Some("timer"));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused_with_its_reason() {
        let error = Patterns::default().add_sleep("sleep (").expect_err("it is none");
        assert_eq!(error.to_string(), "`sleep (` is no regular expression: unclosed group");
    }
}
