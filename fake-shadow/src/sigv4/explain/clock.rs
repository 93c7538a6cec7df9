//! What a wrong clock looks like.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::explanation::Finding;
use super::mistake::{Family, Topic};
use crate::clock::UnixMillis;
use crate::sigv4::refusal::Clock;
use crate::sigv4::rules::Rules;
use crate::sigv4::timestamp::basic;

pub(super) const FAMILY: Family = Family {
    title: "The clock",
    mistakes: &[],
    seen: &[
        &UNSET_1970,
        &UNSET_1980,
        &UNSET_2000,
        &WRAPPED_2036,
        &EPOCH_2000,
        &EPOCH_NTP,
        &TM_YEAR,
        &TM_MON,
        &DAY_AND_MONTH,
        &TWELVE_HOURS,
        &TIME_ZONE,
        &DAYS,
        &BEHIND,
        &AHEAD,
        &URL_EXPIRED,
    ],
};

const SET_FIRST: &str = "wait until the time was set, by SNTP or from the `Date` of an answer, \
    before the first request is signed";

const UNSET_1970: Topic = Topic {
    id: "clock-1970",
    did: "the device's clock was never set: it counts from 1970",
    help: SET_FIRST,
};

const UNSET_1980: Topic = Topic {
    id: "clock-1980",
    did: "the device's clock was never set: it counts from 1980, as GPS receivers and some clock \
        chips do",
    help: SET_FIRST,
};

const UNSET_2000: Topic = Topic {
    id: "clock-2000",
    did: "the device's clock was never set: it counts from 2000, as many clock chips do",
    help: SET_FIRST,
};

const WRAPPED_2036: Topic = Topic {
    id: "clock-2036",
    did: "the device's clock stands at the start of NTP's second era: it was set from an NTP \
        answer without a time",
    help: "refuse an NTP answer whose transmit time is zero or whose stratum is 0, and ask again",
};

const EPOCH_2000: Topic = Topic {
    id: "clock-epoch-2000",
    did: "the device took seconds since 2000 for seconds since 1970",
    help: "add 946684800 seconds; MicroPython's `time.time()` counts from 2000 on most boards",
};

const EPOCH_NTP: Topic = Topic {
    id: "clock-epoch-ntp",
    did: "the device took NTP's seconds since 1900 for seconds since 1970",
    help: "subtract 2208988800 seconds from the time in an NTP answer",
};

const TM_YEAR: Topic = Topic {
    id: "clock-tm-year",
    did: "the year lacks 1900: `tm_year` counts from there",
    help: "write `tm_year + 1900`, or use `strftime`",
};

const TM_MON: Topic = Topic {
    id: "clock-tm-mon",
    did: "the month is one too low: `tm_mon` counts from 0",
    help: "write `tm_mon + 1`, or use `strftime`",
};

const DAY_AND_MONTH: Topic = Topic {
    id: "clock-day-and-month",
    did: "day and month are swapped",
    help: "write the time as year, month, day: `%Y%m%dT%H%M%SZ`",
};

const TWELVE_HOURS: Topic = Topic {
    id: "clock-twelve-hours",
    did: "the device's clock is twelve hours off: it may write hours from 1 to 12",
    help: "write hours from 00 to 23: `%H`, not `%I`",
};

const TIME_ZONE: Topic = Topic {
    id: "clock-time-zone",
    did: "the device seems to sign in local time, not in UTC",
    help: "use `gmtime`, not `localtime`, or set the clock to UTC; the `Z` at the end of the time \
        means UTC",
};

const DAYS: Topic = Topic {
    id: "clock-days",
    did: "the device's clock is off by whole days",
    help: "set the date together with the time, and carry it over midnight and the end of the \
        month",
};

const BEHIND: Topic = Topic {
    id: "clock-behind",
    did: "the device's clock is behind, or the request was signed long before it was sent",
    help: "set the clock before signing, and sign again on each retry instead of sending the old \
        signature",
};

const AHEAD: Topic = Topic {
    id: "clock-ahead",
    did: "the device's clock is ahead",
    help: "set the clock before signing",
};

const URL_EXPIRED: Topic = Topic {
    id: "presigned-url-expired",
    did: "the presigned URL has outlived its own `X-Amz-Expires`",
    help: "make a new URL, or a longer `X-Amz-Expires`; AWS IoT accepts no URL for longer than \
        five minutes",
};

/// Seconds from 1970 to 2000, and from 1900 to 1970.
const SECS_TO_2000: i64 = 946_684_800;
const SECS_FROM_1900: i64 = 2_208_988_800;
/// 2036-02-07T06:28:16Z, where NTP's 32 bits of seconds begin again.
const NTP_ERA_1: i64 = 2_085_978_496;

const DAY_SECS: i64 = 86_400;
const YEAR_SECS: i64 = 366 * DAY_SECS;
/// The farthest time zones: UTC-12 and UTC+14.
const ZONE_SECS: std::ops::RangeInclusive<i64> = -12 * 3600..=14 * 3600;
/// A device that signs in local time is off by its zone, and by no more than this besides.
const ZONE_SLACK_SECS: i64 = 120;

/// What may be wrong with a clock; the most telling first.
pub(super) fn findings(clock: &Clock, rules: &Rules) -> Vec<Finding> {
    let topics = if clock.window < rules.window { vec![&URL_EXPIRED] } else { topics(clock) };
    topics.into_iter().map(|topic| finding(topic, clock)).collect()
}

fn finding(topic: &Topic, clock: &Clock) -> Finding {
    let off = clock.signed_at.secs() - clock.now.secs();
    let direction = if off < 0 { "behind" } else { "ahead" };
    let mut finding = Finding::seen(topic)
        .fact("server time", basic(clock.now))
        .fact("device time", basic(clock.signed_at))
        .fact("difference", format!("{} {direction}", duration(off.unsigned_abs())));
    if *topic == TIME_ZONE {
        finding = finding.fact("time zone", zone(nearest_half_hour(off)));
    }
    finding
}

fn topics(clock: &Clock) -> Vec<&'static Topic> {
    let (device, off) = (clock.signed_at.secs(), clock.signed_at.secs() - clock.now.secs());
    let near = |distance: i64| distance.abs() <= DAY_SECS;
    let (Some(device_civil), Some(server_civil)) = (civil(clock.signed_at), civil(clock.now))
    else {
        return vec![if off < 0 { &BEHIND } else { &AHEAD }];
    };
    match device_civil.year() {
        1970 => return vec![&UNSET_1970],
        1980 => return vec![&UNSET_1980],
        2000 => return vec![&UNSET_2000],
        _ => {}
    }
    if (NTP_ERA_1..NTP_ERA_1 + YEAR_SECS).contains(&device) {
        return vec![&WRAPPED_2036];
    }
    if near(off + SECS_TO_2000) {
        return vec![&EPOCH_2000];
    }
    if near(off - SECS_FROM_1900) {
        return vec![&EPOCH_NTP];
    }
    if device_civil.year() + 1900 == server_civil.year() {
        return vec![&TM_YEAR];
    }
    if let Some(topic) = calendar_slip(device_civil, server_civil) {
        return vec![topic];
    }
    let half_hours = nearest_half_hour(off);
    if half_hours != 0
        && ZONE_SECS.contains(&half_hours)
        && (off - half_hours).abs() <= ZONE_SLACK_SECS
    {
        return match half_hours.abs() == DAY_SECS / 2 {
            true => vec![&TWELVE_HOURS, &TIME_ZONE],
            false => vec![&TIME_ZONE],
        };
    }
    if (off.rem_euclid(DAY_SECS).min((-off).rem_euclid(DAY_SECS))) <= ZONE_SLACK_SECS {
        return vec![&DAYS];
    }
    vec![if off < 0 { &BEHIND } else { &AHEAD }]
}

/// A date that is right but for one slip in how it was written.
fn calendar_slip(device: DateTime, server: DateTime) -> Option<&'static Topic> {
    let is_same_hour = device.hour() == server.hour();
    if !is_same_hour || device.year() != server.year() {
        return None;
    }
    if device.month() + 1 == server.month() && device.day() == server.day() {
        return Some(&TM_MON);
    }
    let is_swapped = device.month() == server.day() && device.day() == server.month();
    (is_swapped && device.day() != device.month()).then_some(&DAY_AND_MONTH)
}

fn civil(at: UnixMillis) -> Option<DateTime> {
    let at = jiff::Timestamp::from_second(at.secs()).ok()?;
    Some(Offset::UTC.to_datetime(at))
}

fn nearest_half_hour(secs: i64) -> i64 {
    secs.saturating_add(900).div_euclid(1800).saturating_mul(1800)
}

fn zone(secs: i64) -> String {
    let (hours, minutes) = (secs.abs() / 3600, secs.abs() % 3600 / 60);
    let sign = if secs < 0 { '-' } else { '+' };
    format!("UTC{sign}{hours:02}:{minutes:02}")
}

/// A length of time, to the second where that may tell something.
fn duration(secs: u64) -> String {
    let (days, hours, minutes, seconds) =
        (secs / 86_400, secs % 86_400 / 3600, secs % 3600 / 60, secs % 60);
    match (days, hours, minutes) {
        (730.., _, _) => format!("about {} years", (days + 182) / 365),
        (1.., _, _) => format!("{days} d {hours} h {minutes} min {seconds} s"),
        (0, 1.., _) => format!("{hours} h {minutes} min {seconds} s"),
        (0, 0, 1..) => format!("{minutes} min {seconds} s"),
        (0, 0, 0) => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sigv4::timestamp::parse_basic;

    /// Checks what is said at `2026-03-02T10:20:30Z` about a device with another time.
    fn check(device: &str, expected: &[&str]) {
        let rules = Rules::data_plane("us-east-1");
        let clock = Clock {
            signed_at: parse_basic(device).unwrap(),
            now: parse_basic("20260302T102030Z").unwrap(),
            window: rules.window,
        };
        let ids: Vec<&str> = findings(&clock, &rules).iter().map(|finding| finding.id).collect();
        assert_eq!(ids, expected, "{device}");
    }

    #[test]
    fn clocks_that_were_never_set_are_known_by_where_they_start() {
        check("19700101T000007Z", &["clock-1970"]);
        check("19701231T235959Z", &["clock-1970"]);
        check("19800106T000100Z", &["clock-1980"]);
        check("20000101T000007Z", &["clock-2000"]);
        check("20360207T062820Z", &["clock-2036"]);
    }

    #[test]
    fn other_epochs_are_known_by_the_difference() {
        check("19960302T102031Z", &["clock-epoch-2000"]);
        check("20960301T102031Z", &["clock-epoch-ntp"]);
        check("01260302T102030Z", &["clock-tm-year"]);
    }

    #[test]
    fn slips_of_the_calendar_are_known_by_the_rest_of_the_date() {
        check("20260202T102030Z", &["clock-tm-mon"]);
        check("20260203T102030Z", &["clock-day-and-month"]);
        check("20260301T102031Z", &["clock-days"]);
    }

    #[test]
    fn time_zones_are_whole_half_hours() {
        check("20260302T112030Z", &["clock-time-zone"]);
        check("20260302T155025Z", &["clock-time-zone"]);
        check("20260302T022040Z", &["clock-time-zone"]);
        check("20260302T222030Z", &["clock-twelve-hours", "clock-time-zone"]);
        check("20260302T110030Z", &["clock-ahead"]);
        check("20260302T101030Z", &["clock-behind"]);
        check("20260301T015030Z", &["clock-behind"]);
    }

    #[test]
    fn a_time_zone_is_named() {
        assert_eq!(zone(nearest_half_hour(2 * 3600 - 5)), "UTC+02:00");
        assert_eq!(zone(nearest_half_hour(5 * 3600 + 1790)), "UTC+05:30");
        assert_eq!(zone(nearest_half_hour(-8 * 3600 + 5)), "UTC-08:00");
    }

    #[test]
    fn a_url_may_outlive_itself_within_the_window() {
        let rules = Rules::data_plane("us-east-1");
        let now = UnixMillis::from_secs(1_767_323_045);
        let clock =
            Clock { signed_at: now.offset_by(-90_000), now, window: Duration::from_secs(60) };
        let ids: Vec<&str> = findings(&clock, &rules).iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["presigned-url-expired"]);
    }

    #[test]
    fn no_time_is_too_far() {
        for signed_at in [UnixMillis(i64::MIN), UnixMillis(i64::MAX)] {
            let rules = Rules::data_plane("us-east-1");
            let now = UnixMillis::from_secs(1_767_323_045);
            assert_eq!(findings(&Clock { signed_at, now, window: rules.window }, &rules).len(), 1);
        }
    }
}
