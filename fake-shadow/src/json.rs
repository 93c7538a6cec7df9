//! JSON values as they were sent: keys in order, numbers in their own digits.
//!
//! `serde_json::Value` would turn `10.0` into a float and a 30-digit integer into an approximation of it, and a device
//! would get back another number than it reported. Only what a shadow needs is here; the parsing itself is
//! `serde_json`'s.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

use compact_str::{CompactString, ToCompactString as _};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::members::{Key, Members};

/// One JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(CompactString),
    Array(Vec<Self>),
    Object(Members<Self>),
}

/// A number in the digits in which it was sent; equality is by those digits, [`Number::equals`] by value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number(CompactString);

/// Why a text did not become a [`Json`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// It is not JSON; what the parser said.
    Syntax(String),
    /// Objects and arrays are nested deeper than the caller allows.
    TooDeep,
}

/// An object whose values are checked for syntax and not yet read. Of equal keys the last one counts, as in Jackson,
/// with which AWS's own local shadow service reads documents.
pub(crate) struct RawObject<'a>(pub(crate) Members<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for RawObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = RawObject<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Members::new();
                while let Some((key, value)) = map.next_entry::<Key, &RawValue>()? {
                    members.insert(key, value);
                }
                Ok(RawObject(members))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Reads a value whose objects and arrays are nested at most `levels_max` deep, the value itself counted.
///
/// Each level is scanned once more than the one around it, so the work is bounded by levels times bytes.
pub(crate) fn read(raw: &RawValue, levels_max: usize) -> Result<Json, JsonError> {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'{' | b'[') => read_level(text, levels_max),
        Some(b'"') => parse(text).map(Json::Text),
        Some(b't') => Ok(Json::Bool(true)),
        Some(b'f') => Ok(Json::Bool(false)),
        Some(b'n') => Ok(Json::Null),
        _ => Ok(Json::Number(Number(text.into()))),
    }
}

/// Reads an object or an array.
fn read_level(text: &str, levels_max: usize) -> Result<Json, JsonError> {
    let levels_max = levels_max.checked_sub(1).ok_or(JsonError::TooDeep)?;
    let mut failed = None;
    let level = Level { levels_max, failed: &mut failed };
    let read = serde_json::Deserializer::from_str(text).deserialize_any(level);
    match failed {
        Some(error) => Err(error),
        None => read.map_err(|error| JsonError::Syntax(error.to_string())),
    }
}

/// What stands in an object or an array; the values in it are nested so deep at most.
struct Level<'f> {
    levels_max: usize,
    /// Why one of the values could not be read: what reads for serde can only fail in words.
    failed: &'f mut Option<JsonError>,
}

impl Level<'_> {
    fn value<E: serde::de::Error>(&mut self, raw: &RawValue) -> Result<Json, E> {
        read(raw, self.levels_max).map_err(|error| {
            *self.failed = Some(error);
            E::custom("a value inside cannot be read")
        })
    }
}

impl<'de> Visitor<'de> for Level<'_> {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Members::new();
        while let Some((key, raw)) = map.next_entry::<Key, &RawValue>()? {
            members.insert(key, self.value(raw)?);
        }
        Ok(Json::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Json, A::Error> {
        let mut array = Vec::new();
        while let Some(raw) = items.next_element::<&RawValue>()? {
            array.push(self.value(raw)?);
        }
        Ok(Json::Array(array))
    }
}

/// Reads a text with `serde_json`.
pub(crate) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|error| JsonError::Syntax(error.to_string()))
}

impl Json {
    /// A short text.
    pub(crate) fn text(text: impl Into<CompactString>) -> Self {
        Self::Text(text.into())
    }

    /// An integer.
    pub(crate) fn integer(value: impl Into<i128>) -> Self {
        Self::Number(Number(value.into().to_compact_string()))
    }

    /// An object of these members in this order.
    pub(crate) fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// The number as a version, if it is one.
    pub(crate) fn as_version(&self) -> Option<u64> {
        let Self::Number(number) = self else { return None };
        number.as_version()
    }

    /// The number, if it is written as an integer of 64 bits.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        let Self::Number(number) = self else { return None };
        number.0.parse().ok()
    }

    /// Whether both say the same: numbers by value, objects whatever the order of their keys.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(one), Self::Number(another)) => one.equals(another),
            (Self::Array(one), Self::Array(another)) => {
                one.len() == another.len() && one.iter().zip(another).all(|(a, b)| a.equals(b))
            }
            (Self::Object(one), Self::Object(another)) => {
                one.len() == another.len()
                    && one.iter().all(|(key, a)| another.get(key).is_some_and(|b| a.equals(b)))
            }
            _ => self == other,
        }
    }

    /// The JSON text without white space.
    pub(crate) fn to_compact(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_compact(&mut out);
        out
    }

    /// Appends the JSON text without white space.
    pub(crate) fn write_compact(&self, out: &mut impl Sink) {
        match self {
            Self::Null => out.push_text("null"),
            Self::Bool(value) => out.push_text(if *value { "true" } else { "false" }),
            Self::Number(number) => out.push_text(&number.0),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push_text("[");
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_text(",");
                    }
                    item.write_compact(out);
                }
                out.push_text("]");
            }
            Self::Object(members) => write_members(members, out, Self::write_compact),
        }
    }
}

/// What takes JSON as it is written.
pub(crate) trait Sink {
    fn push_text(&mut self, text: &str);
}

impl Sink for Vec<u8> {
    fn push_text(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}

/// Counts what is written, and keeps nothing of it.
#[derive(Debug, Default)]
pub(crate) struct Counted(usize);

impl Counted {
    pub(crate) const fn bytes(&self) -> usize {
        self.0
    }
}

impl Sink for Counted {
    fn push_text(&mut self, text: &str) {
        self.0 += text.len();
    }
}

/// Appends an object without white space, each value by `write_value`.
pub(crate) fn write_members<T, S: Sink>(
    members: &Members<T>,
    out: &mut S,
    write_value: impl Fn(&T, &mut S),
) {
    out.push_text("{");
    for (index, (key, value)) in members.iter().enumerate() {
        if index > 0 {
            out.push_text(",");
        }
        write_text(key, out);
        out.push_text(":");
        write_value(value, out);
    }
    out.push_text("}");
}

/// Appends a text as JSON.
pub(crate) fn write_text(text: &str, out: &mut impl Sink) {
    let is_itself = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_itself) {
        for part in ["\"", text, "\""] {
            out.push_text(part);
        }
        return;
    }
    let escaped = serde_json::to_string(text).expect("a text always has a JSON form");
    out.push_text(&escaped);
}

/// Appends an integer in its digits: metadata is mostly these.
pub(crate) fn write_integer(value: i64, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    write_digits(value.unsigned_abs(), out);
}

/// Appends a number from zero.
pub(crate) fn write_digits(value: u64, out: &mut Vec<u8>) {
    const DIGITS_MAX: usize = 20;
    let mut digits = [b'0'; DIGITS_MAX];
    let (mut rest, mut first) = (value, DIGITS_MAX);
    loop {
        first -= 1;
        // The rest of a division by ten is a digit.
        digits[first] += u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}

/// For the app side and for observers. A number that `Value` cannot hold, as `1e400`, becomes the text of its digits.
impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => serde_json::from_str(&number.0)
                .unwrap_or_else(|_| Self::String(number.0.to_string())),
            Json::Text(text) => Self::String(text.to_string()),
            Json::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(members) => Self::Object(
                members.iter().map(|(key, value)| (key.to_string(), value.into())).collect(),
            ),
        }
    }
}

impl Number {
    /// Whether both are the same number: `10`, `10.0` and `1e1` are.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        if self.0 == other.0 || self.is_positive_integer() && other.is_positive_integer() {
            return self.0 == other.0;
        }
        matches!((self.decimal(), other.decimal()), (Some(one), Some(another)) if one == another)
    }

    /// Whether it is written as digits alone, which is then the only way to write it so.
    fn is_positive_integer(&self) -> bool {
        self.0.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// The number as a version: an integer that is not below zero; one beyond 64 bits becomes the largest.
    pub(crate) fn as_version(&self) -> Option<u64> {
        let Decimal { negative, digits, exponent } = self.decimal()?;
        if negative || exponent < 0 {
            return None;
        }
        let zeros = usize::try_from(exponent).ok().filter(|zeros| *zeros < U64_DIGITS_MAX);
        let Some(zeros) = zeros else { return Some(u64::MAX) };
        let whole =
            format!("{}{}", if digits.is_empty() { "0" } else { &digits }, "0".repeat(zeros));
        Some(whole.parse().unwrap_or(u64::MAX))
    }

    /// The number as digits without zeros at either end and a power of ten; none if its exponent is beyond 64 bits.
    fn decimal(&self) -> Option<Decimal> {
        let (negative, unsigned) = match self.0.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, self.0.as_str()),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let digits = all.trim_start_matches('0').trim_end_matches('0');
        if digits.is_empty() {
            return Some(Decimal { negative: false, digits: String::new(), exponent: 0 });
        }
        let trailing = all.len() - all.trim_end_matches('0').len();
        let shift = i64::try_from(trailing).ok()? - i64::try_from(fraction.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(shift)?;
        Some(Decimal { negative, digits: digits.to_owned(), exponent })
    }
}

/// Digits of the largest 64-bit number.
const U64_DIGITS_MAX: usize = 20;

#[derive(PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEVELS: usize = 16;

    fn json(text: &str) -> Json {
        read(parse(text).unwrap(), LEVELS).unwrap()
    }

    fn check_equal(one: &str, another: &str, expected: bool) {
        assert_eq!(json(one).equals(&json(another)), expected, "{one} and {another}");
        assert_eq!(json(another).equals(&json(one)), expected, "{another} and {one}");
    }

    #[test]
    fn numbers_keep_their_digits() {
        let text = r#"{"a":10.0,"b":123456789012345678901234567890,"c":1E+2,"d":-0,"e":1e400}"#;
        assert_eq!(json(text).to_compact(), text.as_bytes());
    }

    #[test]
    fn numbers_are_equal_by_value() {
        check_equal("10", "10.0", true);
        check_equal("10", "1e1", true);
        check_equal("0.5", "5E-1", true);
        check_equal("0", "-0.0", true);
        check_equal("1e400", "10e399", true);
        check_equal("123456789012345678901", "123456789012345678902", false);
        check_equal("1", "-1", false);
        check_equal("12", "21", false);
        check_equal("1", "true", false);
        check_equal("1", "\"1\"", false);
        check_equal("1e99999999999999999999", "1e99999999999999999998", false);
    }

    #[test]
    fn objects_are_equal_in_any_order_and_arrays_are_not() {
        check_equal(r#"[{"a":1,"b":2}]"#, r#"[{"b":2.0,"a":1}]"#, true);
        check_equal(r#"{"a":1}"#, r#"{"a":1,"b":1}"#, false);
        check_equal("[1,2]", "[2,1]", false);
        check_equal("[1]", "[1,1]", false);
    }

    #[test]
    fn of_equal_keys_the_last_one_counts() {
        assert_eq!(json(r#"{"a":1,"b":2,"a":3}"#).to_compact(), br#"{"a":3,"b":2}"#);
    }

    #[test]
    fn nesting_beyond_the_limit_is_told_apart_from_bad_syntax() {
        assert_eq!(read(parse("[[1]]").unwrap(), 1), Err(JsonError::TooDeep));
        assert!(matches!(read(parse(r#"["\ud800"]"#).unwrap(), 1), Err(JsonError::Syntax(_))));
    }

    #[test]
    fn versions_are_integers_from_zero() {
        let version = |text: &str| Number(text.into()).as_version();
        assert_eq!(version("0"), Some(0));
        assert_eq!(version("12"), Some(12));
        assert_eq!(version("12.0"), Some(12));
        assert_eq!(version("1.2e1"), Some(12));
        assert_eq!(version("18446744073709551615"), Some(u64::MAX));
        assert_eq!(version("1e300"), Some(u64::MAX));
        assert_eq!(version("-1"), None);
        assert_eq!(version("1.5"), None);
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_reads_and_writes_it_the_same(text in "[\\[\\]{}\",:0-9.eE+\\-a-f\\\\u ntrlsu]{0,40}") {
            let theirs = serde_json::from_str::<Value>(&text);
            let ours = parse::<&RawValue>(&text).and_then(|raw| read(raw, LEVELS));
            if let Ok(theirs) = &theirs {
                prop_assert_eq!(&Value::from(ours.as_ref().unwrap()), theirs);
            }
            if let Ok(ours) = ours {
                let mut counted = Counted::default();
                ours.write_compact(&mut counted);
                prop_assert_eq!(counted.bytes(), ours.to_compact().len());
                let again = json(std::str::from_utf8(&ours.to_compact()).unwrap());
                prop_assert_eq!(again, ours);
            }
        }
    }
}
