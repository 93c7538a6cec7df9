//! Where firmware comes from: files of this machine, or parts that somebody has made already.

use std::path::Path;

use super::image::{FlasherArgs, Image, ImageError, Part, Target};
use super::{Chip, FlashError};

/// A firmware that is not yet fitted to a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One file: an ELF, an app, or a merged image.
    File {
        /// What people call it.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// Several parts with their places.
    Parts {
        /// The parts.
        parts: Vec<Part>,
        /// The chip that they were built for, where that is known.
        chip: Option<Chip>,
    },
}

impl Source {
    /// Reads a file, and for `flasher_args.json` the files that it names.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or the JSON is not what it should be.
    pub fn read(path: &Path) -> Result<Self, FlashError> {
        let bytes = read(path)?;
        let name =
            path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if path.extension().is_none_or(|end| end != "json") {
            return Ok(Self::File { name, bytes });
        }
        let text = String::from_utf8(bytes);
        let text = text.map_err(|error| ImageError::BadFlasherArgs { why: error.to_string() })?;
        let args = FlasherArgs::read(&text)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let part = |(offset, file): (u32, String)| {
            Ok(Part { offset, bytes: read(&folder.join(&file))?, name: file })
        };
        let parts = args.files.into_iter().map(part).collect::<Result<_, FlashError>>()?;
        Ok(Self::Parts { parts, chip: args.chip })
    }

    /// Whether the partition table on the board is needed to know where it goes.
    #[must_use]
    pub fn needs_table(&self, chip: Chip) -> bool {
        match self {
            Self::File { bytes, .. } => Image::needs_table(bytes, chip),
            Self::Parts { .. } => false,
        }
    }

    /// What goes where on this board.
    ///
    /// # Errors
    ///
    /// It does not fit the board, or is not whole.
    pub fn image(&self, target: &Target<'_>) -> Result<Image, ImageError> {
        match self {
            Self::File { name, bytes } => Image::from_file(bytes, name, target),
            Self::Parts { chip: Some(chip), .. } if *chip != target.chip => {
                Err(ImageError::WrongChip { made_for: chip.name().into(), chip: target.chip })
            }
            Self::Parts { parts, .. } => Image::from_parts(parts.clone(), target),
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FlashError> {
    std::fs::read(path).map_err(|error| FlashError::File {
        path: path.display().to_string(),
        why: error.to_string(),
    })
}
