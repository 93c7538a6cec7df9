//! The two ways into a network. Each offers the same: `Device`, a driver for the network's stack, and `Link`, which joins.

#[cfg(feature = "ethernet")]
mod ethernet;
#[cfg(feature = "wifi")]
mod wifi;

#[cfg(feature = "ethernet")]
pub(crate) use ethernet::{Device, Link, open};
#[cfg(feature = "wifi")]
pub(crate) use wifi::{Device, Link, open};
