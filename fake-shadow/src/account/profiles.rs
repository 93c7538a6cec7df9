//! The files in which AWS's tools keep profiles: sections with keys and values.
//!
//! Source: "Configuration and credential file settings" in the AWS Command Line Interface User Guide.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt;

use crate::sigv4::Credential;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `~/.aws/config`: a profile's section is `[profile NAME]`, and there are sections of other kinds.
    Config,
    /// `~/.aws/credentials`: a profile's section is `[NAME]`.
    Credentials,
}

/// One profile: keys in lower case, and their values. `Debug` shows the keys alone, as the values may be secret.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// Its name; `default` for the one that is taken where none is named.
    pub name: String,
    values: BTreeMap<String, String>,
}

/// What is wrong with a file of profiles; no line is repeated, as it may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mistake {
    /// A line is neither a section, nor a key and a value, nor a comment.
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// A profile has one half of a pair of keys.
    Half {
        /// Its name.
        profile: String,
    },
    /// There is no pair at all.
    None,
}

impl Profile {
    /// The value of a key; none if it is not there or empty.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Its keys, if it has some of its own.
    ///
    /// # Errors
    ///
    /// If it has one half of a pair.
    pub fn credential(&self) -> Result<Option<Credential>, Mistake> {
        let pair = (self.get("aws_access_key_id"), self.get("aws_secret_access_key"));
        match (pair, self.get("aws_session_token")) {
            ((Some(key), Some(secret)), None) => Ok(Some(Credential::long_term(key, secret))),
            ((Some(key), Some(secret)), Some(token)) => {
                Ok(Some(Credential::temporary(key, secret, token)))
            }
            // A profile that names a role or a process has no pair, which is well.
            ((None, None), _) => Ok(None),
            _ => Err(Mistake::Half { profile: self.name.clone() }),
        }
    }

    /// The values of two files about the same profile; those of `self` count.
    pub(super) fn or(mut self, other: Self) -> Self {
        for (key, value) in other.values {
            self.values.entry(key).or_insert(value);
        }
        self
    }
}

/// Reads all profiles of a file.
///
/// # Errors
///
/// [`Mistake::Line`] for the first line that means nothing.
pub fn parse(text: &str, form: Form) -> Result<Vec<Profile>, Mistake> {
    let mut profiles: Vec<Profile> = Vec::new();
    // In a section of another kind, as `[sso-session work]`.
    let mut is_passed_over = false;
    for (index, line) in text.lines().enumerate() {
        let is_nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let mistake = Mistake::Line { line: index + 1 };
        if let Some(name) = line.strip_prefix('[').filter(|_| !is_nested) {
            let name = name.strip_suffix(']').ok_or(mistake)?.trim();
            let name = match form {
                Form::Credentials => Some(name),
                Form::Config if name == "default" => Some(name),
                Form::Config => name.strip_prefix("profile").and_then(after_blank),
            };
            is_passed_over = name.is_none();
            profiles
                .extend(name.map(|name| Profile { name: name.to_owned(), ..Profile::default() }));
            continue;
        }
        if is_passed_over || (is_nested && form == Form::Config) {
            // A value of several lines, as those of `s3 =`, is about other services.
            continue;
        }
        let (Some((key, value)), Some(profile)) = (line.split_once('='), profiles.last_mut())
        else {
            return Err(mistake);
        };
        profile.values.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    Ok(profiles)
}

/// What stands behind blanks, and behind none if there are none.
fn after_blank(text: &str) -> Option<&str> {
    text.starts_with([' ', '\t']).then(|| text.trim_start()).filter(|name| !name.is_empty())
}

impl fmt::Debug for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&String> = self.values.keys().collect();
        formatter.debug_struct("Profile").field("name", &self.name).field("keys", &keys).finish()
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line } => {
                write!(formatter, "line {line} is neither [profile] nor key = value")
            }
            Self::Half { profile } => write!(
                formatter,
                "profile {profile} has only one of aws_access_key_id and aws_secret_access_key"
            ),
            Self::None => formatter.write_str("no profile has an access key"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile's name with its keys and values.
    type Shown<'a> = (&'a str, &'a [(&'a str, &'a str)]);

    fn check(form: Form, text: &str, expected: Result<&[Shown<'_>], Mistake>) {
        let shown = |profile: &Profile| (profile.name.clone(), profile.values.clone());
        let read = parse(text, form).map(|profiles| profiles.iter().map(shown).collect::<Vec<_>>());
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let expected = expected.map(|profiles| {
            let profiles = profiles.iter();
            profiles
                .map(|(name, values)| ((*name).to_owned(), values.iter().map(owned).collect()))
                .collect()
        });
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn sections_of_the_config_file_are_profiles_by_their_word() {
        let text = "[default]\nregion=us-east-1\n[profile  dev ]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n\
                    [sso-session work]\nsso_region = x\n[dev]\nregion = not this one\n";
        let expected: &[Shown<'_>] = &[
            ("default", &[("region", "us-east-1")]),
            ("dev", &[("region", "eu-west-1"), ("s3", "")]),
        ];
        check(Form::Config, text, Ok(expected));
    }

    #[test]
    fn sections_of_the_credentials_file_are_profiles_by_their_name() {
        let text = "# a comment\n[dev]\r\nAWS_Access_Key_Id = A\r\n  aws_secret_access_key=s/+=\n";
        let expected: &[Shown<'_>] =
            &[("dev", &[("aws_access_key_id", "A"), ("aws_secret_access_key", "s/+=")])];
        check(Form::Credentials, text, Ok(expected));
    }

    #[test]
    fn a_mistake_is_told_by_its_place() {
        check(Form::Credentials, "[default]\nnonsense", Err(Mistake::Line { line: 2 }));
        check(Form::Credentials, "a = b", Err(Mistake::Line { line: 1 }));
        check(Form::Config, "[default", Err(Mistake::Line { line: 1 }));
    }

    #[test]
    fn debug_shows_no_value() {
        let profiles = parse("[p]\naws_secret_access_key = hush\n", Form::Credentials).unwrap();
        assert!(!format!("{profiles:?}").contains("hush"));
    }
}
