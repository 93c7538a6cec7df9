//! What can be wrong with a matcher as written.

use super::field::{Field, Shape, required};
use super::matcher::{MATCHERS, TYPES};
use super::node::{Data, Node, Span};
use super::pattern::Pattern;
use super::problem::{Problem, ProblemKind, nearest};

/// What stands behind `$time`.
const TIME: &[Field] = &[required("within", Shape::Span, "the most that it may be away")];

/// Adds what is wrong with a node that is to be a matcher.
pub fn check(node: &Node, problems: &mut Vec<Problem>) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| check(item, problems)),
        Data::Map(entries) => match entries.iter().find(|(key, _)| key.name.starts_with('$')) {
            Some((key, value)) => check_dollar(node, (&key.name, key.span), value, problems),
            None => entries.iter().for_each(|(_, value)| check(value, problems)),
        },
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) => {}
    }
}

/// Adds what is wrong with a node that is to be a line: text, or `{ $matches: ... }`.
pub fn check_line(node: &Node, problems: &mut Vec<Problem>) {
    match &node.data {
        Data::Text(_) => {}
        Data::Map(entries) if entries.iter().any(|(key, _)| key.name == "$matches") => {
            check(node, problems);
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) | Data::Map(_) => {
            let wanted = "a text, or { $matches: '...' }".to_owned();
            let kind = ProblemKind::WrongKind { wanted, got: node.kind().to_owned() };
            problems.push(Problem::new(node.span, kind));
        }
    }
}

fn check_dollar(node: &Node, key: (&str, Span), value: &Node, problems: &mut Vec<Problem>) {
    let (name, span) = key;
    let partner = if name == "$near" { "by" } else { name };
    for (other, _) in
        node.entries().iter().filter(|(other, _)| other.name != name && other.name != partner)
    {
        let place = format!("a matcher with `{name}`");
        let kind = ProblemKind::UnknownKey { key: other.name.clone(), place, nearest: None };
        problems.push(Problem::new(other.span, kind));
    }
    let wanted = match name {
        "$literal" => return,
        "$contains" | "$equals" | "$not" => return check(value, problems),
        "$matches" => return check_regex(value, problems),
        "$one-of" => match &value.data {
            Data::List(items) => return items.iter().for_each(|item| check(item, problems)),
            _ => "a list",
        },
        "$any" => match value.text() {
            Some(kind) if TYPES.contains(&kind) => return,
            _ => "one of integer, number, string, boolean, object, array, value",
        },
        "$absent" => match value.data {
            Data::Bool(true) => return,
            _ => "true",
        },
        "$gt" | "$gte" | "$lt" | "$lte" => match value.data {
            Data::Number(_) => return,
            _ => "a number",
        },
        "$near" => match (&value.data, node.get("by").map(|by| &by.data)) {
            (Data::Number(_), Some(Data::Number(_))) => return,
            (Data::Number(_), _) => {
                let kind = ProblemKind::Missing { key: "by", what: "`$near`".into() };
                return problems.push(Problem::new(span, kind));
            }
            _ => "a number",
        },
        "$time" => {
            return super::field::check_map(TIME, value, "`$time`", problems);
        }
        _ => {
            let nearest = nearest(name, MATCHERS.iter().map(|(name, _)| *name));
            let kind = ProblemKind::UnknownMatcher { key: name.to_owned(), nearest };
            return problems.push(Problem::new(span, kind));
        }
    };
    let kind = ProblemKind::WrongKind { wanted: wanted.into(), got: node_words(value) };
    problems.push(Problem::new(value.span, kind));
}

fn node_words(node: &Node) -> String {
    node.text().map_or_else(|| node.kind().to_owned(), |text| format!("`{text}`"))
}

/// Checks a regular expression.
pub(super) fn check_regex(value: &Node, problems: &mut Vec<Problem>) {
    let Some(text) = value.text() else {
        let wanted = "a regular expression in quotes".to_owned();
        let kind = ProblemKind::WrongKind { wanted, got: node_words(value) };
        return problems.push(Problem::new(value.span, kind));
    };
    if let Err(error) = Pattern::read(text) {
        // The library's message ends with the reason; its drawing of the pattern is ours to make.
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let kind = ProblemKind::BadRegex { reason: reason.to_owned() };
        problems.push(Problem::new(value.span, kind));
    }
}
