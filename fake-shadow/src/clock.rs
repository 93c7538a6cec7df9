//! Points in time, as values that the caller brings.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
///
/// The service never asks for the time; whoever calls it says what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// The point that many whole seconds after 1970 began.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Whole seconds since 1970, rounded down; the unit of a shadow's time stamps.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This point, moved by a signed number of milliseconds; stops at the ends of the range.
    #[must_use]
    pub const fn offset_by(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This point and a span after it.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// Reads a signed duration with its units, as `+5m`, `-27850123s`, `1h30m` or `+2d`; a day has 24 hours, a week 7 days. `None` for
/// anything else, months and years among it.
#[must_use]
pub fn parse_signed_duration(text: &str) -> Option<SignedDuration> {
    let span: Span = text.parse().ok()?;
    span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<i64>) {
        let millis = parse_signed_duration(text).map(|duration| duration.as_millis());
        assert_eq!(millis, expected.map(i128::from), "{text}");
    }

    #[test]
    fn a_signed_duration_has_units_up_to_weeks() {
        check("+5m", Some(300_000));
        check("-27850123s", Some(-27_850_123_000));
        check("1h30m", Some(5_400_000));
        check("+500ms", Some(500));
        check("-2d", Some(-172_800_000));
        check("+1w1d", Some(691_200_000));
        check("-0s", Some(0));
        for text in ["", "5", "+90", "1y", "1mo", "5 parsecs", "99999999999999999999s"] {
            check(text, None);
        }
    }
}
