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

const SET_FIRST: &str = "wait until the time was set, by SNTP or from the `Date` of an answer, before the first request is signed";

const UNSET_1970: Topic = Topic {
    id: "clock-1970",
    did: "the device's clock was never set: it counts from 1970",
    help: SET_FIRST,
};

const UNSET_1980: Topic = Topic {
    id: "clock-1980",
    did: "the device's clock was never set: it counts from 1980, as GPS receivers and some clock chips do",
    help: SET_FIRST,
};

const UNSET_2000: Topic = Topic {
    id: "clock-2000",
    did: "the device's clock was never set: it counts from 2000, as many clock chips do",
    help: SET_FIRST,
};

const WRAPPED_2036: Topic = Topic {
    id: "clock-2036",
    did: "the device's clock stands at the start of NTP's second era: it was set from an NTP answer without a time",
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
    help: "use `gmtime`, not `localtime`, or set the clock to UTC; the `Z` at the end of the time means UTC",
};

const DAYS: Topic = Topic {
    id: "clock-days",
    did: "the device's clock is off by whole days",
    help: "set the date together with the time, and carry it over midnight and the end of the month",
};

const BEHIND: Topic = Topic {
    id: "clock-behind",
    did: "the device's clock is behind, or the request was signed long before it was sent",
    help: "set the clock before signing, and sign again on each retry instead of sending the old signature",
};

const AHEAD: Topic = Topic {
    id: "clock-ahead",
    did: "the device's clock is ahead",
    help: "set the clock before signing",
};

const URL_EXPIRED: Topic = Topic {
    id: "presigned-url-expired",
    did: "the presigned URL has outlived its own `X-Amz-Expires`",
    help: "make a new URL, or a longer `X-Amz-Expires`; AWS IoT accepts no URL for longer than five minutes",
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

/// A length of time in its two largest units.
fn duration(secs: u64) -> String {
    let (days, hours, minutes) = (secs / 86_400, secs % 86_400 / 3600, secs % 3600 / 60);
    match (days, hours, minutes) {
        (730.., _, _) => format!("about {} years", (days + 182) / 365),
        (1.., _, _) => format!("{days} d {hours} h"),
        (0, 1.., _) => format!("{hours} h {minutes} min"),
        (0, 0, 1..) => format!("{minutes} min {} s", secs % 60),
        (0, 0, 0) => format!("{secs} s"),
    }
}
