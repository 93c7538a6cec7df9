//! Credentials as people give them: behind a flag, or in a file as AWS's own tools have it.

use std::path::Path;

use super::error::ServeError;
use crate::account::{Form, Mistake, parse};
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

fn parse_file(text: &str) -> Result<Vec<Credential>, Mistake> {
    let mut credentials = Vec::new();
    for profile in parse(text, Form::Credentials)? {
        credentials.extend(profile.credential()?);
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
