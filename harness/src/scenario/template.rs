//! Text with `${name}` in it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

/// The variables that a run has so far.
pub type Variables = BTreeMap<String, Value>;

/// The names that a text uses, in order. `$${` stands for a literal `${`.
#[must_use]
pub fn names(text: &str) -> Vec<&str> {
    pieces(text)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Literal(_) => None,
        })
        .collect()
}

/// Whether a `${` has no `}` behind it.
#[must_use]
pub fn is_unclosed(text: &str) -> bool {
    let holds_mark = |piece: &Piece<'_>| matches!(piece, Piece::Literal(rest) if rest.contains("${") && *rest != "${");
    pieces(text).last().is_some_and(holds_mark) || text.ends_with("${") && !text.ends_with("$${")
}

/// The value of a name: a variable, or what a variable holds at a path behind its name, as `matrix.answer.status` or `row.0`.
#[must_use]
pub fn lookup<'v>(name: &str, known: &'v Variables) -> Option<&'v Value> {
    let inside = |value: &'v Value, key: &str| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    };
    let paths = name.rmatch_indices('.').map(|(at, _)| (&name[..at], &name[at + 1..]));
    let by_path =
        |(variable, path): (&str, &str)| path.split('.').try_fold(known.get(variable)?, inside);
    known.get(name).or_else(|| paths.into_iter().find_map(by_path))
}

/// Fills in what `known` has; a name that is not known stays as it was written.
///
/// A text that is only `${name}` becomes the value itself and keeps its type; inside text a value becomes text.
#[must_use]
pub fn fill(text: &str, known: &Variables) -> Value {
    let pieces = pieces(text);
    if let [Piece::Name(name)] = pieces.as_slice() {
        return lookup(name, known).cloned().unwrap_or_else(|| Value::String(text.to_owned()));
    }
    let filled = pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => (*literal).to_owned(),
        Piece::Name(name) => lookup(name, known).map_or_else(|| format!("${{{name}}}"), plain),
    });
    Value::String(filled.collect())
}

/// Fills in a regular expression: a name by what `value` gives for it, and an escaped `${` by an expression that finds it.
#[must_use]
pub fn fill_pattern<'v>(text: &str, value: impl Fn(&str) -> Cow<'v, str>) -> String {
    let mut out = String::new();
    for piece in pieces(text) {
        match piece {
            Piece::Literal(MARK) => out += &regex::escape(MARK),
            Piece::Literal(literal) => out += literal,
            Piece::Name(name) => out += &value(name),
        }
    }
    out
}

/// Fills in every text of a JSON value.
#[must_use]
pub fn fill_json(value: &Value, known: &Variables) -> Value {
    match value {
        Value::String(text) => fill(text, known),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| fill_json(item, known)).collect())
        }
        Value::Object(map) => Value::Object(
            map.iter().map(|(key, value)| (key.clone(), fill_json(value, known))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A JSON value that stands for itself where `${name}` is filled in.
#[must_use]
pub fn escaped(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("${", "$${")),
        Value::Array(items) => Value::Array(items.iter().map(escaped).collect()),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), escaped(value))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A value as text: strings bare, everything else as JSON.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// What stands before the name of a variable.
const MARK: &str = "${";

enum Piece<'a> {
    Literal(&'a str),
    Name(&'a str),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from_mark) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            // `$${` is an escaped `${`.
            pieces.push(Piece::Literal(before));
            pieces.push(Piece::Literal("${"));
            rest = &from_mark[2..];
            continue;
        }
        let Some(end) = from_mark.find('}') else { break };
        if !before.is_empty() {
            pieces.push(Piece::Literal(before));
        }
        pieces.push(Piece::Name(&from_mark[2..end]));
        rest = &from_mark[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest));
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(text: &str, expected: &Value) {
        let known = Variables::from([("n".into(), json!(5)), ("who".into(), json!("ann"))]);
        assert_eq!(&fill(text, &known), expected, "{text}");
    }

    #[test]
    fn a_text_that_is_only_a_variable_keeps_its_type() {
        check("${n}", &json!(5));
        check("${who}", &json!("ann"));
    }

    #[test]
    fn a_path_behind_a_name_leads_into_its_value() {
        let row = json!({ "by": "pin", "codes": [1, { "last": true }] });
        let known = Variables::from([
            ("matrix.row".into(), row),
            ("matrix.row.by".into(), json!("exact names go first")),
        ]);
        for (text, expected) in [
            ("${matrix.row.by}", json!("exact names go first")),
            ("${matrix.row.codes.1.last}", json!(true)),
            ("at ${matrix.row.codes.0}", json!("at 1")),
            ("${matrix.row.codes.2}", json!("${matrix.row.codes.2}")),
            ("${matrix.row.none.by}", json!("${matrix.row.none.by}")),
            ("${matrix}", json!("${matrix}")),
            ("${.}", json!("${.}")),
        ] {
            assert_eq!(fill(text, &known), expected, "{text}");
        }
    }

    #[test]
    fn a_variable_inside_text_becomes_text() {
        check("${who} has ${n}", &json!("ann has 5"));
        check("plain", &json!("plain"));
    }

    #[test]
    fn a_mark_without_its_end_is_found_and_an_escaped_one_is_none() {
        for (text, expected) in [
            ("${n}", false),
            ("a ${n", true),
            ("${", true),
            ("$${", false),
            ("$${n}", false),
            ("${n} ${", true),
            ("a}", false),
        ] {
            assert_eq!(is_unclosed(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_unknown_unclosed_or_escaped_stays() {
        check("${x}", &json!("${x}"));
        check("a ${n", &json!("a ${n"));
        check("$${n}", &json!("${n}"));
    }
}
