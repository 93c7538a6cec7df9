//! Reset and boot pins that something beside the serial port pulls: a relay across the buttons, a line of this machine, a command.

use std::thread;
use std::time::Duration;

use super::pins::Pins;
use super::port::{BootInto, Pace, PortError, SerialPort};
use crate::inventory::board::PinSwitches;
use crate::power::{self, Power, Supply};

/// How long the enable pin is low: longer than the contact of a relay bounces, and than the capacitor at the pin holds.
const HOLD: Duration = Duration::from_millis(100);

/// The pins of a board, each with what pulls it: on is low.
#[derive(Debug)]
pub struct SwitchPins {
    enable: Box<dyn Power>,
    boot: Option<Box<dyn Power>>,
}

impl SwitchPins {
    /// Pins that nobody has pulled yet.
    #[must_use]
    pub fn new(enable: Box<dyn Power>, boot: Option<Box<dyn Power>>) -> Self {
        Self { enable, boot }
    }

    /// The pins of a board of the inventory; `None` where what it names pulls none, which its reader refuses.
    #[must_use]
    pub fn open(pins: &PinSwitches) -> Option<Self> {
        let boot = match &pins.boot {
            Some(boot) => Some(power::open(boot)?),
            None => None,
        };
        Some(Self::new(power::open(&pins.enable)?, boot))
    }

    /// Where no switch leads to the boot pin, DTR may, and otherwise a person.
    fn boot(&mut self, port: &mut SerialPort, to: Supply) -> Result<(), PortError> {
        match &mut self.boot {
            Some(switch) => pull(port, "boot", switch.as_mut(), to),
            None => port.hold_boot(to == Supply::On),
        }
    }

    fn pulse(
        &mut self,
        port: &mut SerialPort,
        into: BootInto,
        pace: Pace,
    ) -> Result<(), PortError> {
        if into == BootInto::Download {
            self.boot(port, Supply::On)?;
        }
        pull(port, "reset", self.enable.as_mut(), Supply::On)?;
        thread::sleep(HOLD);
        pull(port, "reset", self.enable.as_mut(), Supply::Off)?;
        if into == BootInto::Download {
            thread::sleep(pace.settle());
        }
        Ok(())
    }
}

impl Pins for SwitchPins {
    fn reset(
        &mut self,
        port: &mut SerialPort,
        into: BootInto,
        pace: Pace,
    ) -> Result<(), PortError> {
        let pulsed = self.pulse(port, into, pace);
        if pulsed.is_err() {
            // A board must not stay in reset because its other pin could not be pulled; the first error says more.
            let _first_says_more = self.enable.switch(Supply::Off);
        }
        let released = match into {
            BootInto::Download => self.boot(port, Supply::Off),
            BootInto::Run => Ok(()),
        };
        pulsed.and(released)
    }
}

fn pull(
    port: &SerialPort,
    pin: &'static str,
    switch: &mut dyn Power,
    to: Supply,
) -> Result<(), PortError> {
    switch.switch(to).map_err(|error| PortError::Pin {
        name: port.name().clone(),
        pin,
        by: switch.name(),
        error: Box::new(error),
    })
}
