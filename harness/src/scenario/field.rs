//! What a key may hold, as tables: they check a file, make the JSON schema and the reference pages.

use super::amount::Quantity;
use super::node::{Data, Node};
use super::problem::{Problem, ProblemKind, nearest};
use super::{matcher_check, provision, request_pattern, topic_filter};
use crate::time;

/// One key of a map.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key, kebab-case.
    pub name: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// Whether the map is wrong without it.
    pub need: Need,
    /// One sentence for the reference page.
    pub doc: &'static str,
}

/// Whether a key may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It may.
    Optional,
    /// It may not.
    Required,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// An amount with its unit, as `25uA`.
    Amount(Quantity),
    /// A map with any keys whose values have one shape.
    AnyKeys(&'static Self),
    /// One word of a list.
    Choice(&'static [&'static str]),
    /// A fault: its kind, alone or as a map with what it takes.
    Fault,
    /// A whole number, below zero too.
    Integer,
    /// JSON of any kind, taken as it is.
    Json,
    /// A literal text, or `{ $matches: ... }`.
    Line,
    /// A list, or a single item that stands for a list of one.
    List(&'static Self),
    /// A map with these keys and no others.
    Map(&'static [Field]),
    /// A JSON object, taken as it is.
    Object,
    /// A number.
    Number,
    /// One of several shapes of different kinds.
    OneOf(&'static [Self]),
    /// A path into what was seen, as `$.body.state`.
    Path,
    /// A value to compare with: literals and matchers.
    Pattern,
    /// A share, as `5%`.
    Percent,
    /// Namespaces, keys and values of an NVS partition.
    Provision,
    /// A regular expression.
    Regex,
    /// A request in short, as `GET shadow` or `POST shadow/config`.
    Request,
    /// A span with its unit and a sign, as `+20m`.
    SignedSpan,
    /// A span with its unit, as `250ms`.
    Span,
    /// A list of steps.
    Steps,
    /// Any text.
    Text,
    /// A topic that can be published to.
    Topic,
    /// A topic, a filter of topics, or `{ $matches: ... }`.
    TopicFilter,
    /// `true` or `false`.
    TrueFalse,
    /// A whole number from 0.
    Whole,
}

impl Shape {
    /// The shape in the words of a message: `a span with its unit, as 5s`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Amount(quantity) => quantity.words().into(),
            Self::AnyKeys(_) | Self::Map(_) => "a map".into(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Fault => "a kind of fault, alone or as a map with what it takes".into(),
            Self::Json => "any value".into(),
            Self::Line => "a text, or { $matches: '...' }".into(),
            Self::List(item) => format!("a list, each item {}", item.words()),
            Self::Object => "a map of JSON values".into(),
            Self::OneOf(shapes) => shapes.iter().map(Self::words).collect::<Vec<_>>().join(", or "),
            Self::Path => "a path, as $.body.state".into(),
            Self::Pattern => "a value or a matcher".into(),
            Self::Percent => "a share, as 5%".into(),
            Self::Provision => "a map of namespaces, each a map of keys".into(),
            Self::Regex => "a regular expression in quotes".into(),
            Self::Request => "a request, as GET shadow or POST shadow/config".into(),
            Self::SignedSpan => "a span with its unit, as +20m or -5s".into(),
            Self::Span => "a span with its unit, as 250ms, 5s or 2m30s".into(),
            Self::Steps => "a list of steps".into(),
            Self::Text => "text".into(),
            Self::Topic => topic_filter::TOPIC.into(),
            Self::TopicFilter => topic_filter::FILTER.into(),
            Self::TrueFalse => "true or false".into(),
            Self::Integer | Self::Whole => "a whole number".into(),
            Self::Number => "a number".into(),
        }
    }

    /// Adds to `problems` all that is wrong with a value of this shape.
    pub fn check(&self, node: &Node, place: &str, problems: &mut Vec<Problem>) {
        match self {
            Self::AnyKeys(shape) => match &node.data {
                Data::Map(entries) => {
                    entries.iter().for_each(|(_, value)| shape.check(value, place, problems));
                }
                _ => problems.push(self.wrong_kind(node)),
            },
            Self::Choice(words) => check_choice(words, node, place, problems),
            // The step reads it by the cloud's own table.
            Self::Fault if self.takes(&node.data) => {}
            Self::Fault => problems.push(self.wrong_kind(node)),
            Self::Json => {}
            Self::Line => matcher_check::check_line(node, problems),
            Self::List(item) => {
                node.items().iter().for_each(|node| item.check(node, place, problems));
            }
            Self::Map(fields) => check_map(fields, node, place, problems),
            Self::OneOf(shapes) => match shapes.iter().find(|shape| shape.takes(&node.data)) {
                Some(shape) => shape.check(node, place, problems),
                None => problems.push(self.wrong_kind(node)),
            },
            Self::Pattern => matcher_check::check(node, problems),
            Self::Provision => provision::check(node, problems),
            Self::Regex => matcher_check::check_regex(node, problems),
            Self::Topic if topic_filter::is_topic(node) => {}
            Self::TopicFilter if topic_filter::is_filter(node) => {}
            Self::TopicFilter if topic_filter::is_matcher(node) => {
                matcher_check::check(node, problems);
            }
            Self::Topic | Self::TopicFilter => problems.push(self.wrong_kind(node)),
            Self::Request => {
                if let Err(kind) = request_pattern::parse_short(node.text().unwrap_or_default()) {
                    let kind =
                        if node.text().is_some() { kind } else { self.wrong_kind(node).kind };
                    problems.push(Problem::new(node.span, kind));
                }
            }
            Self::Amount(_)
            | Self::Object
            | Self::Path
            | Self::Percent
            | Self::SignedSpan
            | Self::Span
            | Self::Steps
            | Self::Text
            | Self::TrueFalse
            | Self::Integer
            | Self::Number
            | Self::Whole => self.check_leaf(node, problems),
        }
    }

    fn check_leaf(&self, node: &Node, problems: &mut Vec<Problem>) {
        let good = match (self, &node.data) {
            (Self::Object, Data::Map(_))
            | (Self::Steps, Data::List(_))
            | (Self::TrueFalse, Data::Bool(_))
            | (Self::Text, Data::Text(_) | Data::Number(_)) => true,
            (Self::Integer, Data::Number(number)) => number.is_i64(),
            (Self::Number, Data::Number(_)) => true,
            (Self::Whole, Data::Number(number)) => number.is_u64(),
            (Self::Amount(quantity), Data::Text(text)) => quantity.parse(text).is_some(),
            (Self::Path, Data::Text(path)) => {
                if super::path::Path::parse(path).is_none() {
                    problems
                        .push(Problem::new(node.span, ProblemKind::BadPath { path: path.clone() }));
                }
                true
            }
            (Self::Percent, Data::Text(text)) => percent(text).is_some(),
            (Self::Span, Data::Text(text)) => time::parse_span(text).is_some(),
            (Self::SignedSpan, Data::Text(text)) => time::parse_signed_millis(text).is_some(),
            (Self::Span | Self::SignedSpan, Data::Number(number)) => {
                let kind = ProblemKind::BareNumber { text: number.to_string() };
                problems.push(Problem::new(node.span, kind));
                true
            }
            _ => false,
        };
        if !good {
            problems.push(self.wrong_kind(node));
        }
    }

    /// Whether a value of that kind is meant for this shape, right or wrong in detail.
    const fn takes(&self, data: &Data) -> bool {
        match self {
            Self::AnyKeys(_) | Self::Map(_) | Self::Object | Self::Provision => {
                matches!(data, Data::Map(_))
            }
            Self::List(_) | Self::Steps => matches!(data, Data::List(_)),
            Self::Fault => matches!(data, Data::Map(_) | Data::Text(_)),
            Self::Json | Self::Line | Self::OneOf(_) | Self::Pattern | Self::TopicFilter => true,
            Self::TrueFalse => matches!(data, Data::Bool(_)),
            Self::Integer | Self::Number | Self::Whole => matches!(data, Data::Number(_)),
            Self::Amount(_)
            | Self::Choice(_)
            | Self::Path
            | Self::Percent
            | Self::Regex
            | Self::Request
            | Self::Text
            | Self::Topic => {
                matches!(data, Data::Text(_))
            }
            Self::SignedSpan | Self::Span => matches!(data, Data::Text(_) | Data::Number(_)),
        }
    }

    fn wrong_kind(&self, node: &Node) -> Problem {
        let got = match &node.data {
            Data::Text(text) if text.parse::<f64>().is_ok() => {
                format!("the text '{text}' in quotes")
            }
            Data::Text(text) => format!("`{text}`"),
            Data::Number(number) => format!("the number {number}"),
            Data::Null | Data::Bool(_) | Data::List(_) | Data::Map(_) => node.kind().to_owned(),
        };
        Problem::new(node.span, ProblemKind::WrongKind { wanted: self.words(), got })
    }
}

fn check_choice(words: &[&str], node: &Node, place: &str, problems: &mut Vec<Problem>) {
    let Some(word) = node.text() else {
        let wanted = format!("one of {}", words.join(", "));
        let kind = ProblemKind::WrongKind { wanted, got: node.kind().to_owned() };
        return problems.push(Problem::new(node.span, kind));
    };
    if !words.contains(&word) {
        let kind = ProblemKind::UnknownWord {
            word: word.to_owned(),
            what: format!("known for {place}"),
            nearest: nearest(word, words.iter().copied()),
            allowed: words.iter().map(ToString::to_string).collect(),
        };
        problems.push(Problem::new(node.span, kind));
    }
}

/// Checks the keys of a map against a table: none unknown, none missing, each of its shape.
pub fn check_map(fields: &[Field], node: &Node, place: &str, problems: &mut Vec<Problem>) {
    if !matches!(node.data, Data::Map(_)) {
        let wanted = format!("a map with {}", keys_in_words(fields));
        let kind = ProblemKind::WrongKind { wanted, got: node.kind().to_owned() };
        return problems.push(Problem::new(node.span, kind));
    }
    for (key, value) in node.entries() {
        match fields.iter().find(|field| field.name == key.name) {
            Some(field) => field.shape.check(value, &format!("`{}`", field.name), problems),
            None => {
                let kind = ProblemKind::UnknownKey {
                    key: key.name.clone(),
                    place: place.to_owned(),
                    nearest: nearest(&key.name, fields.iter().map(|field| field.name)),
                };
                problems.push(Problem::new(key.span, kind));
            }
        }
    }
    for field in fields.iter().filter(|field| field.need == Need::Required) {
        if node.get(field.name).is_none() {
            let kind = ProblemKind::Missing { key: field.name, what: place.to_owned() };
            problems.push(Problem::new(node.span, kind));
        }
    }
}

/// The keys that must be there, or the first of those that may.
fn keys_in_words(fields: &[Field]) -> String {
    let of = |need| fields.iter().filter(move |field| field.need == need).map(|field| field.name);
    let mut names: Vec<_> = of(Need::Required).collect();
    if names.is_empty() {
        names = of(Need::Optional).take(4).collect();
    }
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let joiner = if of(Need::Required).next().is_some() { "and" } else { "or" };
    match names.as_slice() {
        [] => "keys".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {joiner} {last}", first.join(", ")),
    }
}

/// A share as written, `5%` → 5.0; at most 100.
#[must_use]
pub fn percent(text: &str) -> Option<f64> {
    let number: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&number).then_some(number)
}

/// A key that may be left out.
#[must_use]
pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, need: Need::Optional, doc }
}

/// A key that must be there.
#[must_use]
pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field { name, shape, need: Need::Required, doc }
}
