//! The chip with small programs in machine code.

mod bench;
mod core_laws;
mod peripherals;
