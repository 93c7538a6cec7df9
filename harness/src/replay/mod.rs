//! The device's side of a recording against the cloud as it is now: which answers differ. Pure, in virtual time.
//!
//! ```text
//! log ─▶ what the app side did, and what the device asked, each at its time ─▶ the cloud ─▶ answers ⇄ those of the log
//! ```
//!
//! It says what the cloud answers, not what the device would make of it: requests come as they were recorded, whatever
//! the answers.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod machine;
mod told;

pub use machine::{Compared, Replayed, Seen, Why, replay};
pub use told::{to_json, told};
