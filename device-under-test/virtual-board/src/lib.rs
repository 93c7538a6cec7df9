//! A board in software that official tools flash unchanged: the ROM loader and the flasher stub of eight
//! chips, a NOR flash, reset lines and power, boot logs, deep sleep, and what was flashed.
//!
//! What runs after a boot is named by the application descriptor in the flashed image: `signal-thing` and
//! `shade-thing` are the device of this project; anything else gets an honest line on the console. With
//! [`Programs::Executed`] the machine code of an image for the ESP32-C3 is executed instead, by the crate
//! `emulated-chip`; its Ethernet leads to this machine's loopback, and nowhere else.
//!
//! # Not supported
//!
//! Flash encryption and secure boot; OTA data (the first program of the partition table that can be booted
//! runs); input on the console of a recognized thing; break and flow control; other flash
//! commands than reads of id, status, description and data over the raw SPI registers. A
//! pseudo-terminal has no modem lines: use the control socket or the RFC 2217 port to reset. The texts of
//! the boot logs of the ESP32-S2, C2 and H2 are the documented words with typical strapping values, not
//! recordings.
//!
//! # Two ways to use it
//!
//! The board itself is a machine without IO: [`Board::handle`] takes inputs and the time, and gives
//! outputs; [`Board::wake_at`] says when it wants to be called again. [`shell`] puts it on a
//! pseudo-terminal, an RFC 2217 port, a pair in memory and a control socket.
//!
//! ```
//! use virtual_board::{Board, BootMode, Chip, Flash, Input, Moment, Order, Output, Setup};
//!
//! let mut board = Board::new(Setup::new(Chip::Esp32c3), Flash::new());
//! let order = Order::PowerRestore { into: BootMode::Download };
//! let outputs = board.handle(Moment::START, Input::Order(order));
//! let Some(Output::Serial(log)) = outputs.last() else { panic!("it prints a boot log") };
//! assert!(log.ends_with(b"waiting for download\r\n"));
//! ```

mod app;
mod board;
mod boot;
mod chips;
mod circuit;
mod fault;
mod flash;
pub mod image;
mod io;
mod line;
mod loader;
mod ppk2;
mod setup;
pub mod shell;
mod slip;
mod time;
mod uplink;

pub use app::{Provisioning, Region, Sensors};
pub use board::Board;
pub use boot::ResetCause;
pub use chips::{Chip, Mac, Numbers};
pub use fault::Fault;
pub use flash::{FLASH_BYTES_DEFAULT, FLASH_BYTES_MAX, Flash, FlashError, SECTOR_BYTES, Wear};
pub use io::{
    Activity, Ask, CutAtWrite, Destination, Event, Heard, Input, Order, Output, Pin, Security,
    Status, WriteCut,
};
pub use setup::{BootMode, Circuit, Fidelity, Programs, Setup};
pub use time::Moment;
