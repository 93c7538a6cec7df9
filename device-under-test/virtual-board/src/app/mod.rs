//! What runs when the board has booted: the thing, if the flashed image says so.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod endpoint;
mod kept;
mod program;
mod provisioning;
mod region;
mod sensors;

pub(crate) use kept::{read_kept, write_kept};
pub(crate) use program::{App, Join, Told, Want};
pub use provisioning::Provisioning;
pub use region::Region;
pub use sensors::Sensors;
