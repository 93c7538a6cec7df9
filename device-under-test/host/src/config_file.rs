//! The file of `--config`: one JSON object of texts.
//!
//! It is read by hand, because the messages of a general reader quote what they stumble over, and
//! here that may be a secret.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::options::Secret;

/// What the file says; all of it may be left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConfigFile {
    pub(crate) access_key_id: Option<String>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) secret_access_key: Option<Secret>,
    pub(crate) session_token: Option<Secret>,
    pub(crate) shadow_name: Option<String>,
    pub(crate) state_file: Option<PathBuf>,
    pub(crate) thing: Option<String>,
    pub(crate) thing_name: Option<String>,
}

/// Why a file is no configuration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConfigFileError {
    /// It is JSON, but not an object.
    NotAnObject,
    /// It is not JSON from here on.
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// The value of this key is not a text.
    NotText(
        /// The key.
        String,
    ),
    /// Nothing is known by this key.
    UnknownKey(
        /// The key.
        String,
    ),
}

impl ConfigFile {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::ConfigUnreadable { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|error| Error::ConfigInvalid { path: path.to_owned(), error })
    }

    fn parse(text: &str) -> Result<Self, ConfigFileError> {
        let json: Value = serde_json::from_str(text).map_err(|error| ConfigFileError::NotJson {
            line: error.line(),
            column: error.column(),
        })?;
        let Value::Object(members) = json else {
            return Err(ConfigFileError::NotAnObject);
        };
        let mut file = Self::default();
        for (key, value) in members {
            let Value::String(text) = value else {
                return Err(ConfigFileError::NotText(key));
            };
            match key.as_str() {
                "access_key_id" => file.access_key_id = Some(text),
                "ca_file" => file.ca_file = Some(text.into()),
                "endpoint" => file.endpoint = Some(text),
                "region" => file.region = Some(text),
                "secret_access_key" => file.secret_access_key = Some(Secret(text)),
                "session_token" => file.session_token = Some(Secret(text)),
                "shadow_name" => file.shadow_name = Some(text),
                "state_file" => file.state_file = Some(text.into()),
                "thing" => file.thing = Some(text),
                "thing_name" => file.thing_name = Some(text),
                _ => return Err(ConfigFileError::UnknownKey(key)),
            }
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: ConfigFileError) {
        assert_eq!(ConfigFile::parse(text).map(|_| ()), Err(expected), "{text}");
    }

    #[test]
    fn a_file_gives_what_it_holds() {
        let file =
            ConfigFile::parse(r#"{"endpoint": "http://x", "secret_access_key": "s"}"#).unwrap();
        assert_eq!(file.endpoint.as_deref(), Some("http://x"));
        assert_eq!(file.secret_access_key, Some(Secret("s".to_owned())));
        assert_eq!(file.region, None);
    }

    #[test]
    fn a_file_that_is_none_is_told_why_without_its_values() {
        check("[]", ConfigFileError::NotAnObject);
        check("{\n  \"region\": x", ConfigFileError::NotJson { line: 2, column: 13 });
        check(
            "{\"secret_access_key\": 5}",
            ConfigFileError::NotText("secret_access_key".to_owned()),
        );
        check("{\"akey \": \"x\"}", ConfigFileError::UnknownKey("akey ".to_owned()));
    }
}
