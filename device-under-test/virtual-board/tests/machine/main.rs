//! The board as a machine: no ports, no threads, no waiting.

mod bench;
mod boots;
mod faults;
mod loader;
mod properties;
mod things;
mod traces;
