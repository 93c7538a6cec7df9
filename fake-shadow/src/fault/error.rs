//! Why the description of a fault is refused.

use std::fmt;

/// Why the description of a fault is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultError {
    /// A value is not of the kind that its key wants.
    BadValue {
        /// The key.
        key: String,
        /// The value as sent.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// The kind needs this key.
    Missing {
        /// The kind.
        kind: &'static str,
        /// The key.
        key: &'static str,
    },
    /// No kind is named, or more than one.
    NotOneKind {
        /// The kinds that are named.
        named: Vec<String>,
    },
    /// The description is no object.
    NotObject,
    /// The kind does not know this key.
    UnknownKey {
        /// The kind.
        kind: &'static str,
        /// The key.
        key: String,
    },
    /// There is no such kind.
    UnknownKind {
        /// The kind as sent.
        kind: String,
    },
}

impl fmt::Display for FaultError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadValue { key, value, expected } => {
                write!(formatter, "{key}: {value} is not {expected}")
            }
            Self::Missing { kind, key } => {
                write!(formatter, "a fault of kind {kind} needs `{key}`")
            }
            Self::NotOneKind { named } if named.is_empty() => {
                formatter.write_str("no kind of fault is named; `kind` says which")
            }
            Self::NotOneKind { named } => {
                write!(formatter, "several kinds of fault are named: {}", named.join(", "))
            }
            Self::NotObject => {
                formatter.write_str("a fault is an object, as {\"kind\":\"status\",\"code\":503}")
            }
            Self::UnknownKey { kind, key } => {
                write!(formatter, "a fault of kind {kind} knows no `{key}`")
            }
            Self::UnknownKind { kind } => write!(
                formatter,
                "there is no fault of kind '{kind}'; there are {}",
                super::Kind::NAMES.join(", ")
            ),
        }
    }
}

impl std::error::Error for FaultError {}
