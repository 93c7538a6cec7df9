//! What can go wrong with a probe, with what to do next.

use std::fmt;

use super::selector::Selector;
use crate::engine::ActionError;
use crate::flash::{Chip, Mac};

/// What went wrong with a probe or the chip on it.
#[derive(Debug)]
pub enum ProbeError {
    /// Another board than the one that is meant.
    AnotherBoard {
        /// The one that is meant.
        wanted: Mac,
        /// The one that is there.
        found: Mac,
    },
    /// The control block or a ring is not as it should be.
    BrokenRtt {
        /// Where it is.
        at: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The flash could not be written, or does not hold what was written.
    Flash(String),
    /// The chip does not let itself be debugged.
    Locked(String),
    /// The chip does not answer any more.
    Lost(String),
    /// The probe answers, and no chip does.
    NoChip(String),
    /// The firmware takes no input.
    NoInput(String),
    /// No probe that is meant is there.
    NoProbe {
        /// What was meant.
        wanted: Selector,
        /// Which are there.
        found: Vec<String>,
    },
    /// The probe is there and may not be used.
    NoRights {
        /// Which.
        probe: String,
    },
    /// Several probes are meant.
    Several {
        /// Which.
        found: Vec<String>,
    },
    /// The probe is there and cannot be used.
    Unusable {
        /// Which.
        probe: String,
        /// Why.
        why: String,
    },
    /// Another chip than the one that is meant.
    WrongChip {
        /// The one that is meant.
        wanted: Chip,
        /// What was found instead, in words.
        found: String,
    },
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnotherBoard { wanted, found } => {
                write!(f, "the board on this probe is {found} and not {wanted}")
            }
            Self::BrokenRtt { at, what } => write!(f, "the RTT control block at {at:#x} {what}"),
            Self::Flash(why) => write!(f, "the flash: {why}"),
            Self::Locked(why) => write!(f, "the chip does not let itself be debugged: {why}"),
            Self::Lost(why) => write!(f, "the chip does not answer: {why}"),
            Self::NoChip(why) => write!(f, "no chip answers on the probe: {why}"),
            Self::NoInput(why) => write!(f, "the firmware takes no input: {why}"),
            Self::NoProbe { wanted, found } if found.is_empty() => {
                write!(f, "there is no debug probe, and {wanted} was asked for")
            }
            Self::NoProbe { wanted, found } => {
                write!(f, "{wanted} is not there; there is {}", found.join(", "))
            }
            Self::NoRights { probe } => write!(f, "{probe} may not be used by this user"),
            Self::Several { found } => write!(f, "several probes are there: {}", found.join(", ")),
            Self::Unusable { probe, why } => write!(f, "{probe} cannot be used: {why}"),
            Self::WrongChip { wanted, found } => {
                write!(f, "the chip on this probe is {found} and not {}", wanted.name())
            }
        }
    }
}

impl ProbeError {
    /// What to do next.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::AnotherBoard { .. } => "look at the cables; `shadowrig boards doctor` tells who is where".into(),
            Self::BrokenRtt { .. } => "is it the ELF of the firmware that runs? flash it, and look at what writes into its memory".into(),
            Self::Flash(_) => "try it again; if it stays, erase the flash by `--erase all`, or flash by the serial port".into(),
            Self::Locked(_) => "JTAG is turned off in the fuses of this chip, or secure boot has done so; flash it by its serial port".into(),
            Self::Lost(_) => "does it sleep? wake it; else cut its power once".into(),
            Self::NoChip(_) => "is the board powered, and are the four JTAG wires right? a sleeping chip does not answer: wake it, or hold its boot pin and reset it".into(),
            Self::NoInput(_) => "give it an RTT down channel that it reads, or write on its serial port".into(),
            Self::NoProbe { .. } => "attach it, or name one of those that `shadowrig boards doctor` shows".into(),
            Self::NoRights { .. } => "copy the udev rules of docs/boards.md, run `sudo udevadm control --reload && sudo udevadm trigger`, attach it again".into(),
            Self::Several { found } => match found.first() {
                Some(first) => format!("name one, as --board {first}"),
                None => "name one".into(),
            },
            Self::Unusable { .. } => "close other programs that use it, as openocd, probe-rs or an IDE, and attach it again".into(),
            Self::WrongChip { .. } => "name the right chip, or take the firmware of this one".into(),
        }
    }

    /// The reason why something could not be done.
    #[must_use]
    pub fn stops(&self, what: impl Into<String>) -> ActionError {
        ActionError::new(what.into(), self.to_string()).help(self.help())
    }

    /// Whether the chip is away and may come back by itself: it sleeps, or its USB side is not there.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(
            self,
            Self::Lost(_) | Self::NoChip(_) | Self::NoProbe { .. } | Self::Unusable { .. }
        )
    }
}
