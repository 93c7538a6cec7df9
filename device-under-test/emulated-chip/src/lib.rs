//! An ESP32-C3 in software that executes machine code.

pub mod core;
