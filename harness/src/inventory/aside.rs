//! Boards that a run has set aside, as later runs and people are told of them: a small file a MAC beside its lock.
//!
//! It is a hint, no ban: a later run leaves such a board alone while another one fits, and takes it where there is none. The file goes when
//! a case ends on the board without trouble, when `boards doctor` finds it answering, and with the folder when the host starts again.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Mac;
use super::hint;

/// How the file ends.
const SUBJECT: &str = "aside";

/// Why a board was set aside, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// What was wrong with it.
    pub reason: String,
    /// The run that did it: its directory.
    pub run: String,
    /// When, as `2026-03-01T10:00:00Z`.
    pub since: String,
}

impl std::fmt::Display for Aside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "set aside since {} by run {}: {}", self.since, self.run, self.reason)
    }
}

/// Remembers that a board was set aside.
///
/// # Errors
///
/// The file cannot be written.
pub fn remember(folder: &Path, mac: Mac, aside: &Aside) -> io::Result<()> {
    hint::remember(folder, (mac, SUBJECT), aside)
}

/// Why a board was set aside; `None` for one that was not, or where that cannot be read.
#[must_use]
pub fn recall(folder: &Path, mac: Mac) -> Option<Aside> {
    hint::recall(folder, mac, SUBJECT)
}

/// Brings a board back.
pub fn forget(folder: &Path, mac: Mac) {
    hint::forget(folder, mac, SUBJECT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_recalled_until_it_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mac = Mac([1, 2, 3, 4, 5, 6]);
        let aside = Aside {
            reason: "the chip is silent".into(),
            run: "nightly".into(),
            since: "2026-03-01T10:00:00Z".into(),
        };
        let locks = folder.path().join("locks");
        assert_eq!(recall(&locks, mac), None);
        remember(&locks, mac, &aside).expect("it can be written");
        assert_eq!(recall(&locks, mac), Some(aside));
        assert_eq!(recall(&locks, Mac([9; 6])), None);
        forget(&locks, mac);
        assert_eq!(recall(&locks, mac), None);
    }
}
