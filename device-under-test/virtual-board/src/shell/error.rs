//! What can go wrong around a board.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why a board could not be started, or had to stop.
#[derive(Debug)]
pub enum ShellError {
    /// The control socket cannot be had.
    Control {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file with the flash cannot be read or written.
    FlashFile {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The link to the pseudo-terminal cannot be put there.
    Link {
        /// Where it should be.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is no pseudo-terminal to be had.
    Pty(io::Error),
    /// The RFC 2217 port cannot be had.
    Rfc2217(io::Error),
    /// A thread cannot be started.
    Thread(io::Error),
}

impl fmt::Display for ShellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Control { path, error } => {
                write!(f, "failed to open the control socket {}: {error}", path.display())
            }
            Self::FlashFile { path, error } => {
                write!(f, "failed to keep the flash in {}: {error}", path.display())
            }
            Self::Link { path, error } => {
                write!(f, "failed to link the pseudo-terminal to {}: {error}", path.display())
            }
            Self::Pty(error) => write!(f, "failed to open a pseudo-terminal: {error}"),
            Self::Rfc2217(error) => write!(f, "failed to open the RFC 2217 port: {error}"),
            Self::Thread(error) => write!(f, "failed to start a thread: {error}"),
        }
    }
}

impl std::error::Error for ShellError {}
