//! Points in time, as values that the caller brings.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

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
