//! Requests as a step wants them: which, and what must be true of them.

use super::field::{Field, Shape, optional, required};
use super::matcher::{Matcher, Strictness};
use super::node::{Data, Node, Span};
use super::request_pattern::{RequestPattern, parse_short};

/// The shape of a wanted request.
pub const SHAPE: Shape = Shape::OneOf(&[Shape::Request, Shape::Map(FIELDS)]);

/// The keys of a wanted request in its long form.
pub const FIELDS: &[Field] = &[
    required("is", Shape::Request, "the request in short, as `POST shadow`"),
    optional("body", Shape::Pattern, "what the body, read as JSON, must hold"),
    optional(
        "headers",
        Shape::AnyKeys(&Shape::Pattern),
        "what headers must hold; names in any case",
    ),
    optional("query", Shape::AnyKeys(&Shape::Pattern), "what parameters of the query must hold"),
    optional(
        "signed",
        Shape::TrueFalse,
        "whether its signature must be right (`true`) or refused (`false`)",
    ),
    optional("answered", Shape::Pattern, "the status that the cloud must have answered"),
    optional("exact", Shape::TrueFalse, "`true`: keys that are not named are a difference"),
];

/// A wanted request.
#[derive(Debug, Clone)]
pub struct RequestWant {
    /// Where it stands.
    pub span: Span,
    /// Which request.
    pub pattern: RequestPattern,
    /// What the body must hold.
    pub body: Option<Matcher>,
    /// What headers must hold, by lower-case name.
    pub headers: Vec<(String, Matcher)>,
    /// What parameters of the query must hold.
    pub query: Vec<(String, Matcher)>,
    /// Whether the signature must be right.
    pub signed: Option<bool>,
    /// The status of the answer.
    pub answered: Option<Matcher>,
    /// Whether unnamed keys are a difference.
    pub strictness: Strictness,
}

impl RequestWant {
    /// Reads a checked node.
    #[must_use]
    pub fn read(node: &Node) -> Option<Self> {
        let short = match &node.data {
            Data::Map(_) => node.get("is")?.text()?,
            _ => node.text()?,
        };
        let truth = |key: &str| match node.get(key)?.data {
            Data::Bool(truth) => Some(truth),
            _ => None,
        };
        let named = |key: &str| {
            let entries = node.get(key).map_or(&[][..], Node::entries);
            entries.iter().map(|(key, value)| (key.name.clone(), Matcher::read(value))).collect()
        };
        Some(Self {
            span: node.span,
            pattern: parse_short(short).ok()?,
            body: node.get("body").map(Matcher::read),
            headers: named("headers"),
            query: named("query"),
            signed: truth("signed"),
            answered: node.get("answered").map(Matcher::read),
            strictness: match truth("exact") {
                Some(true) => Strictness::Exact,
                Some(false) | None => Strictness::Partial,
            },
        })
    }
}
