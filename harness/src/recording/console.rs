//! The console lines that tell of what was changed: those that a scenario should wait for.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};

/// What a console says whatever happens, and what it said of a change.
#[derive(Debug, Default)]
pub(super) struct Console {
    /// The shapes of lines in cycles in which nothing was changed: numbers are the same to them.
    routine: BTreeSet<String>,
}

impl Console {
    /// Takes a line of a cycle in which nothing was changed.
    pub(super) fn is_routine(&mut self, line: &str) {
        self.routine.insert(shape(line));
    }

    /// A line as a scenario waits for it, if it tells of one of the values or of an error, and is not said whatever happens.
    pub(super) fn telling(&self, line: &str, values: &BTreeSet<String>) -> Option<Value> {
        let text = without_prefix(line);
        if self.routine.contains(&shape(line)) || text.is_empty() {
            return None;
        }
        let tells = words(text).any(|word| values.contains(word));
        (tells || is_error(line)).then(|| pattern(text, values))
    }
}

/// The values of a JSON document that a console line could tell of, as text.
pub(super) fn values(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.values().for_each(|value| values(value, into)),
        Value::Array(items) => items.iter().for_each(|value| values(value, into)),
        Value::String(text) => into.extend(words(text).map(str::to_owned)),
        Value::Number(number) => drop(into.insert(number.to_string())),
        Value::Bool(_) | Value::Null => {}
    }
}

/// The text itself where all its numbers are known values, else a pattern for which any number will do.
fn pattern(text: &str, values: &BTreeSet<String>) -> Value {
    let is_unknown =
        |word: &str| word.bytes().any(|byte| byte.is_ascii_digit()) && !values.contains(word);
    if !words(text).any(is_unknown) {
        return if text.contains("${") { json!(text.replace("${", "$${")) } else { json!(text) };
    }
    let mut found = String::new();
    let mut end = 0;
    for (at, word) in placed_words(text) {
        found += &regex::escape(&text[end..at]);
        match is_unknown(word) {
            true => found += r"\S+",
            false => found += &regex::escape(word),
        }
        end = at + word.len();
    }
    found += &regex::escape(&text[end..]);
    json!({ "$matches": found })
}

/// The words of a text: letters, digits, and what holds a number together.
fn words(text: &str) -> impl Iterator<Item = &str> {
    placed_words(text).map(|(_, word)| word)
}

/// The same with the places where they begin, in bytes.
fn placed_words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let word = Regex::new(r"[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?")
        .expect("the pattern is a constant, and a test compiles it");
    let found: Vec<_> = word.find_iter(text).map(|word| (word.start(), word.as_str())).collect();
    found.into_iter()
}

fn shape(line: &str) -> String {
    let mut shape = String::new();
    for c in without_prefix(line).chars() {
        match c {
            c if c.is_ascii_digit() && shape.ends_with('0') => {}
            c if c.is_ascii_digit() => shape.push('0'),
            c => shape.push(c),
        }
    }
    shape
}

/// A line without what ESP-IDF puts before it, as `I (402) `, or a time of day.
fn without_prefix(line: &str) -> &str {
    let prefix = Regex::new(r"^(?:[EWIDV] \(\d+\) |\[?\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\]? )")
        .expect("the pattern is a constant, and a test compiles it");
    prefix.find(line).map_or(line, |found| &line[found.end()..]).trim()
}

fn is_error(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    line.starts_with("E (") || lower.starts_with("error") || lower.contains(" error: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<&Value>) {
        let mut console = Console::default();
        for line in ["thing signal 0.1.0 wake: timer", "I (312) wifi: up in 55 ms", "GET shadow"] {
            console.is_routine(line);
        }
        let mut known = BTreeSet::new();
        values(&json!({ "signal": 2, "position": "half", "on": true }), &mut known);
        assert_eq!(console.telling(line, &known).as_ref(), expected, "{line}");
    }

    #[test]
    fn a_line_is_kept_that_tells_of_a_change() {
        check("signaled 2 times", Some(&json!("signaled 2 times")));
        check("I (402) shade: moving to half", Some(&json!("shade: moving to half")));
        check(
            "I (402) shade: half after 1234 ms (3.3 V)",
            Some(&json!({ "$matches": r"shade: half after \S+ ms \(\S+ V\)" })),
        );
        check("E (7) http: no answer", Some(&json!("http: no answer")));
        check("position half ${x}", Some(&json!("position half $${x}")));
    }

    #[test]
    fn a_line_is_left_out_that_says_nothing_of_it() {
        check("signaled 22 times", None);
        check("thing signal 0.1.0 wake: power-on", None);
        check("I (999) wifi: up in 2 ms", None);
        check("POST shadow", None);
        check("", None);
    }
}
