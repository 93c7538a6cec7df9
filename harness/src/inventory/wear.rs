//! How often the flash of each board was written, and when it was read back last. Flash wears out by being erased: cells hold what is
//! written when it is verified, and lose it later. So what is written is counted for each board, and once a week all that a firmware
//! brings is read back and compared. The counts outlive the host's restarts, in the user's folder for state.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::Mac;
use super::hint;

/// How the file ends.
const SUBJECT: &str = "wear";

/// Writes of firmware from which on people are told: half of the 100,000 erasures that makers of flash promise for a sector.
pub const WRITES_TOLD: u64 = 50_000;

/// How often a board's flash is read back.
const READ_BACK_EVERY: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is known of the flash of a board.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wear {
    /// How often something was written.
    pub writes: u64,
    /// All bytes that were written.
    pub bytes: u64,
    /// When it was read back and compared, in seconds since 1970.
    pub read_back: Option<u64>,
}

impl std::fmt::Display for Wear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "its flash was written {} times", self.writes)
    }
}

/// Where the wear of boards is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wears(pub PathBuf);

impl Wears {
    /// The folder of a user: as XDG has it, below `~/.local/state`.
    #[must_use]
    pub fn of_user(variable: fn(&str) -> Option<String>) -> Self {
        let named = |name| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = || Some(named("HOME")?.join(".local/state"));
        let state = named("XDG_STATE_HOME").or_else(home).unwrap_or_default();
        Self(state.join("shadowrig/flash"))
    }

    /// What is known of a board; nothing where it was never written, or that cannot be read.
    #[must_use]
    pub fn recall(&self, mac: Mac) -> Wear {
        hint::recall(&self.0, mac, SUBJECT).unwrap_or_default()
    }

    /// Counts a write.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn count(&self, mac: Mac, bytes: u64) -> io::Result<()> {
        let wear = self.recall(mac);
        let (writes, bytes) = (wear.writes.saturating_add(1), wear.bytes.saturating_add(bytes));
        self.remember(mac, &Wear { writes, bytes, ..wear })
    }

    /// Whether a board's flash has to be read back: it was not in the last week. A clock that went backwards makes it due, too.
    #[must_use]
    pub fn is_due(&self, mac: Mac, now: SystemTime) -> bool {
        let last = self.recall(mac).read_back.map(Duration::from_secs);
        let since = last.and_then(|last| now.duration_since(UNIX_EPOCH + last).ok());
        since.is_none_or(|since| since >= READ_BACK_EVERY)
    }

    /// Its flash was read back, and holds what it should.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn read_back(&self, mac: Mac, now: SystemTime) -> io::Result<()> {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.remember(mac, &Wear { read_back: Some(now), ..self.recall(mac) })
    }

    fn remember(&self, mac: Mac, wear: &Wear) -> io::Result<()> {
        hint::remember(&self.0, (mac, SUBJECT), wear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([1, 2, 3, 4, 5, 6]);

    #[test]
    fn writes_are_counted_and_a_flash_is_read_back_once_a_week() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let wears = Wears(folder.path().join("new"));
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let week = READ_BACK_EVERY.as_secs();
        assert!(wears.is_due(MAC, at(0)), "what was never read back is due");
        wears.count(MAC, 10).expect("it can be written");
        wears.read_back(MAC, at(1_000)).expect("it can be written");
        wears.count(MAC, 5).expect("it can be written");
        let expected = Wear { writes: 2, bytes: 15, read_back: Some(1_000) };
        assert_eq!(wears.recall(MAC), expected);
        assert!(!wears.is_due(MAC, at(1_000 + week - 1)));
        assert!(wears.is_due(MAC, at(1_000 + week)));
        assert!(wears.is_due(MAC, at(999)), "the clock went backwards");
        assert_eq!(wears.recall(Mac([9; 6])), Wear::default());
    }

    #[test]
    fn the_folder_is_the_users() {
        let of = |variable| Wears::of_user(variable).0;
        let home: fn(&str) -> Option<String> = |name| (name == "HOME").then(|| "/home/ann".into());
        let named: fn(&str) -> Option<String> =
            |name| (name == "XDG_STATE_HOME").then(|| "/state".into());
        assert_eq!(of(home), PathBuf::from("/home/ann/.local/state/shadowrig/flash"));
        assert_eq!(of(named), PathBuf::from("/state/shadowrig/flash"));
    }
}
