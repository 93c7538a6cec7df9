//! Who pulls the reset and boot pins of a board.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use super::port::{BootInto, Pace, PortError, SerialPort};
use super::switch_pins::SwitchPins;
use crate::inventory::board::Serial;

/// How long a control socket may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A way to the reset and boot pins of a board. The port is the one that is open to it; a reset may take it along, which is an
/// error that [`PortError::is_gone`] tells.
pub trait Pins: std::fmt::Debug + Send {
    /// Resets the chip into its loader or into what was flashed, in a second at most, or as long as what switches its pins takes.
    ///
    /// # Errors
    ///
    /// There is no way to the pins ([`PortError::NoLines`]), or it failed.
    fn reset(&mut self, port: &mut SerialPort, into: BootInto, pace: Pace)
    -> Result<(), PortError>;

    /// Whether the way is the lines of the serial port itself.
    fn are_lines(&self) -> bool {
        false
    }
}

/// The way to the pins of a board of the inventory.
#[must_use]
pub fn of(serial: &Serial) -> Box<dyn Pins> {
    let switched = serial.pins.as_ref().and_then(SwitchPins::open);
    match (&serial.control, switched) {
        (_, Some(pins)) => Box::new(pins),
        (Some(socket), None) => Box::new(ControlPins { socket: socket.into() }),
        (None, None) => Box::new(LinePins),
    }
}

/// The port's own lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinePins;

impl Pins for LinePins {
    fn reset(
        &mut self,
        port: &mut SerialPort,
        into: BootInto,
        pace: Pace,
    ) -> Result<(), PortError> {
        port.reset(into, pace)
    }

    fn are_lines(&self) -> bool {
        true
    }
}

/// The control socket of a `virtual-board` that runs on its own: its pseudo-terminal has no lines.
#[derive(Debug, Clone)]
pub struct ControlPins {
    /// Where the socket is.
    pub socket: PathBuf,
}

impl Pins for ControlPins {
    fn reset(&mut self, port: &mut SerialPort, into: BootInto, _: Pace) -> Result<(), PortError> {
        let into = match into {
            BootInto::Download => "download",
            BootInto::Run => "run",
        };
        let ask = || -> std::io::Result<()> {
            // That there is no socket says nothing about the port.
            let missing =
                |error| std::io::Error::other(format!("{}: {error}", self.socket.display()));
            let mut stream = UnixStream::connect(&self.socket).map_err(missing)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            writeln!(stream, r#"{{"order":"reset","into":"{into}"}}"#)?;
            let mut answer = String::new();
            BufReader::new(stream).read_line(&mut answer)?;
            if answer.contains(r#""ok":true"#) {
                return Ok(());
            }
            Err(std::io::Error::other(format!("the control socket answered {}", answer.trim())))
        };
        ask().map_err(|error| PortError::Io {
            name: port.name().clone(),
            doing: "reset it over its control socket",
            error,
        })
    }
}
