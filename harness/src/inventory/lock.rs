//! Who uses which board now: one locked file a MAC.
//!
//! The kernel holds the locks and frees them when their process ends, however it ends. What stands in a file is only told to others.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Mac;

/// How often a lock that somebody else holds is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(200);

/// How often a lock is tried again that somebody only looks at, and how long at most: to look, one takes it for a moment.
const GLANCE_AGAIN: Duration = Duration::from_millis(5);
const GLANCES_MAX: Duration = Duration::from_secs(1);

/// The most bytes that are read of what a holder says of itself.
const HOLDER_BYTES_MAX: u64 = 4096;

/// Who holds a board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// Its user.
    pub user: String,
    /// Its run: the run directory, or the command.
    pub run: String,
    /// Since when, as `2026-03-01T10:00:00Z`.
    pub since: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { pid, user, run, since } = self;
        write!(f, "{user} since {since}, process {pid}, run {run}")
    }
}

/// A board that is ours until this is dropped, or the process ends.
#[derive(Debug)]
#[must_use = "the board is free again when this is dropped"]
pub struct BoardLock {
    file: File,
}

impl Drop for BoardLock {
    fn drop(&mut self) {
        // Told to nobody any more; the lock itself ends with the file.
        let _ = self.file.set_len(0);
    }
}

/// Why a board is not ours.
#[derive(Debug)]
pub enum LockError {
    /// The file of the lock cannot be had.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Somebody else has it.
    Held {
        /// Who, if it is told.
        holder: Option<Holder>,
    },
}

impl std::fmt::Display for LockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, error } => {
                write!(f, "the lock {} cannot be had: {error}", path.display())
            }
            Self::Held { holder: Some(holder) } => write!(f, "it is used by {holder}"),
            Self::Held { holder: None } => write!(f, "another process uses it"),
        }
    }
}

impl std::error::Error for LockError {}

/// Locks a board; waits that long for somebody else to free it. First come, first served within the interval of a fifth of a second.
///
/// # Errors
///
/// Somebody else has it still, or the folder of locks cannot be used.
pub fn take(
    folder: &Path,
    mac: Mac,
    holder: &Holder,
    wait: Duration,
) -> Result<BoardLock, LockError> {
    let path = file_of(folder, mac);
    let failed = |error| LockError::File { path: path.clone(), error };
    let began = Instant::now();
    let mut file = open(folder, &path).map_err(failed)?;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {
                let holder = told(&file);
                let may_be_a_glance = !holder.as_ref().is_some_and(is_alive);
                if may_be_a_glance && began.elapsed() < GLANCES_MAX {
                    std::thread::sleep(GLANCE_AGAIN);
                } else if began.elapsed() < wait {
                    std::thread::sleep(TRY_AGAIN.min(wait.saturating_sub(began.elapsed())));
                } else {
                    return Err(LockError::Held { holder });
                }
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    let text = serde_json::to_string(holder).unwrap_or_default();
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(text.as_bytes()))
        .map_err(failed)?;
    Ok(BoardLock { file })
}

/// Who holds a board now; `None` if it is free. Takes and frees the lock for a moment.
#[must_use]
pub fn holder(folder: &Path, mac: Mac) -> Option<Option<Holder>> {
    let path = file_of(folder, mac);
    let file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(told(&file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// Whether a holder's process is there. One that was killed leaves its words behind, and whoever only looks writes none.
fn is_alive(holder: &Holder) -> bool {
    Path::new("/proc").join(holder.pid.to_string()).is_dir()
}

/// Writes a file in the folder of locks that all users of the host may write again.
pub(super) fn write_shared(folder: &Path, path: &Path, text: &str) -> io::Result<()> {
    let mut file = open(folder, path)?;
    file.set_len(0).and_then(|()| file.write_all(text.as_bytes()))
}

/// The file of a board's lock.
pub(super) fn file_of(folder: &Path, mac: Mac) -> PathBuf {
    folder.join(format!("{}.lock", mac.to_string().replace(':', "")))
}

fn told(mut file: &File) -> Option<Holder> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(HOLDER_BYTES_MAX).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// All users of a host share its boards, so the folder and its files are open to all of them.
fn open(folder: &Path, path: &Path) -> io::Result<File> {
    if !folder.is_dir() {
        fs::create_dir_all(folder)?;
        // Somebody else's folder has its mode already.
        let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o1777));
    }
    // First without making it: in a folder that all may write to, the kernel lets nobody open another's file for making.
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => return result,
    }
    let file = options.create(true).truncate(false).mode(0o666).open(path)?;
    let _ = file.set_permissions(fs::Permissions::from_mode(0o666));
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder_of(run: &str) -> Holder {
        Holder {
            pid: std::process::id(),
            user: "ann".into(),
            run: run.into(),
            since: "2026-03-01T10:00:00Z".into(),
        }
    }

    const MAC: Mac = Mac([1, 2, 3, 4, 5, 6]);

    #[test]
    fn a_board_is_held_once_and_its_holder_is_named() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let first =
            take(folder.path(), MAC, &holder_of("first"), Duration::ZERO).expect("it is free");
        let error = take(folder.path(), MAC, &holder_of("second"), Duration::ZERO).unwrap_err();
        let words = error.to_string();
        assert!(words.contains("used by ann") && words.contains("run first"), "{words}");
        assert_eq!(holder(folder.path(), MAC), Some(Some(holder_of("first"))));
        drop(first);
        assert_eq!(holder(folder.path(), MAC), None);
        drop(
            take(folder.path(), MAC, &holder_of("second"), Duration::ZERO)
                .expect("it is free again"),
        );
    }

    #[test]
    fn whoever_only_looks_takes_no_board_from_anybody() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        drop(take(folder.path(), MAC, &holder_of("first"), Duration::ZERO).expect("it is free"));
        // As a run that was killed leaves it.
        let gone = Holder { pid: u32::MAX, ..holder_of("killed") };
        fs::write(file_of(folder.path(), MAC), serde_json::to_string(&gone).expect("JSON"))
            .expect("it can be written");
        let is_over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::SeqCst) {
                    let _seen = holder(folder.path(), MAC);
                }
            });
            for _ in 0..20 {
                let lock = take(folder.path(), MAC, &holder_of("second"), Duration::ZERO);
                drop(lock.expect("nobody has it"));
            }
            is_over.store(true, std::sync::atomic::Ordering::SeqCst);
        });
    }

    #[test]
    fn boards_do_not_stand_in_each_others_way() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let _first = take(folder.path(), MAC, &holder_of("x"), Duration::ZERO).expect("free");
        let other = Mac([9; 6]);
        let _second = take(folder.path(), other, &holder_of("x"), Duration::ZERO).expect("free");
    }
}
