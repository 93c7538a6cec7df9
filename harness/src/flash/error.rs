//! What can go wrong between a firmware file and a chip.

use crate::board::port::PortError;
use crate::engine::ActionError;

/// Why a chip was not reached, asked or flashed.
#[derive(Debug)]
#[non_exhaustive]
pub enum FlashError {
    /// The loader answered something that makes no sense.
    BadReply {
        /// What was asked.
        asked: &'static str,
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
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NoAnswer { symptom, .. } => Some(symptom.help().into()),
            Self::Port(error) => error.help(),
            Self::BadReply { .. } | Self::Silent { .. } => {
                Some("try again; if it stays so, try a lower baud rate and another cable".into())
            }
            Self::Refused { .. } => Some(
                "try again; if it stays so, the loader or the flash of this chip is at fault"
                    .into(),
            ),
            Self::UnknownChip { .. } => Some(format!("known are {}", super::Chip::names())),
        }
    }

    /// The same as the reason why something could not be done.
    #[must_use]
    pub fn stops(&self, what: impl Into<String>) -> ActionError {
        ActionError { what: what.into(), why: self.to_string(), help: self.help() }
    }
}

impl std::fmt::Display for FlashError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadReply { asked } => {
                write!(f, "the loader's answer to `{asked}` makes no sense")
            }
            Self::NoAnswer { attempts, symptom, heard } => {
                write!(f, "the chip {} ({attempts} attempts)", symptom.words())?;
                if heard.is_empty() { Ok(()) } else { write!(f, "; it printed:\n{heard}") }
            }
            Self::Port(error) => error.fmt(f),
            Self::Refused { asked, code } => {
                write!(f, "the loader refused `{asked}`: {} (0x{code:02x})", reason(*code))
            }
            Self::Silent { asked } => write!(f, "the loader did not answer `{asked}`"),
            Self::UnknownChip { id } => {
                write!(f, "the chip says that it is number {id}, which is not known here")
            }
        }
    }
}

impl std::error::Error for FlashError {}

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
