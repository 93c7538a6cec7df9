//! Requests as a scenario names them: `GET shadow`, `POST shadow/config`.

use std::fmt;

use super::problem::{ProblemKind, nearest};

/// The methods that shadows know.
const METHODS: &[&str] = &["GET", "POST", "DELETE"];

/// Which requests are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestPattern {
    /// The method, as `GET`.
    pub method: String,
    /// What it is about.
    pub target: Target,
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// The classic shadow of the thing.
    Classic,
    /// The list of the named shadows of the thing.
    List,
    /// A named shadow of the thing.
    Named(String),
}

impl fmt::Display for RequestPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Classic => write!(f, "{} shadow", self.method),
            Target::List => write!(f, "{} shadows", self.method),
            Target::Named(name) => write!(f, "{} shadow/{name}", self.method),
        }
    }
}

/// Reads a request in short.
///
/// # Errors
///
/// The word that is not known.
pub fn parse_short(text: &str) -> Result<RequestPattern, ProblemKind> {
    let (method, target) = text.split_once(' ').unwrap_or((text, ""));
    if !METHODS.contains(&method) {
        return Err(unknown(method, "a method that shadows know", METHODS));
    }
    let target = match target.trim() {
        "shadow" => Target::Classic,
        "shadows" => Target::List,
        other => match other.strip_prefix("shadow/") {
            Some(name) if !name.is_empty() => Target::Named(name.to_owned()),
            _ => {
                return Err(unknown(
                    other,
                    "something to ask for",
                    &["shadow", "shadow/NAME", "shadows"],
                ));
            }
        },
    };
    Ok(RequestPattern { method: method.to_owned(), target })
}

fn unknown(word: &str, what: &str, allowed: &[&str]) -> ProblemKind {
    ProblemKind::UnknownWord {
        word: word.to_owned(),
        what: what.to_owned(),
        nearest: nearest(&word.to_uppercase(), allowed.iter().copied())
            .or_else(|| nearest(word, allowed.iter().copied())),
        allowed: allowed.iter().map(ToString::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_read_back_as_written() {
        for text in ["GET shadow", "POST shadow/config", "DELETE shadow", "GET shadows"] {
            assert_eq!(parse_short(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn a_misspelled_request_names_the_nearest_word() {
        let message = |text: &str| parse_short(text).expect_err(text).help();
        assert_eq!(message("PSOT shadow"), Some("did you mean `POST`?".into()));
        assert_eq!(message("get shadow"), Some("did you mean `GET`?".into()));
        assert_eq!(message("GET shdow"), Some("did you mean `shadow`?".into()));
        assert_eq!(message("GET"), Some("one of shadow, shadow/NAME, shadows".into()));
    }
}
