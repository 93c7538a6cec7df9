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
    let bare = text.trim_start_matches(['+', '-']);
    if !bare.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let parsed: jiff::SignedDuration = text.parse().ok()?;
    i64::try_from(parsed.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_back_as_written() {
        for text in ["250ms", "5s", "1.5s", "2m30s", "1h", "1h2m3s", "59.999s"] {
            assert_eq!(span(parse_span(text).expect(text)), text);
        }
    }

    #[test]
    fn a_span_without_a_unit_or_with_a_sign_is_refused() {
        for text in ["5", "", "s", "-5s", "five", "PT5S", "5 parsecs"] {
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
