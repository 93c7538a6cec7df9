//! The flash in a file: read at the start, each changed sector written at once.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::ShellError;
use crate::flash::{FLASH_BYTES_MAX, Flash, SECTOR_BYTES};

/// The file.
#[derive(Debug)]
pub(crate) struct FlashFile {
    path: PathBuf,
    file: File,
}

impl FlashFile {
    /// Opens the file, or makes an erased one, and reads the flash from it.
    pub(crate) fn open(path: &Path) -> Result<(Self, Flash), ShellError> {
        let wrap = |error| ShellError::FlashFile { path: path.to_owned(), error };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(wrap)?;
        let mut bytes = Vec::new();
        (&file).take(FLASH_BYTES_MAX.into()).read_to_end(&mut bytes).map_err(wrap)?;
        let is_whole = bytes.len();
        let flash = Flash::of(bytes);
        if is_whole != flash.size() as usize {
            file.write_all_at(flash.bytes(), 0).map_err(wrap)?;
        }
        Ok((Self { path: path.to_owned(), file }, flash))
    }

    /// Writes what changed.
    pub(crate) fn keep(&self, flash: &mut Flash) -> Result<(), ShellError> {
        for sector in flash.take_changed() {
            let at = sector * SECTOR_BYTES;
            let bytes = flash.read(at, SECTOR_BYTES);
            self.file
                .write_all_at(bytes, at.into())
                .map_err(|error| ShellError::FlashFile { path: self.path.clone(), error })?;
        }
        Ok(())
    }
}
