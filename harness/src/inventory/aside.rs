//! Boards that a run has set aside, as later runs and people are told of them: a small file a MAC beside its lock.
//!
//! It is a hint, no ban: a later run leaves such a board alone while another one fits, and takes it where there is none. The file goes when
//! a case ends on the board without trouble, when `boards doctor` finds it answering, and with the folder when the host starts again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Mac;
use super::lock;

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
    let text = serde_json::to_string(aside).map_err(io::Error::other)?;
    lock::write_shared(folder, &file_of(folder, mac), &text)
}

/// Why a board was set aside; `None` for one that was not, or where that cannot be read.
#[must_use]
pub fn recall(folder: &Path, mac: Mac) -> Option<Aside> {
    serde_json::from_str(&fs::read_to_string(file_of(folder, mac)).ok()?).ok()
}

/// Brings a board back.
pub fn forget(folder: &Path, mac: Mac) {
    // In a folder that all may write to, nobody removes another's file; but all may empty it.
    let path = file_of(folder, mac);
    if fs::remove_file(&path).is_err() && path.is_file() {
        // A file that can be neither removed nor emptied is somebody's who wants it so.
        let _stays = fs::write(&path, "");
    }
}

fn file_of(folder: &Path, mac: Mac) -> PathBuf {
    lock::file_of(folder, mac).with_extension("aside")
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
