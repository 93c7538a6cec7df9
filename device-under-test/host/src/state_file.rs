//! What survives a sleep, in a file that is always whole.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The bytes that the thing keeps: in a file, or in memory if there is none.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: Option<PathBuf>,
    bytes: Vec<u8>,
}

impl StateFile {
    /// Reads what is there; a file that does not exist is empty.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        let bytes = match path.map(fs::read) {
            None => Vec::new(),
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Some(Err(error)) => return Err(error),
        };
        Ok(Self { path: path.map(Path::to_owned), bytes })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Replaces all by these bytes. When it returns they survive a power cut; whenever it is
    /// interrupted, either the old or the new bytes are there as a whole.
    pub(crate) fn replace(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes = bytes.to_vec();
        let Some(beside) = self.begin_beside(bytes)? else { return Ok(()) };
        let Some(path) = &self.path else { return Ok(()) };
        fs::rename(&beside, path)?;
        sync_folder(path)
    }

    /// Does what [`StateFile::replace`] does first, and nothing more: what is kept stays as it was.
    pub(crate) fn begin(&self, bytes: &[u8]) -> io::Result<()> {
        self.begin_beside(bytes).map(drop)
    }

    /// Writes beside the file; gives where, if there is a file.
    fn begin_beside(&self, bytes: &[u8]) -> io::Result<Option<OsString>> {
        let Some(path) = &self.path else { return Ok(None) };
        let mut beside = path.clone().into_os_string();
        beside.push(".new");
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(Some(beside))
    }
}

/// Makes the new name of a file survive a power cut.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Other systems do not let a folder be opened; there the file system sees to it.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut state = StateFile::open(Some(&path)).unwrap();
        assert!(state.bytes().is_empty());
        state.replace(b"one").unwrap();
        state.replace(b"two").unwrap();
        assert_eq!(StateFile::open(Some(&path)).unwrap().bytes(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_write_that_only_began_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        let mut state = StateFile::open(Some(&path)).unwrap();
        state.replace(b"one").unwrap();
        state.begin(b"tw").unwrap();
        assert_eq!(StateFile::open(Some(&path)).unwrap().bytes(), b"one");
        state.replace(b"three").unwrap();
        assert_eq!(StateFile::open(Some(&path)).unwrap().bytes(), b"three");
    }

    #[test]
    fn without_a_file_it_is_kept_in_memory() {
        let mut state = StateFile::open(None).unwrap();
        state.replace(b"one").unwrap();
        assert_eq!(state.bytes(), b"one");
    }

    #[test]
    fn a_folder_that_does_not_exist_is_an_error() {
        let mut state = StateFile::open(Some(Path::new("/nonexistent/state"))).unwrap();
        assert!(state.replace(b"one").is_err());
    }
}
