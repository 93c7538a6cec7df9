//! Flashing: from a firmware file to a chip that runs it, and what a chip says about itself.
//!
//! ```text
//! connect: reset, sync, and why not ─▶ Loader ─▶ identify: chip, MAC, size of the flash
//! file ─▶ image::Image, checked for that chip ─▶ write: erase, skip what is there, write, verify
//! ```

mod chip;
mod connect;
mod error;
mod esp8266;
mod fit;
mod guarded;
mod identity;
pub mod image;
mod leave;
mod loader;
mod packet;
mod read_back;
mod region;
mod source;
mod write;

pub use chip::{Chip, Mac};
pub(crate) use connect::{AWAY_MAX, answers};
pub use connect::{Notes, connect};
pub use error::{FlashError, Symptom};
pub(crate) use fit::FLASH_BYTES_ASSUMED;
pub use fit::{Failed, Fitted, Wanted, fit};
pub use identity::{Identity, identify, identify_port};
pub(crate) use leave::IN_LOADER;
pub use leave::{Left, leave, restart_by_watchdog};
pub use loader::{Loader, Speaker};
pub(crate) use region::SECTOR_BYTES;
pub use region::nvs_region;
pub use source::Source;
pub use write::{BAUD_FLASHING, EraseFirst, Job, Rewrite, Update, Watcher, Written, write};
