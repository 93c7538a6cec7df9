//! The serial loader: what the ROM does with a frame, and what the stub does that tools upload.
//!
//! Both speak the same packets; they differ in lengths that they accept, in status bytes and in what
//! they do when something is wrong.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod effect;
mod inflate;
mod machine;
mod packet;
mod reading;
mod registers;
mod rom;
mod shared;
mod spi;
mod stub;
mod upload;

pub(crate) use effect::{Effect, FlashTiming, Restart};
pub(crate) use machine::Loader;
pub(crate) use packet::{COMMANDS, op};
