//! Points in time as devices write them.

use serde_json::Value;

/// A point in time as devices write it, in milliseconds since 1970: a number of seconds or of milliseconds, or RFC 3339.
pub(super) fn point_in_time(value: &Value) -> Option<i64> {
    /// Seconds up to here are of years before 5000; what is more are milliseconds.
    const SECONDS_MAX: f64 = 100_000_000_000.0;
    match value {
        Value::Number(number) => {
            let number = number.as_f64()?;
            let millis = if number.abs() < SECONDS_MAX { number * 1000.0 } else { number };
            // Out of range it stops at the end, which is near to no time.
            Some(millis as i64)
        }
        Value::String(text) => {
            text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn seconds_milliseconds_and_text_are_points_in_time() {
        for value in [
            json!(1_767_225_600),
            json!(1_767_225_600_000_i64),
            json!(1_767_225_600.0),
            json!("2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(point_in_time(&value), Some(1_767_225_600_000), "{value}");
        }
        for value in [json!("yesterday"), json!(null), json!([1])] {
            assert_eq!(point_in_time(&value), None, "{value}");
        }
    }
}
