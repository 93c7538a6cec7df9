//! Why the raw REPL of a board did not do what it was asked for.

use std::time::Duration;

use crate::time;

/// Why an order was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplError {
    /// The code raised an exception: its traceback.
    Exception {
        /// As the board printed it.
        traceback: String,
    },
    /// The board answers, but not with its raw REPL.
    NoRepl {
        /// What it said last.
        heard: String,
    },
    /// The board stopped answering.
    Silent {
        /// How long it was waited for.
        waited: Duration,
    },
    /// The board says something that the protocol does not have.
    Unexpected {
        /// What it said.
        heard: String,
    },
}

impl ReplError {
    /// What to do next.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::Exception { .. } => {
                "the exception is the board's own; is its file system full, or read-only?"
            }
            Self::NoRepl { .. } | Self::Unexpected { .. } => {
                "reset the board and try again; a program that catches KeyboardInterrupt, or a console that was moved by \
                 os.dupterm, keeps the raw REPL away"
            }
            Self::Silent { .. } => "is it MicroPython that runs on this port, at this baud rate?",
        }
    }
}

impl std::fmt::Display for ReplError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exception { traceback } => {
                write!(
                    f,
                    "the board raised an exception: {}",
                    traceback.trim_end().replace("\r\n", "; ")
                )
            }
            Self::NoRepl { heard } => {
                write!(f, "the board does not enter its raw REPL; it said `{heard}`")
            }
            Self::Silent { waited } => {
                write!(f, "the board said nothing for {}", time::span(*waited))
            }
            Self::Unexpected { heard } => write!(f, "the board answered `{heard}` to its raw REPL"),
        }
    }
}

impl std::error::Error for ReplError {}
