//! From what was observed to a scenario that expects it again. Pure: a log in, YAML out.
//!
//! ```text
//! log ─▶ items (what was done, asked, said and slept, in order) ─▶ steps (with limits, repeats folded) ─▶ written
//! ```
//!
//! What differs from run to run is left out or loosened (`body`, `console`); what a scenario cannot say stands in it as a comment.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod acts;
mod body;
mod console;
mod device_time;
mod items;
mod said;
mod start;
mod steps;
mod written;

pub use start::Start;
pub use written::{Written, written};
