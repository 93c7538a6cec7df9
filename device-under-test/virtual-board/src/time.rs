//! Points in time as the board counts them.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

/// A point in time: microseconds since the driver began to count.
///
/// The board asks no clock; whoever drives it says what time it is.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Moment {
    /// Microseconds since the beginning.
    pub micros: u64,
}

impl Moment {
    /// The beginning.
    pub const START: Self = Self { micros: 0 };

    /// The point that long after the beginning; what is finer than a microsecond is dropped.
    #[must_use]
    pub fn at(since_start: Duration) -> Self {
        Self { micros: whole_micros(since_start) }
    }

    /// The point a span later; stops at the end of the range.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self { micros: self.micros.saturating_add(whole_micros(span)) }
    }

    /// How long after `earlier` this is; zero if it is not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.micros.saturating_sub(earlier.micros))
    }
}

fn whole_micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
