//! Who can take a board's radio link away.

use super::benches::Benches;
use super::board_name::BoardName;
use crate::access_point::{AccessPoint, Station};
use crate::drive::radio::InHand;
use crate::inventory::KnownBoard;
use crate::inventory::board::SerialKind;

/// Why nobody takes the link of a board away.
const NOBODY: &str = "nobody takes the radio link of this board away, so a fault of `wifi` would never be met: name the command of \
                      an access point, by --access-point or `access-point` in the inventory";

/// Why nothing takes the link of a device away that somebody else holds.
const UNHEARD: &str = "the rig does not hear when this device sleeps and wakes, so it cannot take its radio link away in between";

impl Benches {
    /// Who can take the radio link of a board away; `known` is what the inventory has of it, `ssid` the network that it was told.
    pub(super) fn radio(&self, known: Option<&KnownBoard>, ssid: Option<&str>) -> InHand {
        let in_inventory = known.and_then(|known| known.access_point.as_deref());
        let station = Station {
            board: known.map_or_else(|| self.board.to_string(), |known| known.name.clone()),
            mac: known.map(|known| known.mac.to_string()),
            ssid: ssid.map(str::to_owned),
        };
        let command = self.network.access_point.as_deref().or(in_inventory);
        if let Some(point) = command.and_then(|command| AccessPoint::new(command, station)) {
            return InHand::AccessPoint(point);
        }
        let sends_all_here = match &self.board {
            BoardName::Emulated | BoardName::Process | BoardName::Sim | BoardName::Virtual(_) => {
                true
            }
            BoardName::Inventory(_) => known.is_some_and(|known| {
                known.serial.kind == SerialKind::Virtual && known.probe.is_none()
            }),
            BoardName::External(_)
            | BoardName::MicroPython(_)
            | BoardName::Port(_)
            | BoardName::Probe(_) => false,
        };
        if sends_all_here { InHand::Cloud } else { InHand::Nobody }
    }

    /// Why a fault of a board's radio link would never be met; none if it can be.
    pub(super) fn without_radio(&self, known: Option<&KnownBoard>) -> Option<&'static str> {
        match self.board {
            BoardName::External(_) => Some(UNHEARD),
            _ => (self.radio(known, None) == InHand::Nobody).then_some(NOBODY),
        }
    }
}
