//! Values to compare with: literals, and maps with one `$` key.

use std::time::Duration;

use serde_json::{Number, Value};

pub use super::difference::Difference;
use super::node::{Data, Node, Span};
use super::pattern::Pattern;
use super::point_in_time::point_in_time;
use super::same::{is_type, same};
use super::template::{self, Variables};
use crate::time;

/// The matchers, with what each does; the reference page is made from this.
pub const MATCHERS: &[(&str, &str)] = &[
    ("$absent", "`true`: nothing is there"),
    ("$any", "anything of that type: integer, number, string, boolean, object, array, value"),
    ("$contains", "text that holds this text, or a list that holds an item like this"),
    ("$equals", "exactly this: as `exact: true`, for this place alone"),
    ("$gt", "a number above"),
    ("$gte", "a number above or equal"),
    ("$literal", "exactly this, `$` keys and `${...}` left alone"),
    ("$lt", "a number below"),
    ("$lte", "a number below or equal"),
    (
        "$matches",
        "text with a match of this regular expression; named groups become variables, and a captured `${name}` stands for exactly its text",
    ),
    ("$near", "a number at most `by` away"),
    ("$not", "anything that is not like this"),
    ("$one-of", "one of a list"),
    (
        "$time",
        "`{ within: 5s }`: a point in time at most so far from when it was seen: seconds or milliseconds since 1970, or RFC 3339",
    ),
];

/// The matcher whose value is taken as it is written.
pub const LITERAL: &str = "$literal";

/// The types that `$any` knows.
pub const TYPES: &[&str] = &["integer", "number", "string", "boolean", "object", "array", "value"];

/// Something to compare a value with.
#[derive(Debug, Clone)]
pub struct Matcher {
    /// Where it stands, for the message when it does not match.
    pub span: Span,
    /// What it wants.
    pub kind: MatcherKind,
}

/// What a [`Matcher`] wants.
#[derive(Debug, Clone)]
pub enum MatcherKind {
    /// Nothing is there.
    Absent,
    /// A value of a type.
    Any(String),
    /// Text with that text, or a list with such an item.
    Contains(Box<Matcher>),
    /// Exactly this, all that is in it too.
    Equals(Box<Matcher>),
    /// A list, item by item.
    List(Vec<Matcher>),
    /// A value; texts in it may hold `${name}`.
    Literal(Value),
    /// A value taken as it is.
    Verbatim(Value),
    /// A number near another.
    Near {
        /// The other.
        target: f64,
        /// The most that it may be away.
        by: f64,
    },
    /// Anything else.
    Not(Box<Matcher>),
    /// A map: these keys, and others too unless the comparison is exact.
    Object(Vec<(String, Matcher)>),
    /// One of several.
    OneOf(Vec<Matcher>),
    /// A number on one side of another.
    Ordered {
        /// On which side.
        order: Order,
        /// Of what.
        bound: f64,
    },
    /// Text that a regular expression finds something in.
    Regex(Pattern),
    /// A point in time near the one at which it was seen.
    Time {
        /// The most that it may be away.
        within: Duration,
    },
}

/// The side on which a number must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `$gt`
    Above,
    /// `$gte`
    AtLeast,
    /// `$lt`
    Below,
    /// `$lte`
    AtMost,
}

/// Whether keys that are not named may be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// They may; the default.
    Partial,
    /// They may not.
    Exact,
}

/// How a comparison is made.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// The variables that `${name}` may use.
    pub variables: &'a Variables,
    /// Whether unnamed keys are a difference.
    pub strictness: Strictness,
    /// When what is compared was seen: milliseconds since 1970.
    pub seen_at_ms: i64,
}

/// What a comparison collects.
struct Out<'a> {
    comparison: Comparison<'a>,
    found: &'a mut Variables,
    differences: Vec<Difference>,
}

impl Matcher {
    /// Reads a checked node.
    #[must_use]
    pub fn read(node: &Node) -> Self {
        Self { span: node.span, kind: read_kind(node) }
    }

    /// All differences between a value and what is wanted; none when it matches. New variables go into `found`.
    #[must_use]
    pub fn differences(
        &self,
        value: Option<&Value>,
        comparison: Comparison<'_>,
        found: &mut Variables,
    ) -> Vec<Difference> {
        let mut out = Out { comparison, found, differences: Vec::new() };
        self.compare(value, "", &mut out);
        out.differences
    }

    fn compare(&self, value: Option<&Value>, path: &str, out: &mut Out<'_>) {
        let good = match (&self.kind, value) {
            (MatcherKind::Absent, value) => value.is_none_or(Value::is_null),
            (MatcherKind::Not(inner), value) => {
                !inner.differences(value, out.comparison, &mut Variables::new()).is_empty()
            }
            (MatcherKind::Equals(inner), value) => {
                let around = std::mem::replace(&mut out.comparison.strictness, Strictness::Exact);
                inner.compare(value, path, out);
                out.comparison.strictness = around;
                return;
            }
            (MatcherKind::Object(wanted), Some(Value::Object(_))) => {
                return self.compare_object(wanted, value, path, out);
            }
            (MatcherKind::Object(wanted), value) if value.is_none() && !wanted.is_empty() => {
                return self.compare_object(wanted, None, path, out);
            }
            (MatcherKind::List(wanted), Some(Value::Array(items)))
                if wanted.len() == items.len() =>
            {
                for (index, (wanted, item)) in wanted.iter().zip(items).enumerate() {
                    wanted.compare(Some(item), &format!("{path}[{index}]"), out);
                }
                return;
            }
            (_, None) => false,
            (kind, Some(value)) => kind.accepts(value, out.comparison, out.found),
        };
        if !good {
            out.differences.push(Difference {
                path: path.to_owned(),
                span: self.span,
                expected: self.words(out.comparison.variables),
                actual: value.map(Value::to_string),
            });
        }
    }

    fn compare_object(
        &self,
        wanted: &[(String, Self)],
        value: Option<&Value>,
        path: &str,
        out: &mut Out<'_>,
    ) {
        let inside =
            |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        for (key, matcher) in wanted {
            matcher.compare(value.and_then(|value| value.get(key)), &inside(key), out);
        }
        let (Strictness::Exact, Some(Value::Object(map))) = (out.comparison.strictness, value)
        else {
            return;
        };
        for (key, extra) in
            map.iter().filter(|(key, _)| wanted.iter().all(|(name, _)| name != *key))
        {
            out.differences.push(Difference {
                path: inside(key),
                span: self.span,
                expected: "nothing (exact: true)".into(),
                actual: Some(extra.to_string()),
            });
        }
    }

    /// What is wanted, in words or as JSON.
    #[must_use]
    pub fn words(&self, variables: &Variables) -> String {
        match &self.kind {
            MatcherKind::Absent => "nothing".into(),
            MatcherKind::Any(kind) if kind == "value" => "any value".into(),
            MatcherKind::Any(kind) => format!("any {kind}"),
            MatcherKind::Contains(inner) => format!("something with {}", inner.words(variables)),
            MatcherKind::Equals(inner) => inner.words(variables),
            MatcherKind::List(items) => {
                let items: Vec<_> = items.iter().map(|item| item.words(variables)).collect();
                format!("[{}]", items.join(", "))
            }
            MatcherKind::Literal(value) => template::fill_json(value, variables).to_string(),
            MatcherKind::Verbatim(value) => value.to_string(),
            MatcherKind::Near { target, by } => format!("{target} ± {by}"),
            MatcherKind::Not(inner) => format!("not {}", inner.words(variables)),
            MatcherKind::Object(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, matcher)| format!("\"{key}\":{}", matcher.words(variables)))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }
            MatcherKind::OneOf(choices) => {
                let choices: Vec<_> =
                    choices.iter().map(|choice| choice.words(variables)).collect();
                format!("one of {}", choices.join(", "))
            }
            MatcherKind::Ordered { order, bound } => match order {
                Order::Above => format!("a number above {bound}"),
                Order::AtLeast => format!("a number from {bound}"),
                Order::Below => format!("a number below {bound}"),
                Order::AtMost => format!("a number up to {bound}"),
            },
            MatcherKind::Regex(pattern) => {
                format!("text that matches {}", pattern.filled(variables))
            }
            MatcherKind::Time { within } => {
                format!("a time within {} of when it was seen", time::span(*within))
            }
        }
    }
}

impl MatcherKind {
    /// Whether a value that is there is wanted, for all kinds that need no look inside.
    fn accepts(&self, value: &Value, comparison: Comparison<'_>, found: &mut Variables) -> bool {
        match self {
            Self::Absent | Self::Equals(_) | Self::Not(_) => false,
            Self::Object(wanted) => wanted.is_empty() && value.is_object(),
            Self::List(_) => false,
            Self::Any(kind) => is_type(value, kind),
            Self::Contains(inner) => contains(inner, value, comparison),
            Self::Literal(wanted) => {
                same(&template::fill_json(wanted, comparison.variables), value)
            }
            Self::Verbatim(wanted) => same(wanted, value),
            Self::Near { target, by } => {
                value.as_f64().is_some_and(|number| (number - target).abs() <= *by)
            }
            Self::OneOf(choices) => choices
                .iter()
                .any(|choice| choice.differences(Some(value), comparison, found).is_empty()),
            Self::Ordered { order, bound } => value.as_f64().is_some_and(|number| match order {
                Order::Above => number > *bound,
                Order::AtLeast => number >= *bound,
                Order::Below => number < *bound,
                Order::AtMost => number <= *bound,
            }),
            Self::Regex(pattern) => {
                pattern.find(&template::plain(value), comparison.variables, found)
            }
            Self::Time { within } => point_in_time(value).is_some_and(|at| {
                Duration::from_millis(at.abs_diff(comparison.seen_at_ms)) <= *within
            }),
        }
    }
}

fn contains(inner: &Matcher, value: &Value, comparison: Comparison<'_>) -> bool {
    match value {
        Value::String(text) => match &inner.kind {
            MatcherKind::Literal(wanted) => {
                text.contains(&template::plain(&template::fill_json(wanted, comparison.variables)))
            }
            MatcherKind::Verbatim(wanted) => text.contains(&template::plain(wanted)),
            MatcherKind::Regex(pattern) => {
                pattern.find(text, comparison.variables, &mut Variables::new())
            }
            MatcherKind::OneOf(choices) => {
                choices.iter().any(|choice| contains(choice, value, comparison))
            }
            _ => false,
        },
        Value::Array(items) => items.iter().any(|item| {
            inner.differences(Some(item), comparison, &mut Variables::new()).is_empty()
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

/// Reads a checked node; one that was not checked and is wrong is taken literally.
fn read_kind(node: &Node) -> MatcherKind {
    let literal = || MatcherKind::Literal(node.to_json());
    match &node.data {
        Data::List(items) => MatcherKind::List(items.iter().map(Matcher::read).collect()),
        Data::Map(entries) => match entries.iter().find(|(key, _)| key.name.starts_with('$')) {
            Some((key, value)) => read_dollar(&key.name, value, node).unwrap_or_else(literal),
            None => MatcherKind::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.name.clone(), Matcher::read(value)))
                    .collect(),
            ),
        },
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => literal(),
    }
}

fn read_dollar(name: &str, value: &Node, node: &Node) -> Option<MatcherKind> {
    let number = |node: &Node| match &node.data {
        Data::Number(number) => Number::as_f64(number),
        _ => None,
    };
    let ordered = |order| number(value).map(|bound| MatcherKind::Ordered { order, bound });
    let boxed = || Box::new(Matcher::read(value));
    match name {
        "$absent" => Some(MatcherKind::Absent),
        "$any" => value.text().map(|kind| MatcherKind::Any(kind.to_owned())),
        "$contains" => Some(MatcherKind::Contains(boxed())),
        "$equals" => Some(MatcherKind::Equals(boxed())),
        "$gt" => ordered(Order::Above),
        "$gte" => ordered(Order::AtLeast),
        "$literal" => Some(MatcherKind::Verbatim(value.to_json())),
        "$lt" => ordered(Order::Below),
        "$lte" => ordered(Order::AtMost),
        "$matches" => Pattern::read(value.text()?).ok().map(MatcherKind::Regex),
        "$near" => Some(MatcherKind::Near { target: number(value)?, by: number(node.get("by")?)? }),
        "$not" => Some(MatcherKind::Not(boxed())),
        "$time" => {
            let within = time::parse_span(value.get("within")?.text()?)?;
            Some(MatcherKind::Time { within })
        }
        "$one-of" => Some(MatcherKind::OneOf(value.items().iter().map(Matcher::read).collect())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{matcher_check, yaml};

    /// The differences between a value and a pattern, both as YAML, one a line.
    fn check(pattern: &str, value: &str, expected: &[&str]) {
        let node = yaml::parse(pattern, 0).expect("the pattern is YAML");
        let mut problems = Vec::new();
        matcher_check::check(&node, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        let value = yaml::parse(value, 0).expect("the value is YAML").to_json();
        let variables = Variables::from([("two".to_owned(), Value::from(2))]);
        let comparison = Comparison {
            variables: &variables,
            strictness: Strictness::Partial,
            seen_at_ms: 1_767_225_600_000,
        };
        let found = Matcher::read(&node)
            .differences(Some(&value), comparison, &mut Variables::new())
            .into_iter()
            .map(|d| format!("{}: {} != {}", d.path, d.expected, d.actual.unwrap_or("-".into())))
            .collect::<Vec<_>>();
        assert_eq!(found, expected, "{pattern} against {value}");
    }

    #[test]
    fn objects_match_partially_and_lists_whole() {
        check("{ a: 1 }", "{ a: 1, b: 2 }", &[]);
        check("{ a: [1] }", "{ a: [1, 2] }", &["a: [1] != [1,2]"]);
        check("{ a: { b: 1, c: 2 } }", "{ a: { b: 9 } }", &["a.b: 1 != 9", "a.c: 2 != -"]);
    }

    #[test]
    fn each_matcher_takes_what_it_says_and_nothing_else() {
        check("{ $absent: true }", "~", &[]);
        check("{ a: { $absent: true } }", "{ a: 1 }", &["a: nothing != 1"]);
        check("{ $any: integer }", "1", &[]);
        check("{ $any: integer }", "1.5", &[": any integer != 1.5"]);
        check("{ $contains: ell }", "hello", &[]);
        check("{ $contains: 2 }", "[1, 2]", &[]);
        check("{ $contains: 3 }", "[1, 2]", &[": something with 3 != [1,2]"]);
        check("{ $gt: 3 }", "3", &[": a number above 3 != 3"]);
        check("{ $gte: 3 }", "3", &[]);
        check("{ $lt: 3 }", "2.9", &[]);
        check("{ $lte: 3 }", "3.1", &[": a number up to 3 != 3.1"]);
        check("{ $matches: '^d.ne' }", "'done: 2'", &[]);
        check("{ $near: 21.5, by: 0.5 }", "22", &[]);
        check("{ $near: 21.5, by: 0.5 }", "22.1", &[": 21.5 ± 0.5 != 22.1"]);
        check("{ $not: 1 }", "2", &[]);
        check("{ $not: 1 }", "1", &[": not 1 != 1"]);
        check("{ $one-of: [1, two] }", "two", &[]);
        check("{ $time: { within: 5s } }", "1767225604", &[]);
        check(
            "{ $time: { within: 5s } }",
            "'2026-01-01T00:00:06Z'",
            &[": a time within 5s of when it was seen != \"2026-01-01T00:00:06Z\""],
        );
        check("{ $literal: { $any: x } }", "{ $any: x }", &[]);
    }

    #[test]
    fn matchers_stand_inside_matchers() {
        check("{ $not: { $any: integer } }", "1.5", &[]);
        check("{ $not: { $any: integer } }", "1", &[": not any integer != 1"]);
        check("{ $not: { $absent: true } }", "0", &[]);
        check("{ $not: { $absent: true } }", "~", &[": not nothing != null"]);
        check("{ a: { $not: { $absent: true } } }", "{ b: 1 }", &["a: not nothing != -"]);
        check("{ $not: { $contains: 2 } }", "[1]", &[]);
        check("{ $not: { $gt: 3 } }", "3", &[]);
        check("{ $not: { $lte: 3 } }", "3", &[": not a number up to 3 != 3"]);
        check(
            "{ $not: { $matches: '^d' } }",
            "'done'",
            &[": not text that matches /^d/ != \"done\""],
        );
        check("{ $not: { $near: 1, by: 0.5 } }", "1.6", &[]);
        check("{ $not: { $one-of: [1, 2] } }", "3", &[]);
        check("{ $not: { $time: { within: 5s } } }", "5", &[]);
        check("{ $not: { $literal: '${two}' } }", "'${two}'", &[": not \"${two}\" != \"${two}\""]);
        check("{ $not: { $not: 1 } }", "1", &[]);
        check("{ $not: { a: 1 } }", "{ a: 1, b: 2 }", &[": not {\"a\":1} != {\"a\":1,\"b\":2}"]);
        check("{ $contains: { a: { $gt: 1 } } }", "[{ a: 1 }, { a: 2, b: 3 }]", &[]);
        check("{ $contains: { $matches: '^b' } }", "[a, bc]", &[]);
        check("{ $contains: { $matches: 'c+' } }", "abcc", &[]);
        check("{ $contains: { $literal: '${two}' } }", "'is ${two}'", &[]);
        check("{ $contains: '${two}' }", "'is 2'", &[]);
        check("{ $contains: { $one-of: [x, b] } }", "abc", &[]);
        check(
            "{ $contains: { $any: integer } }",
            "'7'",
            &[": something with any integer != \"7\""],
        );
        check("[{ $any: integer }, { $near: 2, by: 0 }]", "[1, 2]", &[]);
        check("[1, { $gt: 5 }]", "[1, 2]", &["[1]: a number above 5 != 2"]);
        check("{ $near: -1, by: 0.5 }", "-1.5", &[]);
        check("{ $time: { within: 5s } }", "1767225595000", &[]);
        check(
            "{ $time: { within: 5s } }",
            "1767225594",
            &[": a time within 5s of when it was seen != 1767225594"],
        );
        check(
            "{ $time: { within: 5s } }",
            "yesterday",
            &[": a time within 5s of when it was seen != \"yesterday\""],
        );
    }

    #[test]
    fn exact_holds_for_everything_inside() {
        let node = yaml::parse("{ a: { b: 1 }, l: [{ c: 1 }], o: { $one-of: [{ d: 1 }] } }", 0)
            .expect("YAML");
        let value = serde_json::json!({ "a": { "b": 1, "x": 2 }, "l": [{ "c": 1, "y": 2 }], "o": { "d": 1, "z": 2 } });
        let variables = Variables::new();
        let comparison =
            |strictness| Comparison { variables: &variables, strictness, seen_at_ms: 0 };
        let paths = |strictness| {
            let found = Matcher::read(&node).differences(
                Some(&value),
                comparison(strictness),
                &mut Variables::new(),
            );
            found.into_iter().map(|difference| difference.path).collect::<Vec<_>>()
        };
        assert_eq!(paths(Strictness::Partial), Vec::<String>::new());
        assert_eq!(paths(Strictness::Exact), ["a.x", "l[0].y", "o"]);
    }

    #[test]
    fn named_groups_become_variables_wherever_the_expression_stands() {
        let node = yaml::parse("{ a: [{ $matches: '(?<n>[0-9]+)' }], b: { $one-of: [x, { $matches: '^(?<word>\\w+)' }] } }", 0).expect("YAML");
        let value = serde_json::json!({ "a": ["at 12"], "b": "done: 3" });
        let variables = Variables::new();
        let comparison =
            Comparison { variables: &variables, strictness: Strictness::Partial, seen_at_ms: 0 };
        let mut found = Variables::new();
        assert_eq!(Matcher::read(&node).differences(Some(&value), comparison, &mut found), []);
        assert_eq!(
            found,
            Variables::from([("n".into(), "12".into()), ("word".into(), "done".into())])
        );
    }

    #[test]
    fn what_equals_has_no_other_keys_in_it_and_beside_it_may() {
        check("{ a: { $equals: { b: 1 } } }", "{ a: { b: 1 }, c: 2 }", &[]);
        check(
            "{ a: { $equals: { b: { d: 1 } } }, e: { f: 1 } }",
            "{ a: { b: { c: 3, d: 1 } }, e: { f: 1, g: 2 } }",
            &["a.b.c: nothing (exact: true) != 3"],
        );
        check("{ a: { $equals: { $literal: '${x}' } } }", "{ a: '${x}' }", &[]);
        check("{ a: { $equals: 1 } }", "{}", &["a: 1 != -"]);
    }

    #[test]
    fn variables_keep_their_type_and_one_is_not_true() {
        check("{ a: '${two}' }", "{ a: 2 }", &[]);
        check("1", "1.0", &[]);
        check("1", "true", &[": 1 != true"]);
    }

    #[test]
    fn a_wrong_matcher_is_a_problem_at_its_own_place() {
        for (text, column, message) in [
            ("{ a: { $mathces: x } }", 8, "no matcher is called `$mathces`"),
            ("{ a: { $matches: '(' } }", 18, "not a regular expression: unclosed group"),
            ("{ a: { $near: 1 } }", 8, "`$near` needs `by`"),
            ("{ a: { $gt: x } }", 13, "expected a number, found `x`"),
            ("{ a: { $gt: 1, b: 2 } }", 16, "a matcher with `$gt` has no key `b`"),
        ] {
            let mut problems = Vec::new();
            matcher_check::check(&yaml::parse(text, 0).expect("YAML"), &mut problems);
            let found: Vec<_> =
                problems.iter().map(|p| (p.span.column, p.kind.message())).collect();
            assert_eq!(found, [(column, message.to_owned())], "{text}");
        }
    }
}
