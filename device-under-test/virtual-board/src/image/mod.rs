//! Images as they stand in the flash: read and checked as the ROM checks them, and made.
//!
//! ```
//! use virtual_board::{Chip, image};
//!
//! let bytes = image::build(Chip::Esp32c3, "signal-thing", "0.1.0");
//! let read = image::Image::read(&bytes, Chip::Esp32c3).expect("what is built is right");
//! assert_eq!(read.descriptor.expect("it names itself").name, "signal-thing");
//! ```
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod build;
mod descriptor;
mod format;
mod partition;
mod read;

pub use build::{Part, build, bundle};
pub use descriptor::Descriptor;
pub use partition::{PARTITION_TABLE_AT, Partition};
pub use read::{Complaint, Image, Segment};
