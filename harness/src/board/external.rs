//! A device that somebody else has started, and that finds its cloud by itself: only what it asks of the cloud is seen.

use super::Board;
use crate::drive::Facts;
use crate::engine::ActionError;
use crate::engine::action::PowerOrder;
use crate::scenario::plan::{CloudKind, Firmware};

/// Why a verb cannot be done.
const NOT_HELD: &str = "the rig does not hold the device, it only sees what it asks of the cloud";

/// The verbs that need more than what the device asks of the cloud.
const CANNOT: &[&str] = &[
    "brownout",
    "cut-power",
    "expect-console",
    "expect-current",
    "expect-cycle",
    "expect-cycles",
    "expect-reset",
    "expect-sleep",
    "expect-wake",
    "flash",
    "power",
    "reset",
    "wake",
    "write-console",
];

/// A device that somebody else has started.
#[derive(Debug, Default)]
pub struct ExternalBoard;

impl Board for ExternalBoard {
    fn facts(&self) -> Facts {
        Facts {
            board: "external".into(),
            chip: None,
            can: Vec::new(),
            cloud: CloudKind::Fake,
            cannot: CANNOT.iter().map(|verb| (*verb, NOT_HELD)).collect(),
        }
    }

    /// Whatever runs on the device already is what is tested.
    fn flash(&mut self, _: &Firmware) -> Result<(), ActionError> {
        Ok(())
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        Err(ActionError::new("reset the device", NOT_HELD))
    }

    fn power(&mut self, _: PowerOrder) -> Result<(), ActionError> {
        Err(ActionError::new("switch the device's power", NOT_HELD))
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        Err(ActionError::new("wake the device", NOT_HELD))
    }

    fn write_console(&mut self, _: &str) -> Result<(), ActionError> {
        Err(ActionError::new("write on the device's console", NOT_HELD))
    }

    fn stop(&mut self) {}
}
