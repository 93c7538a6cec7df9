//! The board: power, reset lines, loader, boot, sleep and program, as one machine.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod boot;
mod executing;
mod keeping;
mod machine;
mod program;
mod serial;

pub use machine::Board;
