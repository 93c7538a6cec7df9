//! The pins of a virtual board in this process.

use std::sync::Arc;

use virtual_board::shell::Running;
use virtual_board::{BootMode, Order};

use super::pins::Pins;
use super::port::{BootInto, Pace, PortError, SerialPort};

/// The pins of a virtual board that runs in this process, whose pseudo-terminal has no lines.
#[derive(Debug, Clone)]
pub struct VirtualPins(pub Arc<Running>);

impl Pins for VirtualPins {
    fn reset(&mut self, port: &mut SerialPort, into: BootInto, _: Pace) -> Result<(), PortError> {
        let into = match into {
            BootInto::Download => BootMode::Download,
            BootInto::Run => BootMode::Run,
        };
        let done = self.0.order(Order::Reset { into });
        done.map(|_| ()).ok_or_else(|| PortError::Io {
            name: port.name().clone(),
            doing: "reset the virtual board",
            error: std::io::ErrorKind::BrokenPipe.into(),
        })
    }
}
