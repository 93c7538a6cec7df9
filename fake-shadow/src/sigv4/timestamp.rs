//! Time stamps as requests carry them: ISO 8601 basic format, and the date of HTTP.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use crate::clock::UnixMillis;

/// Reads `20260102T030405Z`, and nothing else.
#[must_use]
pub fn parse_basic(text: &str) -> Option<UnixMillis> {
    let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
    if bytes[8] != b'T' || bytes[15] != b'Z' {
        return None;
    }
    let year = i16::from(two_digits(bytes, 0)?) * 100 + i16::from(two_digits(bytes, 2)?);
    let date = Date::new(year, two_digits(bytes, 4)?, two_digits(bytes, 6)?).ok()?;
    let time =
        Time::new(two_digits(bytes, 9)?, two_digits(bytes, 11)?, two_digits(bytes, 13)?, 0).ok()?;
    let at = Offset::UTC.to_timestamp(DateTime::from_parts(date, time)).ok()?;
    Some(UnixMillis::from_secs(at.as_second()))
}

/// Reads the date of HTTP, as `Fri, 02 Jan 2026 03:04:05 GMT`.
#[must_use]
pub fn parse_http(text: &str) -> Option<UnixMillis> {
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(UnixMillis::from_secs(at.as_second()))
}

/// Writes `20260102T030405Z`; a time outside the years 0 to 9999 is written as the nearest end of that range.
#[must_use]
pub fn basic(at: UnixMillis) -> String {
    let first = -62_167_219_200; // 0000-01-01T00:00:00Z
    let last = 253_402_207_200; // the last second that jiff holds
    let secs = at.secs().clamp(first, last);
    let at = Offset::UTC.to_datetime(Timestamp::from_second(secs).unwrap_or(Timestamp::MAX));
    let mut out = String::with_capacity(16);
    push_two_digits(&mut out, at.year().unsigned_abs() / 100);
    push_two_digits(&mut out, at.year().unsigned_abs() % 100);
    push_two_digits(&mut out, at.month().unsigned_abs().into());
    push_two_digits(&mut out, at.day().unsigned_abs().into());
    out.push('T');
    push_two_digits(&mut out, at.hour().unsigned_abs().into());
    push_two_digits(&mut out, at.minute().unsigned_abs().into());
    push_two_digits(&mut out, at.second().unsigned_abs().into());
    out.push('Z');
    out
}

/// Appends a number below 100.
fn push_two_digits(out: &mut String, number: u16) {
    for digit in [number / 10, number % 10] {
        out.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
}

fn two_digits(bytes: &[u8; 16], at: usize) -> Option<i8> {
    let (tens, ones) = (bytes[at].wrapping_sub(b'0'), bytes[at + 1].wrapping_sub(b'0'));
    if tens > 9 || ones > 9 {
        return None;
    }
    i8::try_from(tens * 10 + ones).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, secs: Option<i64>) {
        assert_eq!(parse_basic(text), secs.map(UnixMillis::from_secs), "{text}");
        if let Some(secs) = secs {
            assert_eq!(basic(UnixMillis::from_secs(secs)), text);
        }
    }

    #[test]
    fn the_basic_format_is_read_and_written() {
        check("20260102T030405Z", Some(1_767_323_045));
        check("19700101T000000Z", Some(0));
        check("20240229T235959Z", Some(1_709_251_199));
    }

    #[test]
    fn anything_else_is_no_time_stamp() {
        for text in [
            "",
            "2026-01-02T03:04:05Z",
            "20260102T030405",
            "20260102t030405z",
            "20261302T030405Z",
            "20260230T030405Z",
            "20260102T250405Z",
            "2026010 T030405Z",
            "20260102T0304é",
            "+2260102T030405Z",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn the_date_of_http_is_read() {
        let read = parse_http("Fri, 02 Jan 2026 03:04:05 GMT");
        assert_eq!(read, Some(UnixMillis::from_secs(1_767_323_045)));
        assert_eq!(parse_http("2026-01-02"), None);
    }

    #[test]
    fn times_out_of_range_are_written_as_the_nearest_end() {
        assert_eq!(basic(UnixMillis(i64::MIN)), "00000101T000000Z");
        assert_eq!(basic(UnixMillis(i64::MAX)), "99991230T220000Z");
    }
}
