//! What to do about a problem, where that can be said.

use super::problem::ProblemKind;
use super::{elsewhere, yaml_help};

impl ProblemKind {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::AmbiguousBoolean { text } => {
                Some(format!("write '{text}' in quotes for the text, or true or false"))
            }
            Self::BadPath { .. } => Some(
                "write `$.name.name` or `$.list[0]`, as in `$.body.state.reported.signal`".into(),
            ),
            Self::BareNumber { text } => Some(format!("write {text}ms, {text}s or {text}m")),
            Self::DuplicateKey { .. } => Some("keep one of the two".into()),
            Self::FaultNeverHit { .. } => Some("wait for it by `expect-fault: applied`".into()),
            Self::LimitNeverMet { .. } => {
                Some("make the shorter one longer, or leave it out".into())
            }
            Self::IncludeCycle { .. } => {
                Some("let one of them hold the steps that the others share".into())
            }
            Self::IncludeDepth { .. } | Self::TooDeep { .. } => {
                Some("write the innermost steps where they are used".into())
            }
            Self::IncludeUnreadable { .. } => {
                Some("the path begins at the folder of the file that names it".into())
            }
            Self::SeveralDocuments => {
                Some("one file is one test case; move it to a file of its own".into())
            }
            Self::SeveralVerbs { second, .. } => {
                Some(format!("begin a new step with `- {second}:`"))
            }
            Self::Twice { .. } => Some("rename one of the two, or take it out".into()),
            Self::UnclosedVariable { .. } => {
                Some("write `${name}`, or `$${` for the text itself".into())
            }
            Self::UnknownKey { .. }
            | Self::UnknownMatcher { .. }
            | Self::UnknownVariable { .. }
            | Self::UnknownWord { .. } => self.help_of_name(),
            Self::UnusedCapture { .. } => {
                Some("use it as `${name}`, or leave the capture out".into())
            }
            Self::UnknownVersion { .. } => Some("write `version: 1`".into()),
            Self::VerbMissing => {
                Some("name what is done or seen, as `expect-request: GET shadow`".into())
            }
            Self::Wait => {
                Some("wait for what you want to see, by an `expect-...` with `within`".into())
            }
            Self::Missing { key, .. } => missing_help(key).map(str::to_owned),
            Self::NotYaml { reason } => yaml_help::help(reason),
            Self::WrongKind { wanted, got } => wrong_kind_help(wanted, got).map(str::to_owned),
            Self::Empty { what: "scenario in this file" } => {
                Some("`shadowrig new NAME` writes a first one".into())
            }
            Self::BadFault { .. }
            | Self::BadInvariant { .. }
            | Self::BadRegex { .. }
            | Self::Empty { .. }
            | Self::NotToml { .. }
            | Self::OutOfRange { .. } => None,
        }
    }

    /// What to do about a name that is not known.
    fn help_of_name(&self) -> Option<String> {
        match self {
            Self::UnknownKey { key, place, .. } if key.starts_with('$') && place.contains('$') => {
                Some("a matcher has one `$` key; a range is `{ $near: 3, by: 2 }`".into())
            }
            Self::UnknownKey { key, nearest, .. } => match nearest {
                Some(nearest) => Some(format!("did you mean `{nearest}`?")),
                None => elsewhere::place_of(key),
            },
            Self::UnknownMatcher { nearest, .. } | Self::UnknownVariable { nearest, .. } => {
                nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?"))
            }
            Self::UnknownWord { nearest, allowed, .. } => Some(match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("one of {}", allowed.join(", ")),
            }),
            _ => None,
        }
    }
}

/// What to write for a value of the wrong kind.
fn wrong_kind_help(wanted: &str, got: &str) -> Option<&'static str> {
    match (wanted, got) {
        ("a list of steps", "a map") => Some("begin each step with `- `"),
        (wanted, got) if wanted.ends_with("number") && got.contains("quotes") => {
            Some("take the quotes away")
        }
        ("a map with `version`, `name` and `steps`", _) => {
            Some("begin the file with `version: 1`; `shadowrig new NAME` writes a first one")
        }
        _ => None,
    }
}

/// What to write for a key that is missing, where that can be said.
fn missing_help(key: &str) -> Option<&'static str> {
    match key {
        "version" => Some("write `version: 1`"),
        "name" => Some("say what the case proves, as `name: the device sleeps on time`"),
        "steps" => Some("write what is done and seen as a list below `steps:`"),
        _ => None,
    }
}
