//! What can go wrong before and while the cloud is served, with the next step for whoever started it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::account::AccountError;
use crate::http::TlsError;
use crate::proxy::ReachError;

/// Why the cloud is not served.
#[derive(Debug)]
pub enum ServeError {
    /// There are no credentials for the real service.
    Account(AccountError),
    /// A flag or a variable has a value that it cannot have; the value is not repeated if it may be a secret.
    Argument {
        /// The flag or variable.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that was named cannot be read, or says what it may not.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        help: &'static str,
    },
    /// Nobody can listen on this address.
    Listen {
        /// The flag that named it.
        flag: &'static str,
        /// The address as given.
        address: String,
        /// What the system said.
        error: io::Error,
    },
    /// The ready line cannot be written.
    Output(io::Error),
    /// The real service cannot be reached.
    Reach(ReachError),
    /// The system gives no threads or timers.
    Runtime(io::Error),
    /// There is no certificate to show.
    Tls(TlsError),
}

impl ServeError {
    /// The exit code: 2 for the command line, an address that cannot be one included, 1 for all else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Argument { .. } => 2,
            Self::Listen { error, .. } if error.kind() == io::ErrorKind::InvalidInput => 2,
            Self::Account(_)
            | Self::File { .. }
            | Self::Listen { .. }
            | Self::Output(_)
            | Self::Reach(_)
            | Self::Runtime(_)
            | Self::Tls(_) => 1,
        }
    }

    /// The next step, if there is one to tell.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Argument { .. } => Some("--help shows all flags".to_owned()),
            Self::File { help, .. } => Some((*help).to_owned()),
            Self::Listen { flag, address, error } => Some(match error.kind() {
                io::ErrorKind::AddrInUse => {
                    let host = address.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host);
                    format!(
                        "end the program that listens there, or take a free port: {flag} {host}:0"
                    )
                }
                io::ErrorKind::PermissionDenied => {
                    format!(
                        "ports below 1024 need rights; take a higher one: {flag} 127.0.0.1:8080"
                    )
                }
                io::ErrorKind::AddrNotAvailable => {
                    format!("this machine has no such address; all it has: {flag} 0.0.0.0:8080")
                }
                _ => format!("an address and a port are wanted, as in {flag} 127.0.0.1:8080"),
            }),
            Self::Account(error) => Some(error.help().to_owned()),
            Self::Output(_) | Self::Runtime(_) => None,
            Self::Reach(error) => Some(error.help().to_owned()),
            Self::Tls(_) => Some(
                "--cert and --key want PEM files that belong together; --pki wants a folder that may be \
                 written, with both ca.pem and ca-key.pem or neither"
                    .to_owned(),
            ),
        }
    }
}

impl fmt::Display for ServeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(error) => error.fmt(formatter),
            Self::Argument { name, reason } => write!(formatter, "failed to read {name}: {reason}"),
            Self::File { path, reason, .. } => {
                write!(formatter, "failed to use {}: {reason}", path.display())
            }
            Self::Listen { address, error, .. } if error.kind() == io::ErrorKind::AddrInUse => {
                write!(formatter, "failed to listen on {address}: the port is in use")
            }
            Self::Listen { address, error, .. } => {
                write!(formatter, "failed to listen on {address}: {error}")
            }
            Self::Output(error) => write!(formatter, "failed to write the ready line: {error}"),
            Self::Reach(error) => error.fmt(formatter),
            Self::Runtime(error) => write!(formatter, "failed to start: {error}"),
            Self::Tls(error) => write!(formatter, "failed to serve HTTPS: {error}"),
        }
    }
}

impl std::error::Error for ServeError {}
