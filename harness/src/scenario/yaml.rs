//! Text to tree. The only module that knows which YAML library is used.

use std::collections::BTreeSet;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::node::{Data, Key, Node, Span};
use super::problem::{Problem, ProblemKind};

/// How deep maps and lists may stand inside each other. AWS takes shadows of eight levels; the library's own limit needs more of a
/// stack than a thread has.
const DEPTH_MAX: usize = 32;

/// Reads one YAML document; `file` is its number in every [`Span`].
///
/// # Errors
///
/// The first place where the text is not YAML, holds a key twice, or holds more than one document.
pub fn parse(text: &str, file: usize) -> Result<Node, Box<Problem>> {
    read(text, file, DuplicateKeyPolicy::Error)
}

/// The same, and all keys that stand twice in one map, not the first alone; nothing of a text that cannot be read at all.
pub fn parse_all(text: &str, file: usize) -> (Option<Node>, Vec<Problem>) {
    let first = match parse(text, file) {
        Ok(node) => return (Some(node), Vec::new()),
        Err(first) => *first,
    };
    let again = match first.kind {
        ProblemKind::DuplicateKey { .. } => read(text, file, DuplicateKeyPolicy::LastWins).ok(),
        _ => None,
    };
    let mut problems = Vec::new();
    again.iter().for_each(|node| find_duplicates(node, &mut problems));
    // The library takes out what is the same number written in two ways.
    if !problems.iter().any(|problem| problem.span == first.span) {
        problems.push(first);
    }
    (again, problems)
}

fn find_duplicates(node: &Node, problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (key, value) in node.entries() {
        if !seen.insert(key.name.as_str()) {
            let kind = ProblemKind::DuplicateKey { key: key.name.clone() };
            problems.push(Problem::new(key.span, kind));
        }
        find_duplicates(value, problems);
    }
    if let Data::List(items) = &node.data {
        items.iter().for_each(|item| find_duplicates(item, problems));
    }
}

fn read(text: &str, file: usize, on_twice: DuplicateKeyPolicy) -> Result<Node, Box<Problem>> {
    let budget = serde_saphyr::budget! { max_depth: DEPTH_MAX, flow_nesting_limit: DEPTH_MAX };
    let options = serde_saphyr::options! {
        strict_booleans: true, with_snippet: false, budget: budget, duplicate_keys: on_twice,
    };
    match serde_saphyr::from_str_with_options::<Spanned<Raw>>(text, options) {
        Ok(raw) => Ok(node(raw, file)),
        Err(error) => {
            let whole = Span { file, ..Span::default() };
            let span = error.location().map_or(whole, |location| placed(location, text, file));
            let message = error.to_string();
            Err(Box::new(Problem::new(span, kind(&message, is_variable(text, span.start)))))
        }
    }
}

/// The library's sentence without its place (we draw that ourselves) and without advice about its own options.
fn kind(message: &str, is_variable: bool) -> ProblemKind {
    let line = message.lines().next().unwrap_or_default();
    let line = line.split(" at line ").next().unwrap_or_default();
    if let Some(rest) = line.strip_prefix("duplicate mapping key: ") {
        let key = rest.split(", set ").next().unwrap_or_default();
        return ProblemKind::DuplicateKey { key: key.to_owned() };
    }
    if line.starts_with("multiple YAML documents") {
        return ProblemKind::SeveralDocuments;
    }
    if let Some(kind) = too_large(line) {
        return kind;
    }
    // Inside `{ }` the brace of a variable begins another map, and the library complains about that one.
    if is_variable && line.contains("flow") {
        return ProblemKind::NotYaml {
            reason: "a variable without quotes inside { } or [ ]".into(),
        };
    }
    ProblemKind::NotYaml { reason: line.to_owned() }
}

/// Whether a variable without quotes begins at this place, or right before it.
fn is_variable(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let behind = text.get(at..).unwrap_or_default();
    before.ends_with('$') && behind.starts_with('{') || behind.starts_with("${")
}

/// What is more than the library reads, so that no file can eat the memory.
fn too_large(line: &str) -> Option<ProblemKind> {
    let breached = line.strip_prefix("budget breached: ");
    let (what, range) = match (breached, line) {
        (Some(what), _) if what.starts_with("Depth") => {
            ("the nesting of a file", "32 levels at most")
        }
        (None, line) if line.contains("recursion limit") || line.contains("nesting limit") => {
            ("the nesting of a file", "32 levels at most")
        }
        (Some(_), _) => ("a file", "of 250000 values at most"),
        (None, _) => return None,
    };
    Some(ProblemKind::OutOfRange { what, text: "more".to_owned(), range })
}

/// The place of an error; the library counts lines and columns there, but not always bytes.
fn placed(location: Location, text: &str, file: usize) -> Span {
    let span = span(location, file);
    if location.span().byte_offset().is_some() {
        return span;
    }
    let line =
        text.split_inclusive('\n').take(span.line.saturating_sub(1)).map(str::len).sum::<usize>();
    let column =
        text.get(line..).unwrap_or_default().char_indices().nth(span.column.saturating_sub(1));
    Span { start: column.map_or(text.len(), |(at, _)| line + at), ..span }
}

fn span(location: Location, file: usize) -> Span {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    Span {
        file,
        start: location.span().byte_offset().map_or(0, number),
        len: location.span().byte_len().map_or(0, number),
        line: number(location.line()),
        column: number(location.column()),
    }
}

fn node(raw: Spanned<Raw>, file: usize) -> Node {
    let place = span(raw.referenced, file);
    let data = match raw.value {
        Raw::Leaf(data) => data,
        Raw::List(items) => Data::List(items.into_iter().map(|item| node(item, file)).collect()),
        Raw::Map(entries) => Data::Map(
            entries
                .into_iter()
                .map(|(key, value)| {
                    (Key { span: span(key.referenced, file), name: key.value }, node(value, file))
                })
                .collect(),
        ),
    };
    Node { span: place, data }
}

/// What the library hands over, before places are taken out of its wrappers.
enum Raw {
    Leaf(Data),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Leaf(Data::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Leaf(Data::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Leaf(Data::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Leaf(Data::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Leaf(Data::Number(value.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value)
            .map(|number| Raw::Leaf(Data::Number(number)))
            .ok_or_else(|| E::custom("a number that JSON cannot hold"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Leaf(Data::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
