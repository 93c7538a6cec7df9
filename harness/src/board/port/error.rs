//! What can be wrong with a serial port.

use std::io;
use std::time::Duration;

use super::PortName;
use crate::engine::{ActionError, Trouble};
use crate::power::PowerError;

/// What is wrong with a port.
#[derive(Debug)]
#[non_exhaustive]
pub enum PortError {
    /// Another program has it.
    Busy {
        /// The port.
        name: PortName,
        /// Its holders, as `esptool (process 4711)`; empty where they cannot be seen.
        holders: Vec<String>,
    },
    /// It may not be opened.
    Denied {
        /// The port.
        name: PortName,
    },
    /// It failed.
    Io {
        /// The port.
        name: PortName,
        /// What was being done, a fragment that stands behind "failed to".
        doing: &'static str,
        /// Why.
        error: io::Error,
    },
    /// There is no such port.
    Missing {
        /// The port.
        name: PortName,
        /// The ports that are there.
        others: Vec<String>,
    },
    /// It has no modem lines, so nobody can be reset over it.
    NoLines {
        /// The port.
        name: PortName,
    },
    /// A pin of the board on it is pulled by a switch, which failed.
    Pin {
        /// The port.
        name: PortName,
        /// Which pin: `reset` or `boot`.
        pin: &'static str,
        /// The switch.
        by: String,
        /// Why.
        error: Box<PowerError>,
    },
    /// What answers over TCP does not speak RFC 2217.
    NotRfc2217 {
        /// The port.
        name: PortName,
        /// What was waited for.
        missing: &'static str,
    },
    /// It vanished and did not come back.
    Vanished {
        /// The port.
        name: PortName,
        /// How long it was waited for.
        waited: Duration,
    },
}

impl PortError {
    /// An error of this port.
    pub(super) fn io(name: &PortName, doing: &'static str, error: impl Into<io::Error>) -> Self {
        Self::Io { name: name.clone(), doing, error: error.into() }
    }

    /// An error of the serial library, which has only words for what the kernel said.
    pub(super) fn serial(name: &PortName, doing: &'static str, error: serialport::Error) -> Self {
        let number = match error.description.as_str() {
            "I/O error" => Some(5),
            "No such device or address" => Some(6),
            "No such device" | "Operation not supported by device" => Some(19),
            _ => None,
        };
        Self::io(name, doing, number.map_or_else(|| error.into(), io::Error::from_raw_os_error))
    }

    /// Whether the port may be back in a moment: it is gone, as that of a sleeping board is.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        match self {
            Self::Missing { .. } | Self::Vanished { .. } => true,
            // What a terminal says whose other end is gone: EIO, ENXIO, ENODEV, a hang-up.
            Self::Io { error, .. } => {
                matches!(error.raw_os_error(), Some(5 | 6 | 19))
                    || matches!(
                        error.kind(),
                        io::ErrorKind::BrokenPipe
                            | io::ErrorKind::UnexpectedEof
                            | io::ErrorKind::NotFound
                    )
            }
            Self::Busy { .. }
            | Self::Denied { .. }
            | Self::NoLines { .. }
            | Self::NotRfc2217 { .. }
            | Self::Pin { .. } => false,
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Busy { holders, .. } if holders.is_empty() => {
                "close the program that has it: a monitor, an IDE, ModemManager, brltty".into()
            }
            Self::Busy { .. } => {
                "close that program: two that read one port take each other's bytes; ModemManager and brltty leave a board alone by a \
                 udev rule"
                    .into()
            },
            Self::Denied { .. } => {
                "join the group that owns it (`ls -l` shows it, usually `dialout`) and log in again, or give it away by a \
                 udev rule with TAG+=\"uaccess\""
                    .into()
            }
            Self::Io { .. } => return None,
            Self::Missing { others, .. } if others.is_empty() => {
                "no serial port is attached: is the cable one for data, and the board's USB on?".into()
            }
            Self::Missing { others, .. } => format!("there are {}", others.join(", ")),
            Self::NoLines { .. } => {
                "a pseudo-terminal cannot reset its board: put it into download mode by hand, or take its RFC 2217 port, or \
                 name its control socket by --control"
                    .into()
            }
            Self::Pin { .. } => "try by hand what the inventory says of `serial.pins`".into(),
            Self::NotRfc2217 { .. } => "is it an RFC 2217 server, as esp_rfc2217_server or ser2net with `telnet`?".into(),
            Self::Vanished { .. } => {
                "plug it in again; a chip that sleeps or crashes takes its USB port along, too: is it powered, and does it wake by itself?".into()
            }
        })
    }
}

impl std::fmt::Display for PortError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy { name, holders } if holders.is_empty() => {
                write!(f, "{name} is in use by another program")
            }
            Self::Busy { name, holders } => write!(f, "{name} is in use by {}", holders.join(", ")),
            Self::Denied { name } => write!(f, "{name} may not be opened by this user"),
            Self::Io { name, doing, error } => write!(f, "{name}: failed to {doing}: {error}"),
            Self::Missing { name, .. } => write!(f, "there is no port {name}"),
            Self::NoLines { name } => write!(f, "{name} has no reset lines"),
            Self::Pin { name, pin, by, error } => {
                write!(f, "{name}: failed to switch the {pin} pin of its board by {by}: {error}")
            }
            Self::NotRfc2217 { name, missing } => {
                write!(f, "{name} does not speak RFC 2217: it sent no {missing}")
            }
            Self::Vanished { name, waited } => {
                let waited = crate::time::span(*waited);
                write!(f, "{name} vanished and did not come back within {waited}")
            }
        }
    }
}

impl std::error::Error for PortError {}

impl PortError {
    /// The same as the reason why something could not be done.
    #[must_use]
    pub fn stops(&self, what: impl Into<String>) -> ActionError {
        let trouble = (!matches!(self, Self::NoLines { .. })).then_some(Trouble::Unreachable);
        ActionError { what: what.into(), why: self.to_string(), help: self.help(), trouble }
    }
}
