//! Flashing: from a firmware file to a chip that runs it, and what a chip says about itself.
//!
//! ```text
//! connect: reset, sync, and why not ─▶ Loader ─▶ identify: chip, MAC, size of the flash
//! ```

mod chip;
mod connect;
mod error;
mod identity;
mod loader;
mod packet;

pub use chip::{Chip, Mac};
pub use connect::{Notes, connect};
pub use error::{FlashError, Symptom};
pub use identity::{Identity, identify, identify_port};
pub use loader::Loader;
