//! What can be wrong with a partition and with what is to go into it.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::contents::NAME_BYTES_MAX;

/// Why a name or a value cannot stand in a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueError {
    /// A name is empty.
    NoName,
    /// A name is longer than [`NAME_BYTES_MAX`].
    NameTooLong {
        /// What it has.
        bytes: usize,
    },
    /// A value is too long for its type.
    TooLong {
        /// What it has.
        bytes: usize,
        /// What its type may have.
        bytes_max: usize,
    },
    /// A zero byte, which would end the text.
    ZeroInText,
}

impl std::fmt::Display for ValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoName => f.write_str("a name is empty"),
            Self::NameTooLong { bytes } => {
                write!(f, "a name of {bytes} bytes; NVS has room for {NAME_BYTES_MAX}")
            }
            Self::TooLong { bytes, bytes_max } => {
                write!(f, "a value of {bytes} bytes; its type has room for {bytes_max}")
            }
            Self::ZeroInText => f.write_str("a text with a zero byte in it, which would end it"),
        }
    }
}

impl std::error::Error for ValueError {}

/// Why a partition cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadError {
    /// Not a single entry is whole: it is encrypted, or worn out.
    NothingWhole {
        /// The entries that say they are written.
        entries: usize,
    },
    /// A name that is not text.
    StrangeName,
    /// A page of a format that is not written here: version 1, or a newer one than version 2.
    UnknownVersion {
        /// The byte in the page's header.
        byte: u8,
    },
    /// An entry of a type that is not known here.
    UnknownType {
        /// The byte in the entry.
        byte: u8,
    },
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NothingWhole { entries } => write!(
                f,
                "none of the {entries} entries of the NVS partition is whole; it is encrypted, or damaged"
            ),
            Self::StrangeName => f.write_str("the NVS partition has a name that is not text"),
            Self::UnknownVersion { byte: 0xff } => {
                f.write_str("the NVS partition is of format version 1, of ESP-IDF before 3.2")
            }
            Self::UnknownVersion { byte } => {
                write!(f, "the NVS partition is of a format that is not known here (0x{byte:02x})")
            }
            Self::UnknownType { byte } => {
                write!(f, "the NVS partition has an entry of unknown type 0x{byte:02x}")
            }
        }
    }
}

impl std::error::Error for ReadError {}

/// Why contents do not become a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteError {
    /// The partition is smaller than three pages, or not made of whole ones.
    BadSize {
        /// Its bytes.
        bytes: usize,
    },
    /// There is more than it has room for; one page stays erased.
    Full {
        /// The pages that may be written.
        pages: usize,
    },
    /// More namespaces than their numbers.
    TooManyNamespaces,
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadSize { bytes } => write!(
                f,
                "the NVS partition has {bytes} bytes; it needs whole pages of 4096, at least three"
            ),
            Self::Full { pages } => {
                write!(f, "the NVS partition is too small: {pages} pages may be written")
            }
            Self::TooManyNamespaces => f.write_str("more than 254 namespaces"),
        }
    }
}

impl std::error::Error for WriteError {}
