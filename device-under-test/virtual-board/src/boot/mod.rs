//! From the end of a reset to the first line of a program: causes, what the ROM prints, and what it
//! finds in the flash.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod cause;
mod log;
mod start;

pub use cause::ResetCause;
pub(crate) use log::{banner, download_banner};
pub(crate) use start::{Start, Started, start};
