//! The simulated bench: the thing, the fake cloud and the network between them, in virtual time.
//!
//! - [`mod@bench`]: one device and its cloud, as the engine drives them.
//! - [`device`]: the device's own logic, and what it asks of its driver, owned.
//! - `due`: what is still to happen.
//! - [`timing`]: how long things take, and how the clocks of cloud and chip follow from the time of the run.
//! - [`wire`]: what the device hears on a connection, and when.
//!
//! The last three serve a whole fleet as well (a fleet module).

pub(crate) mod accept;
pub mod bench;
mod chip;
mod current;

pub mod device;
mod due;
mod network;
mod pins;
pub mod timing;
pub mod wire;

pub use bench::SimBench;
pub use device::{Device, MakeDevice};
