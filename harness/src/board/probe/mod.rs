//! Boards on a debug probe: attached by JTAG or SWD, flashed through it, and listened to over RTT, where defmt is understood.
//!
//! ```text
//! Selector ─▶ Link: attach, memory, flash, reset ─▶ rtt: rings in memory ─▶ bytes ─▶ defmt or text ─▶ console ─▶ events
//!             the port; `adapter` is probe-rs        through any `Memory`            frames → lines
//! ```
//!
//! Behind the feature `board-probe`, but for the names of probes. Everything except `adapter` is tested without a probe.

#[cfg(feature = "board-probe")]
mod adapter;
#[cfg(feature = "board-probe")]
mod board;
#[cfg(feature = "board-probe")]
mod defmt;
#[cfg(feature = "board-probe")]
mod ear;
#[cfg(feature = "board-probe")]
mod error;
#[cfg(feature = "board-probe")]
pub mod flash;
#[cfg(feature = "board-probe")]
mod link;
#[cfg(feature = "board-probe")]
mod listener;
#[cfg(feature = "board-probe")]
mod rtt;
mod selector;

#[cfg(feature = "board-probe")]
pub use adapter::{ProbeLink, Seen, list};
#[cfg(feature = "board-probe")]
pub use board::{ProbeBoard, Recipe};
#[cfg(feature = "board-probe")]
pub use defmt::{Wording, Words};
#[cfg(feature = "board-probe")]
pub use ear::Ear;
#[cfg(feature = "board-probe")]
pub use error::ProbeError;
#[cfg(feature = "board-probe")]
pub use link::{Link, Memory};
#[cfg(feature = "board-probe")]
pub use rtt::{Ring, Rtt, Search, control_block_in};
pub use selector::Selector;
