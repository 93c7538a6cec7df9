//! All of a chip's firmware that does not name the chip, so that it is tested on this machine.
//!
//! It is not the device's logic, which is the crate `thing`, and not the code that touches registers, which is
//! `device-under-test/esp32c3`. Between them stand two small seams: [`Board`], one method for each part of the hardware,
//! and [`Network`], which brings a network up, tells the time and opens connections. [`wake()`] drives a thing through
//! one wake over any two of them, with a time-out on every wait.
//!
//! ```text
//! reset ─▶ Reset::from_code ─▶ Identity (printed) ─▶ Provisioning::read ─▶ newest record ─▶ wake() ─▶ deep sleep
//!                                                                                          │ ▲
//!                                                         Board, Network: the chip's code ◀┘ │
//!                                                               thing::Thing::handle ────────┘
//! ```
//!
//! # In the flash
//!
//! The partition of type data, subtype `nvs` (at 0x9000 where there is no table) is used by whole sectors of
//! [`SECTOR_BYTES`]: the first holds the provisioning ([`provisioning`]), the second and the third hold in turn what the
//! thing keeps across a power cut ([`record`]). A virtual board and a chip read the same bytes with this code.
#![doc = include_str!("../console.md")]
#![cfg_attr(not(test), no_std)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod awake;
mod endpoint;
mod identity;
pub mod names;
pub mod provisioning;
pub mod record;
mod reset;
mod seam;
pub mod sntp;
mod wake;

pub use awake::{Awake, Phase};
pub use endpoint::{Endpoint, EndpointError, Scheme};
pub use identity::{Identity, Mac};
pub use provisioning::{Field, Provisioning, ProvisioningError};
pub use reset::Reset;
pub use seam::{Board, Connection, Network, Reason};
pub use wake::{Life, REQUEST_BYTES_MAX, Scratch, wake};

/// Bytes of the smallest part of a flash that can be erased.
pub const SECTOR_BYTES: usize = 4096;
