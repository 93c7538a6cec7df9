//! Text with `${name}` in it.

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

/// Fills in what `known` has; a name that is not known stays as it was written.
///
/// A text that is only `${name}` becomes the value itself and keeps its type; inside text a value becomes text.
#[must_use]
pub fn fill(text: &str, known: &Variables) -> Value {
    let pieces = pieces(text);
    if let [Piece::Name(name)] = pieces.as_slice() {
        return known.get(*name).cloned().unwrap_or_else(|| Value::String(text.to_owned()));
    }
    let filled = pieces.iter().map(|piece| match piece {
        Piece::Literal(literal) => (*literal).to_owned(),
        Piece::Name(name) => known.get(*name).map_or_else(|| format!("${{{name}}}"), plain),
    });
    Value::String(filled.collect())
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
