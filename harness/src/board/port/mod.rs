//! Serial ports of real boards: opened without resetting anybody, found again when they vanish, and the reset lines on them.
//!
//! ```text
//! PortName ─▶ SerialPort::open ─▶ read, write, reset(BootInto) ─▶ reopen after a sleep
//!             a terminal of this machine, or RFC 2217 behind one
//! ```

mod error;
mod holders;
mod name;
mod open;
mod reset;
mod rfc2217;
mod telnet;
mod usb;

pub use error::PortError;
pub use name::PortName;
pub use open::{BAUD_DEFAULT, PortOptions, SerialPort};
pub use reset::{BootInto, LineStep, Pace, Sequence, Wiring};
