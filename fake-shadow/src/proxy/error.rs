//! Why the service elsewhere gave no answer.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;
use std::time::Duration;

/// Why the service elsewhere gave no answer that could be passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PassError {
    /// The connection could not be made, or broke.
    Broken {
        /// What was being done, as `connect to host:443`.
        what: String,
        /// What the system says.
        reason: String,
    },
    /// The answer ended before its end.
    Cut,
    /// There are no credentials to sign with for the service's own host.
    NoCredentials,
    /// What came is no answer of HTTP.
    NoHttp {
        /// What is wrong with it.
        reason: String,
    },
    /// It took too long.
    Slow {
        /// What was being done.
        what: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The answer is larger than any of the service's.
    TooLarge,
    /// The request's query cannot be read, so it cannot be signed.
    Unsignable,
}

impl fmt::Display for PassError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { what, reason } => write!(formatter, "failed to {what}: {reason}"),
            Self::Cut => formatter.write_str("the real service's answer ended before its end"),
            Self::NoCredentials => formatter.write_str(
                "the request is signed for the rig's host, and there are no credentials to sign it for the real one",
            ),
            Self::NoHttp { reason } => {
                write!(formatter, "what the real service sent is no HTTP: {reason}")
            }
            Self::Slow { what, waited } => {
                write!(formatter, "failed to {what} within {} s", waited.as_secs())
            }
            Self::TooLarge => {
                formatter.write_str("the real service's answer is larger than any of a shadow")
            }
            Self::Unsignable => formatter
                .write_str("the request's query cannot be read, so it cannot be signed anew"),
        }
    }
}

impl std::error::Error for PassError {}
