//! Patterns for lines on a console.

use serde_json::{Value, json};

use super::node::Node;
use super::pattern::Pattern;
use super::template::{self, Variables};

/// What a line must hold.
#[derive(Debug, Clone)]
pub enum LinePattern {
    /// This text anywhere in it; may hold `${name}`.
    Literal(String),
    /// A match of this regular expression.
    Regex(Pattern),
}

impl LinePattern {
    /// Reads a checked node.
    #[must_use]
    pub fn read(node: &Node) -> Option<Self> {
        if let Some(text) = node.text() {
            return Some(Self::Literal(text.trim_end_matches('\n').to_owned()));
        }
        Pattern::read(node.get("$matches")?.text()?).ok().map(Self::Regex)
    }

    /// Whether a line has it; named groups become variables.
    pub fn matches(&self, line: &str, known: &Variables, found: &mut Variables) -> bool {
        match self {
            Self::Literal(text) => line.contains(&template::plain(&template::fill(text, known))),
            Self::Regex(regex) => regex.find(line, known, found),
        }
    }

    /// Whether what it takes may change while a case runs.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        match self {
            Self::Literal(text) => !template::names(text).is_empty(),
            Self::Regex(pattern) => pattern.has_variables(),
        }
    }

    /// The same with the variables of now.
    #[must_use]
    pub fn filled(&self, known: &Variables) -> Self {
        match self {
            Self::Literal(text) => Self::Literal(template::plain(&template::fill(text, known))),
            Self::Regex(pattern) => Self::Regex(pattern.filled(known).into_owned()),
        }
    }

    /// The pattern as a scenario says it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        match self {
            Self::Literal(text) => text.as_str().into(),
            Self::Regex(pattern) => json!({ "$matches": pattern.as_str() }),
        }
    }

    /// The pattern in words, to stand behind `a console line`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Literal(text) => format!("with '{text}'"),
            Self::Regex(regex) => format!("that matches {regex}"),
        }
    }

    /// How far a line is from having it: the share of the pattern's text that is missing, from 0 to 1.
    #[must_use]
    pub fn distance(&self, line: &str) -> f64 {
        let text = match self {
            Self::Literal(text) => text.as_str(),
            Self::Regex(regex) => regex.as_str(),
        };
        1.0 - strsim::normalized_damerau_levenshtein(text, line)
    }
}
