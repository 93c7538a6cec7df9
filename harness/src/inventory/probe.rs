//! Asks a port who is on it.

use super::doctor::PortState;

/// The chip and the MAC of the board on a port. Resets it.
#[must_use]
pub fn who(port: &str) -> PortState {
    PortState::Silent { why: format!("{port} cannot be asked yet") }
}
