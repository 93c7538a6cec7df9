//! What can go wrong between a firmware file and a chip.

use super::Mac;
use super::image::ImageError;
use crate::board::port::PortError;
use crate::engine::{ActionError, Trouble};

/// Why a chip was not reached, asked or flashed.
#[derive(Debug)]
#[non_exhaustive]
pub enum FlashError {
    /// Another board is on the port than before, or than is meant.
    AnotherBoard {
        /// The one that is meant.
        wanted: Mac,
        /// The one that is there.
        found: Mac,
    },
    /// The loader answered something that makes no sense.
    BadReply {
        /// What was asked.
        asked: &'static str,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: String,
        /// Why.
        why: String,
    },
    /// The firmware does not fit the board.
    Image(ImageError),
    /// What goes over the line does not arrive.
    Line {
        /// Why.
        why: String,
    },
    /// The chip does not answer as a loader.
    NoAnswer {
        /// How often it was tried.
        attempts: usize,
        /// What it did instead, the last time.
        symptom: Symptom,
        /// The last lines that it printed, if any.
        heard: String,
    },
    /// The port.
    Port(PortError),
    /// The loader refused.
    Refused {
        /// What was asked.
        asked: &'static str,
        /// Its number for the reason.
        code: u8,
    },
    /// The loader fell silent.
    Silent {
        /// What was asked.
        asked: &'static str,
    },
    /// A chip that is not known here.
    UnknownChip {
        /// The number that it gave.
        id: u32,
    },
    /// The flash does not hold what was written.
    VerifyFailed {
        /// What was written, where it is known.
        what: Option<String>,
    },
}

/// What a chip did instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symptom {
    /// Its supply breaks down again and again.
    Brownout,
    /// What comes is no text: another rate, or a broken cable.
    Garbage,
    /// It waits for a download, and does not answer.
    NoSyncReply,
    /// Nothing comes.
    Silent,
    /// Something runs on it and prints.
    Talks,
    /// It started what was flashed, and not the loader.
    WrongBootMode,
}

impl Symptom {
    /// What it did, in words that stand behind "the chip".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Brownout => "browns out again and again: its supply is too weak",
            Self::Garbage => "sends bytes that are no text",
            Self::NoSyncReply => "waits for a download, and does not answer",
            Self::Silent => "is silent",
            Self::Talks => "runs what was flashed, and does not listen",
            Self::WrongBootMode => "started what was flashed, and not its loader (wrong boot mode)",
        }
    }

    const fn help(self) -> &'static str {
        match self {
            Self::Brownout => {
                "feed it by another cable, a powered hub, or its own supply; this is not the firmware's fault"
            }
            Self::Garbage => {
                "another baud rate, a shorter cable, or a crystal of another frequency?"
            }
            Self::NoSyncReply => {
                "does its TX reach the host and the host's TX reach it? another program on the port?"
            }
            Self::Silent => "is it powered, is this its port, and does nothing hold its reset pin?",
            Self::Talks => {
                "this port cannot reset it: hold BOOT, press and release RESET, then try again"
            }
            Self::WrongBootMode => {
                "the reset reaches it, the boot pin does not: hold BOOT while it is flashed, or give the board its own reset sequence"
            }
        }
    }
}

impl FlashError {
    /// Whether a lower rate of the line may help.
    #[must_use]
    pub const fn is_of_the_line(&self) -> bool {
        match self {
            Self::BadReply { .. }
            | Self::Line { .. }
            | Self::NoAnswer { .. }
            | Self::Silent { .. } => true,
            Self::Refused { code, .. } => matches!(code, 0x07 | 0xc1),
            Self::AnotherBoard { .. }
            | Self::File { .. }
            | Self::Image(_)
            | Self::Port(_)
            | Self::UnknownChip { .. }
            | Self::VerifyFailed { .. } => false,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoAnswer { symptom, .. } => Some(symptom.help().into()),
            Self::AnotherBoard { .. } => {
                Some("nothing was written; put the right board on the port, or name the one that is there".into())
            }
            Self::File { .. } => Some("name a file that is there: an ELF, a .bin, or flasher_args.json".into()),
            Self::Image(error) => Some(error.help()),
            Self::Port(error) => error.help(),
            Self::VerifyFailed { .. } => {
                Some("the flash is worn or damaged there: try again once, then take another board".into())
            }
            Self::BadReply { .. } | Self::Line { .. } | Self::Silent { .. } => {
                Some("try again; if it stays so, try a lower baud rate and another cable".into())
            }
            Self::Refused { .. } => Some(
                "try again; if it stays so, the loader or the flash of this chip is at fault"
                    .into(),
            ),
            Self::UnknownChip { .. } => Some(format!("known are {}", super::Chip::names())),
        }
    }

    /// What it says about the board; nothing where the firmware's file is at fault.
    #[must_use]
    pub const fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::AnotherBoard { .. } => Some(Trouble::AnotherBoard),
            Self::NoAnswer { symptom: Symptom::Brownout, .. } => Some(Trouble::Brownouts),
            Self::NoAnswer { .. } | Self::Port(_) | Self::UnknownChip { .. } => {
                Some(Trouble::Unreachable)
            }
            Self::BadReply { .. }
            | Self::Line { .. }
            | Self::Refused { .. }
            | Self::Silent { .. }
            | Self::VerifyFailed { .. } => Some(Trouble::FlashFailed),
            Self::File { .. } | Self::Image(_) => None,
        }
    }

    /// The same as the reason why something could not be done.
    #[must_use]
    pub fn stops(&self, what: impl Into<String>) -> ActionError {
        let (what, why) = (what.into(), self.to_string());
        ActionError { what, why, help: self.help(), trouble: self.trouble() }
    }
}

impl std::fmt::Display for FlashError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AnotherBoard { wanted, found } => {
                write!(f, "the board on the port is {found}, and {wanted} is meant")
            }
            Self::BadReply { asked } => {
                write!(f, "the loader's answer to `{asked}` makes no sense")
            }
            Self::NoAnswer { attempts, symptom, heard } => {
                write!(f, "the chip {} ({attempts} attempts)", symptom.words())?;
                if heard.is_empty() { Ok(()) } else { write!(f, "; it printed:\n{heard}") }
            }
            Self::File { path, why } => write!(f, "{path} cannot be read: {why}"),
            Self::Image(error) => error.fmt(f),
            Self::Line { why } => write!(f, "the line to the chip failed: {why}"),
            Self::Port(error) => error.fmt(f),
            Self::Refused { asked, code } => {
                write!(f, "the loader refused `{asked}`: {} (0x{code:02x})", reason(*code))
            }
            Self::Silent { asked } => write!(f, "the loader did not answer `{asked}`"),
            Self::UnknownChip { id } => {
                write!(f, "the chip says that it is number {id}, which is not known here")
            }
            Self::VerifyFailed { what } => {
                let what = what.as_deref().unwrap_or("a part");
                write!(f, "the flash does not hold what was written: {what}")
            }
        }
    }
}

impl std::error::Error for FlashError {}

impl From<ImageError> for FlashError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl From<PortError> for FlashError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

/// The numbers of ROM and stub.
const fn reason(code: u8) -> &'static str {
    match code {
        0x05 => "it does not know that, or not now",
        0x06 => "it failed to act",
        0x07 | 0xc1 => "the data did not arrive as it was sent",
        0x08 => "the flash does not hold what is written",
        0x09 => "the flash cannot be read",
        0x0b | 0xc7 => "the data cannot be inflated",
        0xc4 => "the flash does not answer",
        _ => "for a reason of its own",
    }
}
