//! Frames of defmt to lines: what the firmware sends are numbers of texts that stand in its ELF.

use std::fmt;

use super::frames::{Frames, Texts};

/// The name that a ring with frames has.
pub(super) const RING: &str = "defmt";

/// What the frames of a firmware mean.
#[derive(Debug, Default)]
pub struct Wording(Option<Texts>);

impl Wording {
    /// What an ELF says; nothing where it has no texts of defmt, or is no ELF.
    ///
    /// # Errors
    ///
    /// It has some, of a version that is not understood here; in words.
    pub fn of(elf: &[u8]) -> Result<Self, String> {
        if !elf.starts_with(b"\x7fELF") {
            return Ok(Self(None));
        }
        Texts::of(elf).map(Self)
    }

    /// Begins to understand what a ring carries.
    #[must_use]
    pub fn words(&self, ring: &str) -> Words<'_> {
        match &self.0 {
            _ if ring != RING => Words::Text,
            None => Words::Unknown { is_told: false },
            Some(texts) => Words::Frames(texts.frames()),
        }
    }
}

/// How the bytes of a ring become text.
pub enum Words<'t> {
    /// They are text.
    Text,
    /// They are frames of a firmware whose ELF is not known.
    Unknown {
        /// Whether that was said.
        is_told: bool,
    },
    /// They are frames.
    Frames(Frames<'t>),
}

impl fmt::Debug for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "Text",
            Self::Unknown { .. } => "Unknown",
            Self::Frames(_) => "Frames",
        })
    }
}

impl Words<'_> {
    /// Takes in bytes, cut anywhere; gives the console's bytes: each frame is a line, its message as the firmware wrote it.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Text => bytes.to_vec(),
            Self::Unknown { is_told: true } => Vec::new(),
            Self::Unknown { is_told } => {
                *is_told = true;
                b"(the firmware speaks defmt, and its ELF is not known)\r\n".to_vec()
            }
            Self::Frames(frames) => frames.feed(bytes).into_bytes(),
        }
    }
}
