//! Two JSON values side by side: only what differs, each with its path.

use std::collections::BTreeSet;

use serde_json::Value;

use super::matcher::Difference;
use super::node::Span;

/// All places where two values differ; the order of keys is none.
#[must_use]
pub fn differences(expected: &Value, actual: &Value, span: Span) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(expected), Some(actual), (String::new(), span), &mut found);
    found
}

fn compare(
    expected: Option<&Value>,
    actual: Option<&Value>,
    (path, span): (String, Span),
    found: &mut Vec<Difference>,
) {
    match (expected, actual) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let mut seen = BTreeSet::new();
            for key in a.keys().chain(b.keys()).filter(|key| seen.insert(*key)) {
                let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(a.get(key), b.get(key), (inner, span), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                compare(a.get(index), b.get(index), (format!("{path}[{index}]"), span), found);
            }
        }
        (a, b) if a == b => {}
        (a, b) => found.push(Difference {
            path,
            span,
            expected: a.map_or_else(|| "nothing".to_owned(), Value::to_string),
            actual: b.map(Value::to_string),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(expected: &Value, actual: &Value, wanted: &[(&str, &str, Option<&str>)]) {
        let found = differences(expected, actual, Span::default());
        let found: Vec<_> = found
            .iter()
            .map(|d| (d.path.as_str(), d.expected.as_str(), d.actual.as_deref()))
            .collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn only_what_differs_is_told_with_its_path() {
        check(
            &json!({ "a": 1, "b": [1, { "c": 2 }] }),
            &json!({ "b": [1, { "c": 3 }], "a": 1 }),
            &[("b[1].c", "2", Some("3"))],
        );
        check(
            &json!({ "a": 1 }),
            &json!({ "b": 2 }),
            &[("a", "1", None), ("b", "nothing", Some("2"))],
        );
        check(&json!([1]), &json!([1, 2]), &[("[1]", "nothing", Some("2"))]);
        check(&json!(1), &json!("1"), &[("", "1", Some("\"1\""))]);
        check(&json!({ "a": {} }), &json!({ "a": {} }), &[]);
    }
}
