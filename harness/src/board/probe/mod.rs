//! Boards on a debug probe: attached by JTAG or SWD, flashed through it, and listened to over RTT, where defmt is understood.
//!
//! ```text
//! Selector ─▶ Link: attach, memory, flash, reset ─▶ rtt: rings in memory ─▶ bytes ─▶ defmt or text ─▶ console ─▶ events
//!             the port; `adapter` is probe-rs        through any `Memory`            frames → lines
//! ```
//!
//! `adapter` and `frames` are behind the feature `board-probe`: everything else needs no probe, and is built and tested without one.

#[cfg(feature = "board-probe")]
mod adapter;
mod board;
mod defmt;
mod ear;
mod error;
pub mod flash;
#[cfg(feature = "board-probe")]
mod frames;
#[cfg(not(feature = "board-probe"))]
#[path = "no_frames.rs"]
mod frames;
mod link;
mod listener;
mod rtt;
mod selector;

#[cfg(feature = "board-probe")]
pub use adapter::{ProbeLink, Seen, list};
pub use board::{ProbeBoard, Recipe};
pub use defmt::{Wording, Words};
pub use ear::Ear;
pub use error::ProbeError;
pub use link::{Link, Memory};
pub use rtt::{Ring, Rtt, Search, control_block_in};
pub use selector::Selector;
