//! Current meters: bytes to samples to readings, and the ports that they hang on.

#[expect(clippy::module_inception, reason = "the trait is what the module is about")]
mod meter;

pub mod decimate;
pub mod ppk2;

mod port;

pub use meter::Meter;
pub use port::{Ppk2Meter, open};
