//! A serial port that is open.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use espflash::connection::{Connection, ResetAfterOperation, ResetBeforeOperation};
use rustix::fs::OFlags;
use rustix::termios::{ControlModes, OptionalActions, tcgetattr, tcsetattr};
use serialport::{ClearBuffer, FlowControl, SerialPort as _, TTYPort, UsbPortInfo};

use super::reset::{LineStep, Pace, Sequence};
use super::rfc2217::Bridge;
use super::telnet::Line;
use super::{BootInto, PortError, PortName, Wiring, holders, usb};
use crate::inventory::rate::Rates;
use crate::inventory::wear::Wears;

/// The rate at which ROMs are spoken to, and at which most programs print.
pub const BAUD_DEFAULT: u32 = 115_200;

/// How often a port that has vanished is looked for.
const LOOK: Duration = Duration::from_millis(50);

/// How a port is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortOptions {
    /// The rate. Default 115200.
    pub baud: u32,
    /// How its lines act on the chip; `None` to go by what the port is.
    pub wiring: Option<Wiring>,
    /// The highest rate at which its flash is written; `None` for what suits the port.
    pub flash_baud_max: Option<u32>,
    /// Where it is remembered at which rates the flash of the board could not be written; `None` to remember nothing.
    pub rates: Option<Rates>,
    /// Where it is counted how often the flash of the board was written; `None` to count nothing.
    pub wears: Option<Wears>,
}

impl Default for PortOptions {
    fn default() -> Self {
        Self { baud: BAUD_DEFAULT, wiring: None, flash_baud_max: None, rates: None, wears: None }
    }
}

/// An open serial port. It is this program's alone until it is dropped.
#[derive(Debug)]
pub struct SerialPort {
    name: PortName,
    options: PortOptions,
    tty: TTYPort,
    wiring: Wiring,
    usb: Option<UsbPortInfo>,
    /// The wire of a port over TCP.
    bridge: Option<Bridge>,
}

impl SerialPort {
    /// Opens a port and lets go of both lines, in the order in which no circuit makes a reset of it. A sleeping board sleeps on as
    /// far as the platform allows: the kernel raises both lines together when a port is opened, which the usual circuits ignore.
    ///
    /// # Errors
    ///
    /// There is no such port, it may not be opened, it is in use (with whose), or it is none.
    pub fn open(name: &PortName, options: &PortOptions) -> Result<Self, PortError> {
        let (tty, usb, bridge) = match name {
            PortName::Device(path) => (open_device(name, path, options.baud)?, usb::of(path), None),
            PortName::Rfc2217(address) => {
                let (bridge, tty) = Bridge::open(name, address, options.baud)?;
                (tty, None, Some(bridge))
            }
        };
        let mut port = Self {
            name: name.clone(),
            options: options.clone(),
            tty,
            wiring: Wiring::None,
            usb,
            bridge,
        };
        let has_lines =
            port.set(Line::Rts, false).and_then(|()| port.set(Line::Dtr, false)).is_ok();
        port.wiring = match (&options.wiring, &port.usb) {
            (Some(wiring), _) => wiring.clone(),
            (None, _) if !has_lines => Wiring::None,
            (None, Some(usb)) if usb::is_usb_serial_jtag(usb) => Wiring::UsbSerialJtag,
            (None, _) => Wiring::Classic,
        };
        Ok(port)
    }

    /// Opens a port that may be away, as behind a supply that has just come back.
    ///
    /// # Errors
    ///
    /// As [`SerialPort::open`], once it was waited for so long.
    pub fn open_within(
        name: &PortName,
        options: &PortOptions,
        within: Duration,
    ) -> Result<Self, PortError> {
        let began = Instant::now();
        loop {
            match Self::open(name, options) {
                Err(error) if error.is_gone() && began.elapsed() < within => thread::sleep(LOOK),
                result => return result,
            }
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(&self) -> &PortName {
        &self.name
    }

    /// How it was opened.
    #[must_use]
    pub const fn options(&self) -> &PortOptions {
        &self.options
    }

    /// How its lines act on the chip.
    #[must_use]
    pub const fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// The USB device that it is, if it is one.
    #[must_use]
    pub const fn usb(&self) -> Option<&UsbPortInfo> {
        self.usb.as_ref()
    }

    /// Reads what is there, waiting this long at most for the first byte; nothing is 0 bytes.
    ///
    /// # Errors
    ///
    /// The port is gone ([`PortError::is_gone`]), or fails.
    pub fn read(&mut self, buffer: &mut [u8], patience: Duration) -> Result<usize, PortError> {
        if self.tty.timeout() != patience {
            self.tty
                .set_timeout(patience)
                .map_err(|error| PortError::io(&self.name, "read", error))?;
        }
        match self.tty.read(buffer) {
            Ok(0) => Err(PortError::io(&self.name, "read", io::ErrorKind::UnexpectedEof)),
            Ok(count) => Ok(count),
            Err(error)
                if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::Interrupted) =>
            {
                Ok(0)
            }
            Err(error) => Err(PortError::io(&self.name, "read", error)),
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    ///
    /// The port is gone, or takes nothing for 3 s.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        let patience = self.tty.timeout();
        let written = self
            .tty
            .set_timeout(Duration::from_secs(3))
            .map_err(io::Error::from)
            .and_then(|()| self.tty.write_all(bytes))
            .and_then(|()| self.tty.set_timeout(patience).map_err(io::Error::from));
        written.map_err(|error| PortError::io(&self.name, "write", error))
    }

    /// Drops what has come in and was not read.
    ///
    /// # Errors
    ///
    /// The port is gone.
    pub fn clear_input(&mut self) -> Result<(), PortError> {
        self.tty
            .clear(ClearBuffer::Input)
            .map_err(|error| PortError::serial(&self.name, "clear", error))
    }

    /// Sets the rate of this end.
    ///
    /// # Errors
    ///
    /// The port does not know that rate, or is gone.
    pub fn set_baud(&mut self, baud: u32) -> Result<(), PortError> {
        self.tty
            .set_baud_rate(baud)
            .map_err(|error| PortError::serial(&self.name, "set its rate", error))
    }

    /// Resets the chip over the lines. Takes a fifth of a second, or 0.7 s at the slow pace. The port may vanish by it.
    ///
    /// # Errors
    ///
    /// There are no lines ([`PortError::NoLines`]), or the port is gone.
    pub fn reset(&mut self, into: BootInto, pace: Pace) -> Result<(), PortError> {
        // espflash sets both lines in one call of the kernel, which some adapters need.
        let is_tight =
            self.bridge.is_none() && self.wiring == Wiring::Classic && into == BootInto::Download;
        if is_tight {
            let mut connection = self.connection()?;
            let done = connection.reset_to_flash(pace == Pace::Slow);
            return done.map_err(|error| {
                PortError::io(&self.name, "set its lines", io::Error::other(error))
            });
        }
        let no_lines = || PortError::NoLines { name: self.name.clone() };
        let Sequence(steps) = self.wiring.sequence(into, pace).ok_or_else(no_lines)?;
        for step in steps {
            match step {
                LineStep::Dtr(is_on) => self.set(Line::Dtr, is_on)?,
                LineStep::Rts(is_on) => self.set(Line::Rts, is_on)?,
                LineStep::Wait(span) => thread::sleep(span),
            }
        }
        Ok(())
    }

    /// Asserts DTR, or lets it go, where the lines of the port act as usual: the boot pin is low while DTR alone is asserted.
    pub(crate) fn hold_boot(&mut self, is_low: bool) -> Result<(), PortError> {
        match self.wiring {
            Wiring::Classic => self.set(Line::Dtr, is_low),
            Wiring::Custom { .. } | Wiring::None | Wiring::UsbSerialJtag => Ok(()),
        }
    }

    /// The same port for the espflash library, which resets nobody and stays where it is.
    ///
    /// # Errors
    ///
    /// The system has no file descriptor left.
    pub fn connection(&self) -> Result<Connection, PortError> {
        let mut tty = self
            .tty
            .try_clone_native()
            .map_err(|error| PortError::io(&self.name, "share it", error))?;
        tty.set_timeout(Duration::from_secs(3))
            .map_err(|error| PortError::io(&self.name, "share it", error))?;
        let nobody = UsbPortInfo {
            vid: 0,
            pid: 0,
            serial_number: None,
            manufacturer: None,
            product: None,
            interface: None,
        };
        let usb = self.usb.clone().unwrap_or(nobody);
        let (before, after) = (ResetBeforeOperation::NoReset, ResetAfterOperation::NoResetNoStub);
        Ok(Connection::new(tty, usb, after, before, BAUD_DEFAULT))
    }

    /// Waits until a port that is gone is there again, under its own name or, for a USB device with a serial number, under
    /// another: a chip that sleeps takes its USB port along, and a reset may give it a new number.
    ///
    /// # Errors
    ///
    /// It does not come back in time ([`PortError::Vanished`]), or it does and is refused.
    pub fn reopen(&mut self, within: Duration) -> Result<(), PortError> {
        let began = Instant::now();
        // It is about to be replaced; what is gone already need not be let go.
        let _gone = self.tty.set_exclusive(false);
        loop {
            let moved =
                self.usb.as_ref().and_then(usb::find).map(|path| PortName::Device(path.into()));
            match Self::open(moved.as_ref().unwrap_or(&self.name), &self.options) {
                Ok(port) => {
                    // It keeps the name by which it is known.
                    let name = self.name.clone();
                    *self = Self { name, ..port };
                    return Ok(());
                }
                Err(error) if !error.is_gone() => return Err(error),
                Err(_) if began.elapsed() >= within => {
                    return Err(PortError::Vanished { name: self.name.clone(), waited: within });
                }
                Err(_) => thread::sleep(LOOK),
            }
        }
    }

    fn set(&mut self, line: Line, is_on: bool) -> Result<(), PortError> {
        if let Some(bridge) = &self.bridge {
            return bridge.set_line(line, is_on);
        }
        let set = match line {
            Line::Dtr => self.tty.write_data_terminal_ready(is_on),
            Line::Rts => self.tty.write_request_to_send(is_on),
        };
        set.map_err(|error| PortError::io(&self.name, "set its lines", error))
    }
}

fn open_device(name: &PortName, path: &Path, baud: u32) -> Result<TTYPort, PortError> {
    let found = fs::metadata(path).map_err(|error| opening(name, path, error))?;
    if !found.file_type().is_char_device() {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "it is a file, and no serial port");
        return Err(PortError::io(name, "open it", error));
    }
    // The kernel keeps nobody out of a port whose holder did not ask for that, and two readers take each other's bytes.
    let holders = holders::strangers(path);
    if !holders.is_empty() {
        return Err(PortError::Busy { name: name.clone(), holders });
    }
    // Kept open until the other one is: so the port is never closed in between, and nothing hangs up.
    let _first = without_hang_up(path).map_err(|error| opening(name, path, error))?;
    let opened = serialport::new(path.to_string_lossy(), baud)
        .flow_control(FlowControl::None)
        .preserve_dtr_on_open()
        .timeout(Duration::from_millis(100))
        .open_native();
    opened.map_err(|error| match error.kind() {
        serialport::ErrorKind::NoDevice => {
            PortError::Busy { name: name.clone(), holders: holders::all(path) }
        }
        serialport::ErrorKind::Io(_)
        | serialport::ErrorKind::InvalidInput
        | serialport::ErrorKind::Unknown => opening(name, path, error.into()),
    })
}

/// Opens a terminal and tells it to keep its lines when it is closed, which would reset the boards of some circuits.
fn without_hang_up(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK).bits();
    let flags = i32::try_from(flags).map_err(io::Error::other)?;
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open(path)?;
    let mut settings = tcgetattr(&file)?;
    settings.control_modes -= ControlModes::HUPCL;
    tcsetattr(&file, OptionalActions::Now, &settings)?;
    Ok(file)
}

fn opening(name: &PortName, path: &Path, error: io::Error) -> PortError {
    let name = name.clone();
    match error.kind() {
        io::ErrorKind::NotFound => PortError::Missing { name, others: usb::names() },
        io::ErrorKind::PermissionDenied => PortError::Denied { name },
        io::ErrorKind::ResourceBusy => PortError::Busy { name, holders: holders::all(path) },
        _ => PortError::Io { name, doing: "open it", error },
    }
}
