//! Values of a checked document, looked up in place.

use super::scan::is_blank;
use super::string::Str;
use crate::limits::DEPTH_MAX;

/// What sort of value it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Array,
    Bool,
    Null,
    Number,
    Object,
    Text,
}

/// A value: the piece of the checked document that it is written with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    raw: &'a str,
}

impl<'a> Value<'a> {
    /// A piece that was checked, without blanks around it.
    pub(super) const fn of_checked(raw: &'a str) -> Self {
        Self { raw }
    }

    /// As it stands in the document.
    pub(crate) const fn raw(self) -> &'a str {
        self.raw
    }

    pub(crate) fn kind(self) -> Kind {
        match self.raw.as_bytes().first() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::Text,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            _ => Kind::Null,
        }
    }

    pub(crate) fn object(self) -> Option<Object<'a>> {
        (self.kind() == Kind::Object).then_some(Object { raw: self.raw })
    }

    pub(crate) fn string(self) -> Option<Str<'a>> {
        let inner = self.raw.strip_prefix('"')?.strip_suffix('"')?;
        Some(Str::of_checked(inner))
    }

    /// The number, when it is written as a whole one of at most 64 bits. `2.0` is not.
    pub(crate) fn integer(self) -> Option<i64> {
        if self.kind() == Kind::Number { self.raw.parse().ok() } else { None }
    }

    /// The number, when it is whole and lies between these two, both included.
    pub(crate) fn integer_within(self, least: i64, most: i64) -> Option<i64> {
        self.integer().filter(|number| (least..=most).contains(number))
    }

    /// Whether both mean the same: the order of keys, blanks and escapes do not count. Whole numbers
    /// are compared as numbers, all other numbers as they are written.
    pub(crate) fn same(self, other: Value<'_>) -> bool {
        self.same_within(other, DEPTH_MAX)
    }

    fn same_within(self, other: Value<'_>, levels: usize) -> bool {
        if self.raw == other.raw {
            return true;
        }
        if self.kind() != other.kind() || levels == 0 {
            return false;
        }
        match self.kind() {
            Kind::Array => same_arrays(self, other, levels - 1),
            Kind::Object => same_objects(self, other, levels - 1),
            Kind::Text => match (self.string(), other.string()) {
                (Some(one), Some(another)) => one.same(another),
                _ => false,
            },
            Kind::Number => self.integer().is_some() && self.integer() == other.integer(),
            Kind::Bool | Kind::Null => false,
        }
    }
}

fn same_arrays(one: Value<'_>, other: Value<'_>, levels: usize) -> bool {
    let mut others = Elements::of(other.raw);
    let all_equal = Elements::of(one.raw)
        .all(|element| others.next().is_some_and(|other| element.same_within(other, levels)));
    all_equal && others.next().is_none()
}

fn same_objects(one: Value<'_>, other: Value<'_>, levels: usize) -> bool {
    let (Some(one), Some(other)) = (one.object(), other.object()) else {
        return false;
    };
    one.members().count() == other.members().count()
        && one.members().all(|(key, value)| {
            other.get_same(key).is_some_and(|other| value.same_within(other, levels))
        })
}

/// An object of a checked document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    raw: &'a str,
}

impl<'a> Object<'a> {
    /// An object without members, for a section that is missing.
    pub(crate) const EMPTY: Object<'static> = Object { raw: "{}" };

    /// Its members in the order of the document.
    pub(crate) fn members(self) -> impl Iterator<Item = (Str<'a>, Value<'a>)> {
        let mut tokens = Elements::of(self.raw);
        core::iter::from_fn(move || Some((tokens.next()?.string()?, tokens.next()?)))
    }

    /// The member of this name; the last one, when there are several.
    pub(crate) fn get(self, key: &str) -> Option<Value<'a>> {
        self.members().filter(|(name, _)| name.is(key)).last().map(|(_, value)| value)
    }

    /// As [`Object::get`], for a name from a document.
    pub(crate) fn get_same(self, key: Str<'_>) -> Option<Value<'a>> {
        self.members().filter(|(name, _)| name.same(key)).last().map(|(_, value)| value)
    }

    /// The member of this name, if it is an object.
    pub(crate) fn get_object(self, key: &str) -> Option<Self> {
        self.get(key)?.object()
    }
}

/// The tokens between the brackets of a list or object: keys and values alike.
struct Elements<'a> {
    rest: &'a str,
}

impl<'a> Elements<'a> {
    /// The elements of a list or object, given with its brackets.
    fn of(raw: &'a str) -> Self {
        Self { rest: raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default() }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let is_between = |byte: u8| is_blank(byte) || matches!(byte, b',' | b':');
        let start = self.rest.bytes().position(|byte| !is_between(byte));
        let rest = self.rest.get(start.unwrap_or_default()..).unwrap_or_default();
        let length = token_bytes(rest.as_bytes());
        self.rest = rest.get(length..).unwrap_or_default();
        let raw = rest.get(..length).unwrap_or_default();
        (!raw.is_empty()).then_some(Value { raw })
    }
}

/// Bytes of the value that checked text begins with.
fn token_bytes(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at += string_bytes(text.get(at..).unwrap_or_default()),
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            _ if depth > 0 => at += 1,
            _ => {
                // A number or a word runs to the next separator.
                let is_end = |byte: &u8| is_blank(*byte) || b",:]}".contains(byte);
                let scalar = text.get(at..).unwrap_or_default();
                return at + scalar.iter().position(is_end).unwrap_or(scalar.len());
            }
        }
        if depth == 0 {
            return at;
        }
    }
    at
}

/// Bytes of the string that checked text begins with, quotes included.
fn string_bytes(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::super::scan::parse;
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Value<'_> {
        parse(text.as_bytes()).unwrap()
    }

    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(value(one).same(value(other)), expected, "{one} and {other}");
        assert_eq!(value(other).same(value(one)), expected, "{other} and {one}");
    }

    #[test]
    fn values_that_mean_the_same_are_equal() {
        check("{\"a\":1,\"b\":[true,null]}", "{ \"b\" : [ true , null ], \"\\u0061\" : 1 }", true);
        check("\"\\u00e9\"", "\"é\"", true);
        check("-0", "0", true);
        check("123456789012345678901234567890", "123456789012345678901234567890", true);
    }

    #[test]
    fn values_that_differ_are_not_equal() {
        check("1", "1.0", false);
        check("1", "true", false);
        check("1", "\"1\"", false);
        check("9223372036854775808", "9223372036854775809", false);
        check("[1,2]", "[1,2,3]", false);
        check("[1,2]", "[2,1]", false);
        check("{\"a\":1}", "{\"a\":1,\"b\":2}", false);
        check("{\"a\":1}", "{\"b\":1}", false);
        check("{}", "[]", false);
        check("null", "false", false);
    }

    #[test]
    fn members_are_found_whatever_stands_between_them() {
        let object = value("{ \"a]\" : \"x,}\\\"\" ,\"b\":{\"b\":[{},[1]]} , \"c\" : -1.5e3}")
            .object()
            .unwrap();
        let members: Vec<_> =
            object.members().map(|(key, value)| (key.raw(), value.raw())).collect();
        let expected = [("a]", "\"x,}\\\"\""), ("b", "{\"b\":[{},[1]]}"), ("c", "-1.5e3")];
        assert_eq!(members, expected);
        assert!(Object::EMPTY.members().next().is_none());
    }

    #[test]
    fn the_last_of_equal_keys_counts() {
        let object = value("{\"a\":1,\"\\u0061\":2}").object().unwrap();
        assert_eq!(object.get("a").unwrap().integer(), Some(2));
    }

    #[test]
    fn whole_numbers_are_those_without_point_or_exponent() {
        let integer = |text| value(text).integer();
        assert_eq!(integer("-4"), Some(-4));
        assert_eq!(integer("2.0"), None);
        assert_eq!(integer("2e0"), None);
        assert_eq!(integer("9223372036854775808"), None);
        assert_eq!(integer("\"2\""), None);
        assert_eq!(value("601").integer_within(5, 600), None);
        assert_eq!(value("600").integer_within(5, 600), Some(600));
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            ".{0,6}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                proptest::collection::btree_map(".{0,3}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_equals_itself_in_another_layout(json in any_json()) {
            let compact = serde_json::to_string(&json).unwrap();
            let pretty = serde_json::to_string_pretty(&json).unwrap();
            prop_assert!(value(&compact).same(value(&pretty)));
        }

        #[test]
        fn equality_agrees_with_an_independent_parser(one in any_json(), other in any_json()) {
            let (one_text, other_text) = (one.to_string(), other.to_string());
            prop_assert_eq!(value(&one_text).same(value(&other_text)), one == other);
        }

        #[test]
        fn members_agree_with_an_independent_parser(json in any_json()) {
            let text = json.to_string();
            let ours: Option<Vec<_>> = value(&text).object().map(|object| {
                object.members().map(|(_, value)| value.raw().parse().unwrap()).collect()
            });
            let theirs: Option<Vec<serde_json::Value>> =
                json.as_object().map(|object| object.values().cloned().collect());
            prop_assert_eq!(ours, theirs);
        }
    }
}
