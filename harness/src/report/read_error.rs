//! Why what a run left behind cannot be read back.

use std::fmt;

/// What is wrong with a file of a run directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// It does not begin as such a file does.
    NotOurs,
    /// It was written by a later version of the rig.
    Newer {
        /// The version of the format that it has.
        found: u64,
        /// The latest version that can be read.
        known: u64,
    },
    /// A line, from 1, is not what it should be.
    Line {
        /// Which.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOurs => write!(f, "it was not written by a run"),
            Self::Newer { found, known } => {
                write!(f, "it has version {found}; this shadowrig reads up to version {known}")
            }
            Self::Line { line, why } => write!(f, "line {line}: {why}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl ReadError {
    /// A line that is no JSON, or not the JSON that it should be.
    pub(super) fn json(line: usize, error: &serde_json::Error) -> Self {
        // The library counts lines from the beginning of what it was given, so its place would contradict ours.
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or_default().to_owned();
        Self::Line { line, why }
    }

    /// Takes a version that can be read, and refuses all others.
    ///
    /// # Errors
    ///
    /// That there is none, or that it is a later one.
    pub(super) fn check_version(found: Option<u64>, known: u64) -> Result<(), Self> {
        match found {
            Some(found) if (1..=known).contains(&found) => Ok(()),
            Some(found) if found > known => Err(Self::Newer { found, known }),
            Some(_) | None => Err(Self::NotOurs),
        }
    }
}
