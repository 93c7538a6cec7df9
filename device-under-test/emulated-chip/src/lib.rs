//! An ESP32-C3 in software that executes machine code.

mod boot;
mod bus;
mod chip;
mod clock;
pub mod core;
mod flash;
mod io;
mod memory;
mod peripherals;
mod rom;

pub use boot::BootError;
pub use chip::{Chip, Setup};
pub use flash::FlashMemory;
pub use io::{Input, Output};
pub use peripherals::{FRAME_BYTES_MAX, ResetKind};
