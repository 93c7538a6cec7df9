//! The board as a machine: no ports, no threads, no waiting.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bench;
mod boots;
mod faults;
mod loader;
mod properties;
mod things;
mod traces;
