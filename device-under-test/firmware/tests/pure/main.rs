//! The firmware without a chip.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bench;
mod provisioning;
mod records;
mod sockets;
mod wakes;
