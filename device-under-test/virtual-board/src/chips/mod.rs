//! What differs from chip to chip, one table a chip.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod chip;
mod esp32;
mod esp32c2;
mod esp32c3;
mod esp32c6;
mod esp32h2;
mod esp32s2;
mod esp32s3;
mod esp8266;
mod mac;
mod numbers;
mod table;

pub use chip::Chip;
pub use mac::Mac;
pub use numbers::Numbers;
pub(crate) use table::{ChipTable, MAGIC_ADDRESS, Security, SpiMap, WATCHDOG_KEY};
