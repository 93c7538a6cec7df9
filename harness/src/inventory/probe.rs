//! Asks a port who is on it.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::board::Serial;
use super::doctor::PortState;
use crate::board::pins;
use crate::board::port::{PortError, PortName};
use crate::flash::{self, FlashError};

/// The chip and the MAC of the board on a port. Resets it; takes half a second, and up to 7 s where nobody answers.
#[must_use]
pub fn who(port: &str, serial: &Serial) -> PortState {
    let Some(name) = PortName::parse(port) else { return PortState::Gone };
    let mut pins = pins::of(serial);
    let (place, nobody) = ((&name, &serial.options()), &mut |_| {});
    let error = match flash::identify_port(place, &mut *pins, nobody) {
        Ok(identity) => {
            return PortState::Board { mac: identity.mac, chip: identity.chip.name().to_owned() };
        }
        Err(error) => error,
    };
    match error {
        FlashError::Port(PortError::Busy { holders, .. }) => PortState::Busy { holders },
        FlashError::Port(PortError::Denied { .. }) => PortState::Denied { group: group(port) },
        FlashError::Port(PortError::Missing { .. }) => PortState::Gone,
        error => PortState::Silent { why: error.to_string(), help: error.help() },
    }
}

/// The group that owns a port, by its name.
fn group(port: &str) -> Option<String> {
    let gid = fs::metadata(port).ok()?.gid().to_string();
    let groups = fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == gid).then(|| name.to_owned())
    })
}
