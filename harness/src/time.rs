//! Points in time and spans as the rig counts and writes them.

use std::fmt;
use std::time::Duration;

/// A point in a run: the time since the run began, whole microseconds.
///
/// In virtual time it is computed, in real time it comes from the monotonic clock; nobody else can tell which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The beginning of the run.
    pub const START: Self = Self(Duration::ZERO);

    /// The point that long after the beginning; anything finer than a microsecond is dropped.
    #[must_use]
    pub fn at(since_start: Duration) -> Self {
        let micros = u64::try_from(since_start.as_micros()).unwrap_or(u64::MAX);
        Self(Duration::from_micros(micros))
    }

    /// How long after the beginning this is.
    #[must_use]
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The point a span later; stops at the end of the range.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self::at(self.0.saturating_add(span))
    }

    /// Whole microseconds since the beginning.
    #[must_use]
    pub fn micros(self) -> u64 {
        u64::try_from(self.0.as_micros()).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}s", self.0.as_secs_f64())
    }
}

/// A span as a person writes it: `250ms`, `5s`, `1.24s`, `2m30s`, `1h`.
#[must_use]
pub fn span(length: Duration) -> String {
    if length < Duration::from_secs(1) {
        return format!("{}ms", length.as_millis());
    }
    if length < Duration::from_secs(60) {
        let text = format!("{:.3}", length.as_secs_f64());
        return format!("{}s", text.trim_end_matches('0').trim_end_matches('.'));
    }
    let secs = length.as_secs();
    let parts = [(secs / 3600, "h"), (secs / 60 % 60, "m"), (secs % 60, "s")];
    parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}{unit}")).collect()
}

/// A signed span in milliseconds as a person writes it: `+20m`, `-5s`, `0ms`.
#[must_use]
pub fn signed_span(millis: i64) -> String {
    let sign = match millis.signum() {
        1 => "+",
        -1 => "-",
        _ => "",
    };
    format!("{sign}{}", span(Duration::from_millis(millis.unsigned_abs())))
}

/// Reads a span with its unit (`250ms`, `5s`, `2m30s`); `None` for a bare number, a negative one or anything else.
#[must_use]
pub fn parse_span(text: &str) -> Option<Duration> {
    let millis = parse_signed_millis(text)?;
    u64::try_from(millis).ok().map(Duration::from_millis)
}

/// Reads a signed span (`+20m`, `-5s`, `10s`) as milliseconds.
#[must_use]
pub fn parse_signed_millis(text: &str) -> Option<i64> {
    let text = text.trim();
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest.is_empty() {
        return None;
    }
    let mut millis = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(end);
        let unit_end = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit_end);
        let unit = UNITS_MS.iter().find(|(name, _)| *name == unit)?.1;
        // Digits on both sides of a point, so that nobody has to guess what `.5s` or `5.s` was to be.
        let is_plain = number.split('.').all(|digits| !digits.is_empty());
        let number: f64 = number.parse().ok().filter(|_| is_plain)?;
        millis += number * unit;
        rest = behind.trim_start_matches(' ');
    }
    // The largest span that all units of the rig can count: some centuries.
    let is_in_range = millis < i64::MAX as f64 / 1e6;
    is_in_range.then(|| sign * millis.round() as i64)
}

/// The units of spans, in milliseconds.
const UNITS_MS: &[(&str, f64)] =
    &[("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3_600e3), ("d", 86_400e3)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_back_as_written() {
        for text in ["250ms", "5s", "1.5s", "2m30s", "1h", "1h2m3s", "59.999s"] {
            assert_eq!(span(parse_span(text).expect(text)), text);
        }
        assert_eq!(parse_span("1h 2m 3s"), parse_span("1h2m3s"));
        assert_eq!(parse_span("1d"), parse_span("24h"));
    }

    #[test]
    fn a_span_without_a_unit_or_with_a_sign_is_refused() {
        for text in [
            "5",
            "",
            "s",
            "-5s",
            "five",
            "PT5S",
            "5 parsecs",
            "5 s",
            "5 sec",
            "5S",
            "5,5s",
            "1h30",
            "5s ago",
            "1e3s",
            ".5s",
            "5.s",
            "5..5s",
            "--5s",
            "+",
            "1h, 5m",
            "99999999999999999999s",
            "\u{661}s",
        ] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn signed_spans_keep_their_sign() {
        assert_eq!(parse_signed_millis("+20m"), Some(1_200_000));
        assert_eq!(parse_signed_millis("-27850123s"), Some(-27_850_123_000));
        assert_eq!(signed_span(-1_200_000), "-20m");
        assert_eq!(signed_span(0), "0ms");
    }
}
