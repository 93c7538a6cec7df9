//! The board in real time: threads, ports and sockets around the machine.
//!
//! One thread owns the board, is its clock, and performs what it asks; all others only bring messages.

mod control;
mod error;
mod flash_file;
mod memory;
mod network;
mod ppk2;
mod pty;
mod rfc2217;
mod running;
mod uplink;

pub use error::ShellError;
pub use memory::MemoryPort;
pub use running::{Options, Running, Way};
