//! Firmware files as what they put where, checked before anything is written. Pure.
//!
//! ```text
//! bytes of a file ─▶ Image::from_elf, from_bin, from_parts ─▶ Image: parts with places ─▶ place (an app without one) ─▶ check
//! ```
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod args;
mod check;
mod error;
mod header;
mod read;
mod table;

pub use args::FlasherArgs;
pub use error::ImageError;
pub use header::Header;
pub use read::{Image, Part, Target};
pub use table::{PARTITION_TABLE_AT, PARTITION_TABLE_BYTES, Partition, PartitionKind, read_table};
