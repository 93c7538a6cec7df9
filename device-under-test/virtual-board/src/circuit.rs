//! How DTR and RTS reach the chip.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use crate::boot::ResetCause;
use crate::setup::{BootMode, Circuit};

/// What the lines do to the chip.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pull {
    /// It is held in reset.
    Hold,
    /// It starts.
    Reset(ResetCause, BootMode),
}

/// The circuit, with what it remembers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CircuitState {
    circuit: Circuit,
    is_held: bool,
    /// What the USB-Serial-JTAG unit will boot into.
    into: BootMode,
}

impl CircuitState {
    pub(crate) const fn new(circuit: Circuit) -> Self {
        Self { circuit, is_held: false, into: BootMode::Run }
    }

    /// The lines as the host sets them.
    pub(crate) fn set(&mut self, dtr: bool, rts: bool) -> Option<Pull> {
        match self.circuit {
            Circuit::None => None,
            Circuit::Classic => self.classic(dtr, rts),
            Circuit::UsbSerialJtag => self.usb(dtr, rts),
        }
    }

    /// Only (0,1) pulls the enable pin. Its capacitor delays the rise, so that DTR says what the boot
    /// pin is when RTS is let go.
    fn classic(&mut self, dtr: bool, rts: bool) -> Option<Pull> {
        match (dtr, rts) {
            (false, true) if !self.is_held => {
                self.is_held = true;
                Some(Pull::Hold)
            }
            (_, false) if self.is_held => {
                self.is_held = false;
                Some(Pull::Reset(ResetCause::Pin, boot_mode(dtr)))
            }
            // (1,1) lets neither pin go.
            _ => None,
        }
    }

    /// While RTS is off, DTR chooses; to get to RTS without DTR resets.
    fn usb(&mut self, dtr: bool, rts: bool) -> Option<Pull> {
        let was_held = std::mem::replace(&mut self.is_held, rts && !dtr);
        if !rts {
            self.into = boot_mode(dtr);
        }
        (self.is_held && !was_held).then_some(Pull::Reset(ResetCause::Usb, self.into))
    }
}

const fn boot_mode(dtr: bool) -> BootMode {
    if dtr { BootMode::Download } else { BootMode::Run }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines one after another as (DTR, RTS), and what the chip boots into in the end.
    fn check(circuit: Circuit, lines: &[(u8, u8)], expected: Option<BootMode>) {
        let mut state = CircuitState::new(circuit);
        let pulls = lines.iter().filter_map(|(dtr, rts)| state.set(*dtr == 1, *rts == 1));
        let last = pulls.last().and_then(|pull| match pull {
            Pull::Hold => None,
            Pull::Reset(_, into) => Some(into),
        });
        assert_eq!(last, expected, "{circuit:?} {lines:?}");
    }

    #[test]
    fn the_sequences_of_the_tools_reset_into_the_loader() {
        let tight = [(0, 0), (1, 1), (0, 1), (1, 0), (0, 0)];
        check(Circuit::Classic, &tight, Some(BootMode::Download));
        check(
            Circuit::Classic,
            &[(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)],
            Some(BootMode::Download),
        );
        // As a server saw esptool over RFC 2217.
        let seen = [(1, 0), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (1, 0), (1, 0), (0, 0)];
        check(Circuit::Classic, &seen, Some(BootMode::Download));
        let usb = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 1), (0, 0)];
        check(Circuit::UsbSerialJtag, &usb, Some(BootMode::Download));
    }

    #[test]
    fn rts_alone_resets_into_the_program() {
        check(Circuit::Classic, &[(0, 1), (0, 0)], Some(BootMode::Run));
        check(Circuit::UsbSerialJtag, &[(0, 0), (0, 1), (0, 0)], Some(BootMode::Run));
    }

    #[test]
    fn opening_a_port_resets_nothing() {
        check(Circuit::Classic, &[(1, 0), (1, 1)], None);
        check(Circuit::None, &[(0, 1), (0, 0)], None);
    }
}
