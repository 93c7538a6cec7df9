//! Why the program ends, in words that say what, where and what next.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thing::ConfigError;

use crate::config_file::ConfigFileError;
use crate::endpoint::EndpointError;

/// A setting that cannot be left out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Field {
    /// The public half of the key.
    AccessKeyId,
    /// The cloud.
    Endpoint,
    /// The secret half of the key.
    SecretAccessKey,
    /// The thing's name.
    ThingName,
}

impl Field {
    /// Its flag, its variable and its key in the file.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::AccessKeyId => ("--access-key-id", "AWS_ACCESS_KEY_ID", "access_key_id"),
            Self::Endpoint => ("--endpoint", "SHADOWRIG_ENDPOINT", "endpoint"),
            Self::SecretAccessKey => {
                ("--secret-access-key", "AWS_SECRET_ACCESS_KEY", "secret_access_key")
            }
            Self::ThingName => ("--thing-name", "SHADOWRIG_THING_NAME", "thing_name"),
        }
    }
}

/// Why the program cannot start or cannot go on.
#[derive(Debug)]
pub enum Error {
    /// The file with further certificates holds none that can be used.
    CaInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file of `--config` is not what it should be.
    ConfigInvalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ConfigFileError,
    },
    /// The file of `--config` cannot be read.
    ConfigUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The console is closed.
    Console(
        /// Why.
        io::Error,
    ),
    /// The endpoint is none.
    Endpoint {
        /// What was given.
        given: String,
        /// What is wrong with it.
        error: EndpointError,
    },
    /// A setting is missing.
    Missing(
        /// Which.
        Field,
    ),
    /// The name server is none.
    NameServer {
        /// What was given.
        given: String,
    },
    /// A setting cannot stand in a request.
    Setting(
        /// Which, and why.
        ConfigError,
    ),
    /// The state file cannot be read.
    StateUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The state file cannot be written.
    StateUnwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// TLS cannot be set up.
    Tls {
        /// Why.
        reason: String,
    },
    /// There is no such kind of thing.
    UnknownThing {
        /// What was given.
        given: String,
    },
}

impl Error {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::CaInvalid { .. } => {
                "give a file with at least one `-----BEGIN CERTIFICATE-----` by --ca-file"
                    .to_owned()
            }
            Self::ConfigInvalid { .. } => {
                "the file is one JSON object; --help lists the keys it may have".to_owned()
            }
            Self::ConfigUnreadable { .. } => "check the path that was given by --config".to_owned(),
            Self::Console(_) => "keep standard output open while the device runs".to_owned(),
            Self::Endpoint { .. } => {
                "write it as `http://127.0.0.1:8080` or `https://name`, without a path".to_owned()
            }
            Self::Missing(field) => {
                let (flag, variable, key) = field.names();
                format!("give it by {flag}, by {variable}, or as `{key}` in the file of --config")
            }
            Self::NameServer { .. } => {
                "write it as `192.168.4.1` or `127.0.0.1:1053`; a name would have to be asked for first"
                    .to_owned()
            }
            Self::Setting(ConfigError::BadCharacter { .. }) => {
                "look for a blank or a line end that was copied with the value".to_owned()
            }
            Self::Setting(ConfigError::Empty { .. } | ConfigError::TooLong { .. }) => {
                "check that the value was copied into the right place".to_owned()
            }
            Self::StateUnreadable { .. } | Self::StateUnwritable { .. } => {
                "give a file in a folder that can be written to by --state-file".to_owned()
            }
            Self::Tls { .. } => "this is a fault of the program; please report it".to_owned(),
            Self::UnknownThing { .. } => "it is `signal` or `shade`".to_owned(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaInvalid { path, reason } => {
                write!(formatter, "failed to load certificates from {}: {reason}", path.display())
            }
            Self::ConfigInvalid { path, error } => {
                write!(formatter, "failed to understand {}", path.display())?;
                match error {
                    ConfigFileError::NotAnObject => write!(formatter, ": it is not an object"),
                    ConfigFileError::NotJson { line, column } => {
                        write!(formatter, ":{line}:{column}: it is not JSON")
                    }
                    ConfigFileError::NotText(key) => write!(formatter, ": `{key}` is not a text"),
                    ConfigFileError::UnknownKey(key) => {
                        write!(formatter, ": it has the unknown key `{key}`")
                    }
                }
            }
            Self::ConfigUnreadable { path, source } | Self::StateUnreadable { path, source } => {
                write!(formatter, "failed to read {}: {source}", path.display())
            }
            Self::Console(source) => write!(formatter, "failed to write to the console: {source}"),
            Self::Endpoint { given, error } => {
                let why = match error {
                    EndpointError::BadName => "its host is not a name or address",
                    EndpointError::BadPort => "its port is not a number from 1 to 65535",
                    EndpointError::HasPath => "it has a path",
                    EndpointError::NoScheme => "it does not begin with http:// or https://",
                };
                write!(formatter, "failed to understand the endpoint `{given}`: {why}")
            }
            Self::Missing(field) => {
                write!(formatter, "failed to start without `{}`", field.names().2)
            }
            Self::NameServer { given } => {
                write!(
                    formatter,
                    "failed to understand the name server `{given}`: it is no IPv4 address"
                )
            }
            Self::Setting(error) => {
                let (field, why) = match error {
                    ConfigError::BadCharacter { field } => {
                        (field, "it holds a character that is not visible ASCII".to_owned())
                    }
                    ConfigError::Empty { field } => (field, "it is empty".to_owned()),
                    ConfigError::TooLong { field, bytes_max } => {
                        (field, format!("it is longer than {bytes_max} bytes"))
                    }
                };
                write!(formatter, "failed to use `{field}`: {why}")
            }
            Self::StateUnwritable { path, source } => {
                write!(formatter, "failed to write {}: {source}", path.display())
            }
            Self::Tls { reason } => write!(formatter, "failed to set up TLS: {reason}"),
            Self::UnknownThing { given } => {
                write!(formatter, "failed to find the kind of thing `{given}`")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::ConfigUnreadable { source, .. }
            | Self::StateUnreadable { source, .. }
            | Self::StateUnwritable { source, .. }
            | Self::Console(source) => Some(source),
            _ => None,
        }
    }
}
