//! What can be wrong with a firmware file, for this chip.

use crate::flash::Chip;

/// Why a file is not flashed. Nothing was written then.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// Its checksum is wrong.
    BadChecksum,
    /// `flasher_args.json` is none.
    BadFlasherArgs {
        /// Why.
        why: String,
    },
    /// Its hash is wrong.
    BadHash,
    /// The partition table is damaged.
    BadTable {
        /// Why.
        why: String,
    },
    /// Two parts want the same place.
    Overlap {
        /// The first.
        first: String,
        /// The second.
        second: String,
        /// The first byte that both want.
        at: u32,
    },
    /// No image can be made of an ELF file.
    Elf {
        /// Why.
        why: String,
    },
    /// It is only a program, and the board has no partition for it.
    NoPartition {
        /// The name that was asked for.
        wanted: Option<String>,
        /// The names of the partitions for programs that are there.
        there: Vec<String>,
    },
    /// It is no firmware.
    NotFirmware {
        /// Its first bytes.
        begins: Vec<u8>,
    },
    /// It does not fit the place that it is for.
    TooLarge {
        /// What it is.
        what: String,
        /// Its bytes.
        bytes: u32,
        /// The bytes of the place.
        room: u32,
        /// The place.
        place: String,
    },
    /// It ends before its time.
    Truncated {
        /// What it is.
        what: String,
        /// How many bytes it should have, at least.
        needed: u64,
        /// How many it has.
        has: u64,
    },
    /// It was made for another chip.
    WrongChip {
        /// The chip that it was made for, as far as it can be told.
        made_for: String,
        /// The chip on the board.
        chip: Chip,
    },
}

impl ImageError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::BadChecksum | Self::BadHash | Self::Truncated { .. } => {
                "build it again, and copy it whole".into()
            }
            Self::BadFlasherArgs { .. } => {
                "name the flasher_args.json in the `build` folder of an ESP-IDF project".into()
            }
            Self::BadTable { .. } | Self::NoPartition { there: _, wanted: None } => {
                "flash a merged image (`esptool merge-bin`), an ELF, or flasher_args.json: they bring their partition table".into()
            }
            Self::Overlap { .. } => "give each part a place of its own; did the bootloader or the app grow?".into(),
            Self::Elf { .. } => "give the ELF that the linker made, or a .bin".into(),
            Self::NoPartition { there, .. } => format!("there are {}", there.join(", ")),
            Self::NotFirmware { .. } => {
                "give an ELF, a .bin that begins with E9 (an app, or a merged image), or flasher_args.json".into()
            }
            Self::TooLarge { .. } => {
                "make it smaller (opt-level, strip), or give it a larger partition, or a board with more flash".into()
            }
            Self::WrongChip { made_for, chip } => {
                format!("build it for {chip}, or choose a board with {made_for}")
            }
        }
    }
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadChecksum => f.write_str("its checksum is wrong: some bytes of it were changed"),
            Self::BadFlasherArgs { why } => write!(f, "it is no flasher_args.json: {why}"),
            Self::BadHash => f.write_str("its hash is wrong: some bytes of it were changed"),
            Self::BadTable { why } => write!(f, "the partition table is damaged: {why}"),
            Self::Overlap { first, second, at } => {
                write!(f, "{first} and {second} overlap at 0x{at:x}")
            }
            Self::Elf { why } => write!(f, "no image can be made of this ELF: {why}"),
            Self::NoPartition { wanted: Some(name), .. } => {
                write!(f, "the board has no partition `{name}` for a program")
            }
            Self::NoPartition { wanted: None, .. } => {
                f.write_str("it is only a program, and the board has no partition table that says where it goes")
            }
            Self::NotFirmware { begins } if begins.is_empty() => f.write_str("it is empty"),
            Self::NotFirmware { begins } => {
                let begins: Vec<_> = begins.iter().map(|byte| format!("{byte:02x}")).collect();
                write!(f, "it is no firmware: it begins with {}", begins.join(" "))
            }
            Self::TooLarge { what, bytes, room, place } => {
                write!(f, "{what} has {bytes} bytes, and {place} has room for {room}")
            }
            Self::Truncated { what, needed, has } => {
                write!(f, "{what} is cut off: it should have {needed} bytes at least, and has {has}")
            }
            Self::WrongChip { made_for, chip } => {
                write!(f, "it was made for {made_for}, and the board has {chip}")
            }
        }
    }
}

impl std::error::Error for ImageError {}
