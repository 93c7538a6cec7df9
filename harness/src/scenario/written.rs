//! A value as YAML that a person would have written: the other way of `yaml`.
//!
//! What is written reads back as the same value. Texts stand without quotes where every reader of YAML takes them for texts.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::time;

/// How long a line may be before a map is written over several.
const COLUMNS_MAX: usize = 110;

/// Words that some reader of YAML takes for something else than text.
const NOT_TEXT: &[&str] =
    &["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf", "infinity"];

/// One item of a list of steps, with its line end; `indent` is how far the `-` stands in.
#[must_use]
pub fn item(value: &Value, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            let mut text = String::new();
            for (index, (key, value)) in map.iter().enumerate() {
                let lead = if index == 0 { "- " } else { "  " };
                let _ = writeln!(text, "{pad}{lead}{}", entry(key, value, indent + 2));
            }
            text
        }
        other => format!("{pad}- {}\n", flow(other)),
    }
}

/// A key with its value, without a line end behind; `indent` is how far the key stands in.
#[must_use]
pub fn entry(key: &str, value: &Value, indent: usize) -> String {
    let key = scalar(key);
    let short = flow(value);
    if indent + key.len() + 2 + short.chars().count() <= COLUMNS_MAX {
        return format!("{key}: {short}");
    }
    match value {
        Value::Object(map) if !map.is_empty() => {
            let pad = " ".repeat(indent + 2);
            let lines = map
                .iter()
                .map(|(key, value)| format!("\n{pad}{}", entry(key, value, indent + 2)))
                .collect::<String>();
            format!("{key}:{lines}")
        }
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|value| item(value, indent + 2)).collect::<String>();
            format!("{key}:\n{}", items.trim_end_matches('\n'))
        }
        _ => format!("{key}: {short}"),
    }
}

/// A value on one line.
#[must_use]
pub fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => format!("{{ {} }}", members(map)),
    }
}

fn members(map: &Map<String, Value>) -> String {
    let member = |(key, value): (&String, &Value)| format!("{}: {}", scalar(key), flow(value));
    map.iter().map(member).collect::<Vec<_>>().join(", ")
}

/// A text, with quotes where it needs them.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let is_odd =
        |c: char| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    if text.chars().any(is_odd) {
        return double_quoted(text);
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// With the escapes that YAML has, for what must not stand in a file as it is.
fn double_quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(c);
            }
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_ascii_graphic() || c == ' ' => quoted.push(c),
            c if u32::from(c) <= 0xffff => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted + "\""
}

/// Whether every reader takes it for text without quotes. Says no where it is not sure.
fn is_plain(text: &str) -> bool {
    let inside = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '/' | '%' | '(' | ')')
    };
    let Some(first) = text.chars().next() else { return false };
    let begins = first.is_ascii_alphabetic()
        || first == '$' && text.len() > 1
        || time::parse_span(text).is_some();
    begins
        && text.chars().skip(1).all(inside)
        && !text.ends_with(' ')
        && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scenario::yaml;

    #[test]
    fn short_things_stand_on_one_line_and_long_ones_below_each_other() {
        let step = json!({
            "expect-request": { "is": "POST shadow", "body": { "state": { "reported": {
                "signal": 2, "status": "done: signaled 2 times", "note": "it's on", "rest": [1, null, "on", "5s", ""] } } } },
            "within": "30s",
        });
        insta::assert_snapshot!(item(&step, 2) + &item(&json!("x: y"), 2), @"
          - expect-request:
              is: POST shadow
              body:
                state:
                  reported:
                    signal: 2
                    status: 'done: signaled 2 times'
                    note: 'it''s on'
                    rest: [1, null, 'on', 5s, '']
            within: 30s
          - 'x: y'
        ");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_filter("JSON has no others", |n| n.is_finite()).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[a-z0-9 :#'\"\\-_.,$%~|>&*!?@{}\\[\\]]{0,12}".prop_map(Value::from),
            prop::sample::select(NOT_TEXT).prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(value in any_value()) {
            let text = format!("top:\n{}", item(&json!({ "step": value, "list": [value] }), 2));
            let node = yaml::parse(&text, 0).map_err(|problem| TestCaseError::fail(format!("{text}\n{problem:?}")))?;
            let back = node.to_json();
            // YAML has one kind of number; a float without a fraction may come back as a whole one.
            prop_assert_eq!(back.to_string().replace(".0", ""), json!({ "top": [{ "step": value, "list": [value] }] }).to_string().replace(".0", ""), "{}", text);
        }
    }
}
