//! The trait of everything that switches a supply.

use std::fmt;
use std::time::Duration;

use super::{
    CommandSwitch, HeldCommand, Plug, PlugKind, RelaySwitch, UhubctlSwitch, VirtualSwitch,
};
use crate::engine::ActionError;
use crate::inventory::board::Switch;
use crate::program::ProgramError;

/// Whether a supply is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Supply {
    /// It is cut.
    Off,
    /// It is there.
    On,
}

/// Something that switches the supply of one board, or pulls one of its pins: on is pulled then. One contract suite runs over all of them (`tests/rig/power_contract.rs`).
pub trait Power: fmt::Debug + Send {
    /// What a person calls it, as `uhubctl 1-1 port 4`. Never blocks.
    fn name(&self) -> String;

    /// Switches, and returns when the supply is as asked for, as far as the switch can tell. To ask for what is already so is no
    /// error. Blocks for [`Power::longest`] at most.
    ///
    /// # Errors
    ///
    /// The switch is not there, refuses, says that the supply is otherwise, or takes too long. The supply is as it was, or as asked
    /// for; nobody knows which.
    fn switch(&mut self, to: Supply) -> Result<(), PowerError>;

    /// The longest that [`Power::switch`] takes.
    fn longest(&self) -> Duration;

    /// Whether its voltage can be set, which is not so unless an adapter says otherwise. Never blocks.
    fn is_programmable(&self) -> bool {
        false
    }

    /// Lets the supply sag to so many millivolts for so long, and brings it back. Blocks for [`Power::longest`] at most; the sag goes
    /// on by itself.
    ///
    /// # Errors
    ///
    /// The supply cannot be programmed, which is so unless an adapter says otherwise; or as [`Power::switch`].
    fn sag(&mut self, _to_mv: u32, _length: Duration) -> Result<(), PowerError> {
        Err(PowerError::NotProgrammable)
    }
}

/// Why a supply was not switched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PowerError {
    /// It can only be cut and restored.
    NotProgrammable,
    /// It says that the supply is otherwise than asked for.
    NotSwitched {
        /// What was asked for.
        wanted: Supply,
        /// What it said.
        said: String,
    },
    /// It refused.
    Refused {
        /// In its own words.
        said: String,
    },
    /// It took too long.
    Slow {
        /// How long it was given.
        within: Duration,
    },
    /// It is not there.
    Unreachable {
        /// Where it should be.
        at: String,
        /// Why it is not.
        why: String,
    },
}

impl fmt::Display for PowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotProgrammable => f.write_str("the supply can only be cut and restored"),
            Self::NotSwitched { wanted: Supply::Off, said } => {
                write!(f, "the supply is still there; the switch says: {said}")
            }
            Self::NotSwitched { wanted: Supply::On, said } => {
                write!(f, "the supply is not there; the switch says: {said}")
            }
            Self::Refused { said } => write!(f, "the switch refused: {said}"),
            Self::Slow { within } => {
                write!(f, "the switch did not answer within {}", crate::time::span(*within))
            }
            Self::Unreachable { at, why } => write!(f, "{at} is not there: {why}"),
        }
    }
}

impl std::error::Error for PowerError {}

impl From<ProgramError> for PowerError {
    fn from(error: ProgramError) -> Self {
        match error {
            ProgramError::Failed { said } => Self::Refused { said },
            ProgramError::Missing { at, why } => Self::Unreachable { at, why },
            ProgramError::Slow { within } => Self::Slow { within },
        }
    }
}

impl PowerError {
    /// What to do next.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NotProgrammable => "take a board with a programmable supply, or `power: cycle`",
            Self::NotSwitched { .. } => {
                "does this port of the switch really have the board? many hubs cannot switch"
            }
            Self::Refused { .. } => "try by hand what the inventory says of `power`",
            Self::Slow { .. } => "is the switch busy, or on a bad network?",
            Self::Unreachable { .. } => "look at `power` of the board in the inventory",
        }
    }

    /// The error of an action that switches.
    #[must_use]
    pub fn of_action(&self, what: &str, switch: &dyn Power) -> ActionError {
        ActionError::new(format!("{what} by {}", switch.name()), self.to_string()).help(self.help())
    }
}

/// The adapter for a switch of the inventory; `None` for a virtual board that the rig starts itself and switches by its own hand.
#[must_use]
pub fn open(switch: &Switch) -> Option<Box<dyn Power>> {
    Some(match switch {
        Switch::Command { cut, restore, within } => {
            Box::new(CommandSwitch::new(cut.clone(), restore.clone(), *within))
        }
        Switch::HeldCommand { command } => Box::new(HeldCommand::new(command.clone())),
        Switch::SerialRelay { port, baud, cut, restore } => {
            Box::new(RelaySwitch::new(port, *baud, cut.clone(), restore.clone()))
        }
        Switch::Shelly { url, channel } => Box::new(Plug::new(PlugKind::Shelly, url, *channel)),
        Switch::Tasmota { url, channel } => Box::new(Plug::new(PlugKind::Tasmota, url, *channel)),
        Switch::Uhubctl { hub, port } => Box::new(UhubctlSwitch::new("uhubctl", hub, *port)),
        Switch::Virtual { control } => Box::new(VirtualSwitch::new(control.as_ref()?)),
    })
}
