//! The rate at which a board's flash could be written after a higher one had failed. A cable does not get better from one run to the next, so
//! later runs begin with the rate that worked. A person who knows better says the rate, and where that works the failure is forgotten.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Mac;
use super::hint;

/// How the file ends.
const SUBJECT: &str = "rate";

/// What is known of the rate of a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The rate that failed, in baud.
    pub failed: u32,
    /// The rate that worked then.
    pub worked: u32,
    /// How it failed.
    pub reason: String,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { failed, worked, reason } = self;
        write!(f, "flashed at {worked} baud, since {failed} failed: {reason}")
    }
}

/// Where the rates of a host's boards are remembered: the folder of their locks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rates(pub PathBuf);

impl Rates {
    /// What is known of a board.
    #[must_use]
    pub fn recall(&self, mac: Mac) -> Option<Rate> {
        recall(&self.0, mac)
    }

    /// Forgets a failure, once its rate works.
    pub fn forget(&self, mac: Mac) {
        hint::forget(&self.0, mac, SUBJECT);
    }

    /// Remembers what was seen of a board.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn remember(&self, mac: Mac, rate: &Rate) -> io::Result<()> {
        hint::remember(&self.0, (mac, SUBJECT), rate)
    }
}

/// What is known of a board's rate; `None` where none has failed, or that cannot be read.
#[must_use]
pub fn recall(folder: &Path, mac: Mac) -> Option<Rate> {
    hint::recall(folder, mac, SUBJECT)
}
