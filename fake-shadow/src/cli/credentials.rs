//! Credentials as people give them: behind a flag, or in a file as AWS's own tools have it.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::ServeError;
use crate::sigv4::Credential;

/// Reads the value of `--credential`: `KEY:SECRET` or `KEY:SECRET:TOKEN`.
///
/// # Errors
/// If it is neither, or the key or the secret is empty; an empty token is none. The text is in no message, as most of it is secret.
pub fn parse_credential(text: &str) -> Result<Credential, ServeError> {
    let parts: Vec<&str> = text.splitn(3, ':').collect();
    match parts.as_slice() {
        ["", ..] | [_, "", ..] => Err(not_credential()),
        [key, secret] | [key, secret, ""] => Ok(Credential::long_term(*key, *secret)),
        [key, secret, token] => Ok(Credential::temporary(*key, *secret, *token)),
        _ => Err(not_credential()),
    }
}

fn not_credential() -> ServeError {
    ServeError::Argument {
        name: "--credential",
        reason: "it is not KEY:SECRET or KEY:SECRET:TOKEN".to_owned(),
    }
}

/// Reads all profiles of a file in the form of `~/.aws/credentials`.
pub(super) fn read_credentials(path: &Path) -> Result<Vec<Credential>, ServeError> {
    let file = |reason: String| ServeError::File {
        path: path.to_owned(),
        reason,
        help: "a file as ~/.aws/credentials is wanted: [default], then aws_access_key_id = ... and \
               aws_secret_access_key = ...",
    };
    let text = std::fs::read_to_string(path).map_err(|error| file(error.to_string()))?;
    parse_file(&text).map_err(|mistake| file(mistake.to_string()))
}

/// What is wrong with a file of credentials; no line is repeated, as it may be secret.
#[derive(Debug, PartialEq, Eq)]
enum Mistake {
    /// A line is neither a profile, nor a key and a value, nor a comment.
    Line { line: usize },
    /// A profile has one half of a pair.
    Half { profile: String },
    /// There is no pair at all.
    None,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

fn parse_file(text: &str) -> Result<Vec<Credential>, Mistake> {
    let mut profiles: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let mistake = Mistake::Line { line: index + 1 };
        if let Some(name) = line.strip_prefix('[') {
            let name = name.strip_suffix(']').ok_or(mistake)?;
            profiles.push((name.trim().to_owned(), BTreeMap::new()));
            continue;
        }
        let (Some((key, value)), Some((_, values))) = (line.split_once('='), profiles.last_mut())
        else {
            return Err(mistake);
        };
        values.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut credentials = Vec::new();
    for (profile, mut values) in profiles {
        let mut take = |key| values.remove(key).filter(|value| !value.is_empty());
        let pair = (take("aws_access_key_id"), take("aws_secret_access_key"));
        credentials.push(match (pair, take("aws_session_token")) {
            ((Some(key), Some(secret)), None) => Credential::long_term(key, secret),
            ((Some(key), Some(secret)), Some(token)) => Credential::temporary(key, secret, token),
            // A profile that names a role or a process has no pair, which is well.
            ((None, None), _) => continue,
            _ => return Err(Mistake::Half { profile }),
        });
    }
    if credentials.is_empty() { Err(Mistake::None) } else { Ok(credentials) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&[Credential], Mistake>) {
        assert_eq!(parse_file(text), expected.map(<[_]>::to_vec), "{text}");
    }

    #[test]
    fn all_profiles_with_a_pair_count() {
        let text = "# a comment\n[default]\naws_access_key_id = A\r\naws_secret_access_key=s/+=\n\n\
                    [role]\nrole_arn = x\n[ temporary ]\nAWS_ACCESS_KEY_ID=B\naws_secret_access_key = t\n\
                    aws_session_token = u=\nregion = eu-west-1\n";
        check(
            text,
            Ok(&[Credential::long_term("A", "s/+="), Credential::temporary("B", "t", "u=")]),
        );
    }

    #[test]
    fn a_mistake_is_told_by_its_place() {
        check("[default]\nnonsense", Err(Mistake::Line { line: 2 }));
        check("a = b", Err(Mistake::Line { line: 1 }));
        check("[default", Err(Mistake::Line { line: 1 }));
        let profile = "p".to_owned();
        check("[p]\naws_access_key_id = A", Err(Mistake::Half { profile }));
        check("", Err(Mistake::None));
    }

    #[test]
    fn the_flag_has_two_or_three_parts() {
        assert_eq!(parse_credential("A:s").unwrap(), Credential::long_term("A", "s"));
        assert_eq!(parse_credential("A:s:").unwrap(), Credential::long_term("A", "s"));
        assert_eq!(parse_credential("A:s:t:u").unwrap(), Credential::temporary("A", "s", "t:u"));
        for text in ["hush-hush", "A:", ":hush", "A::hush", "::"] {
            let error = parse_credential(text).unwrap_err().to_string();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
