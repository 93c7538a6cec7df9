//! What one run has learned about a board and later ones want to know: a small file a MAC and a subject, beside the board's lock. It goes with
//! the folder when the host starts again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Mac;
use super::lock;

/// Writes a hint in place of an older one.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn remember<T: Serialize>(
    folder: &Path,
    (mac, subject): (Mac, &str),
    hint: &T,
) -> io::Result<()> {
    let text = serde_json::to_string(hint).map_err(io::Error::other)?;
    lock::write_shared(folder, &file_of(folder, mac, subject), &text)
}

/// What was written; `None` where nothing was, or it cannot be read.
pub(super) fn recall<T: DeserializeOwned>(folder: &Path, mac: Mac, subject: &str) -> Option<T> {
    serde_json::from_str(&fs::read_to_string(file_of(folder, mac, subject)).ok()?).ok()
}

/// Takes a hint back.
pub(super) fn forget(folder: &Path, mac: Mac, subject: &str) {
    // In a folder that all may write to, nobody removes another's file; but all may empty it.
    let path = file_of(folder, mac, subject);
    if fs::remove_file(&path).is_err() && path.is_file() {
        // A file that can be neither removed nor emptied is somebody's who wants it so.
        let _stays = fs::write(&path, "");
    }
}

fn file_of(folder: &Path, mac: Mac, subject: &str) -> PathBuf {
    lock::file_of(folder, mac).with_extension(subject)
}
