//! The peripherals, one file a block. What no file describes is kept and read back, and told once.
//!
//! Sources: ESP32-C3 Technical Reference Manual; the names and the values after a reset of its register description (the crate
//! `esp32c3`).

mod blocks;
mod efuse;
mod ethernet;
mod gpio;
mod interrupts;
mod plain;
mod random;
mod rtc;
mod set;
mod spi_flash;
mod systimer;
mod timer_group;
mod uart;
mod usb_serial;

pub use ethernet::FRAME_BYTES_MAX;
pub use rtc::ResetKind;

pub(crate) use gpio::PINS;
pub(crate) use rtc::Asleep;
pub(crate) use set::{Peripherals, Seen};
