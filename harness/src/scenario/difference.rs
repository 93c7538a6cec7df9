//! How a value differs from what is wanted of it.

use super::node::Span;

/// One place where a value is not as wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where in the value, as `state.reported.signal`; empty for the whole.
    pub path: String,
    /// Where in the scenario the wanted value stands.
    pub span: Span,
    /// What was wanted, in words or as JSON.
    pub expected: String,
    /// What is there; `None` for nothing.
    pub actual: Option<String>,
}

impl Difference {
    /// What is there is something else.
    #[must_use]
    pub fn other(path: &str, span: Span, expected: String, actual: String) -> Self {
        Self { path: path.to_owned(), span, expected, actual: Some(actual) }
    }

    /// The same of a part of something greater.
    #[must_use]
    pub fn under(self, path: &str) -> Self {
        let inner = &self.path;
        let path = if inner.is_empty() { path.to_owned() } else { format!("{path}.{inner}") };
        Self { path, ..self }
    }
}
