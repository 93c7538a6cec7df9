//! A serial port of the host, what came of asking who is on it, and the words for it.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::Mac;
use super::board::UsbHints;

/// A serial port of the host, and what came of asking who is on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSeen {
    /// Its path or address.
    pub port: String,
    /// Where it hangs.
    pub usb: UsbHints,
    /// What came of it.
    pub state: PortState,
}

/// What came of asking who is on a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortState {
    /// This board.
    Board {
        /// Its MAC.
        mac: Mac,
        /// Its chip.
        chip: String,
    },
    /// Others have it open: their names and process ids.
    Busy {
        /// As `picocom (process 1234)`; none where they cannot be seen.
        holders: Vec<String>,
    },
    /// We may not open it.
    Denied {
        /// The group that may.
        group: Option<String>,
    },
    /// There is no such port.
    Gone,
    /// A run of ours holds the board that was seen there last.
    Locked {
        /// Who, in words.
        holder: String,
    },
    /// A board that is used by its debug probe, which a reset over the serial side of its USB may kill.
    OfProbe {
        /// What people call it.
        board: String,
    },
    /// Nobody answered as a chip's loader does.
    Silent {
        /// What was tried and failed.
        why: String,
        /// What to do about it.
        help: Option<String>,
    },
}

/// What came of asking who is on a port, and what to do.
#[must_use]
pub fn words(path: &str, state: &PortState) -> (String, String) {
    match state {
        PortState::Board { mac, chip } => {
            (format!("{chip} with {mac} is on {path}"), "nothing needs to be done".to_owned())
        }
        PortState::Busy { holders } if holders.is_empty() => (
            format!("{path} is open in a program of another user"),
            format!("close the program that uses it; `sudo fuser -v {path}` names it"),
        ),
        PortState::Busy { holders } => {
            (format!("{path} is open in {}", holders.join(" and ")), "close it there".to_owned())
        }
        PortState::Denied { group } => {
            let group = group.as_deref().unwrap_or("dialout");
            let help = format!(
                "join its group by `sudo usermod -aG {group} $USER` and log in again, or install the udev \
                 rules of docs/boards.md"
            );
            (format!("no permission to open {path}"), help)
        }
        PortState::Gone => (format!("{path} is not there"), "plug the board in".to_owned()),
        PortState::Locked { holder } => {
            (format!("{path} is in use by {holder}"), "wait for that run, or end it".to_owned())
        }
        PortState::OfProbe { board } => (
            format!("{path} is the port of {board}, which is used by its debug probe"),
            "it is left alone: a reset over it may end what the probe does".to_owned(),
        ),
        PortState::Silent { why, help } => {
            let usual = "hold its boot button, press reset, and try again";
            (format!("{path}: {why}"), help.clone().unwrap_or_else(|| usual.to_owned()))
        }
    }
}
