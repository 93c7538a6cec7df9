//! The two clocks of a device: one that only runs on, and one that says the date.

use crate::divide::divide;
use crate::text::Text;

/// A moment on the device's own clock.
///
/// The unit is milliseconds since the clock was started; it never runs backwards while the device
/// is awake. It may start again at zero after each deep sleep, as the clock of a chip does.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Instant(
    /// Milliseconds since the clock was started.
    pub u64,
);

impl Instant {
    /// The moment this many milliseconds later; stays at the end of time instead of wrapping.
    #[must_use]
    pub const fn after_ms(self, span_ms: u64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }

    /// How many milliseconds have passed since `earlier`; zero if that lies ahead.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Milliseconds since 1970 at the end of the year 9999, the last that a signature can carry.
pub(crate) const UNIX_MS_MAX: u64 = 253_402_300_799_999;

/// The date as it was told once, carried on by the device's own clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    told_unix_ms: u64,
    told_at: Instant,
}

impl Calendar {
    /// Notes that it was `unix_ms` at `told_at`; `None` for a year that no signature can carry.
    pub(crate) fn told(unix_ms: u64, told_at: Instant) -> Option<Self> {
        (unix_ms <= UNIX_MS_MAX).then_some(Self { told_unix_ms: unix_ms, told_at })
    }

    /// Seconds since 1970 at `now`.
    pub(crate) fn unix_s(self, now: Instant) -> u64 {
        let unix_ms = self.told_unix_ms.saturating_add(now.ms_since(self.told_at));
        divide(unix_ms.min(UNIX_MS_MAX), 1000).0
    }
}

/// Bytes of a time stamp of the form `20190428T123456Z`.
pub(crate) const STAMP_BYTES: usize = 16;

/// A time stamp as it stands in `x-amz-date`.
pub(crate) type Stamp = Text<STAMP_BYTES>;

/// The time stamp for a number of seconds since 1970, in UTC.
pub(crate) fn stamp(unix_s: u64) -> Stamp {
    let (half_days, second) = divide(unix_s, HALF_DAY_S);
    // The end of the year 9999 is 5.9 million half days away.
    let (year, month, day) = date((half_days / 2) as u32);
    let second_of_day = second + (half_days % 2) as u32 * u32::from(HALF_DAY_S);
    let (hour, minute) = (second_of_day / 3600, second_of_day / 60 % 60);
    let mut stamp = Stamp::new();
    for (number, width) in [(year, 4), (month, 2), (day, 2)] {
        stamp.push_padded(number.into(), width);
    }
    stamp.push_str("T");
    for number in [hour, minute, second_of_day % 60] {
        stamp.push_padded(number.into(), 2);
    }
    stamp.push_str("Z");
    stamp
}

/// Seconds of half a day; those of a whole one are more than [`divide`] divides by.
const HALF_DAY_S: u16 = 43_200;

/// Year, month and day for a number of days since 1970-01-01.
///
/// Counts in eras of 400 years that begin on the first of March, so that the leap day is the last
/// day of a year and needs no case of its own.
fn date(days_since_1970: u32) -> (u32, u32, u32) {
    let days = days_since_1970 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(unix_s: u64, expected: &str) {
        assert_eq!(stamp(unix_s).as_str(), expected);
    }

    #[test]
    fn known_moments_have_their_stamps() {
        check(0, "19700101T000000Z");
        check(951_782_399, "20000228T235959Z");
        check(951_782_400, "20000229T000000Z");
        check(1_556_454_896, "20190428T123456Z");
        check(4_107_542_400, "21000301T000000Z");
        check(UNIX_MS_MAX / 1000, "99991231T235959Z");
    }

    #[test]
    fn the_calendar_runs_on_at_the_speed_of_the_clock() {
        let calendar = Calendar::told(1_000_500, Instant(7)).unwrap();
        assert_eq!(calendar.unix_s(Instant(7)), 1000);
        assert_eq!(calendar.unix_s(Instant(507)), 1001);
        assert_eq!(calendar.unix_s(Instant(73_007)), 1073);
    }

    #[test]
    fn a_year_beyond_four_digits_is_not_told() {
        assert!(Calendar::told(UNIX_MS_MAX + 1, Instant(0)).is_none());
    }
}
