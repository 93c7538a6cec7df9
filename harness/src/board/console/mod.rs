//! A console: bytes to lines to events. Pure.
//!
//! [`Console`] is the machine that boards drive: it takes bytes in, cut anywhere, and says what they mean: lines, boots with
//! the cause of the reset, wakes and sleeps, crashes with their backtraces. It knows what the ROMs of the ESP chips, ESP-IDF, esp-hal,
//! Arduino, MicroPython and our own things print; what else a firmware prints when it sleeps or wakes is said by [`Patterns`].

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod boot;
mod boots;
pub mod causes;
pub mod crash;
mod decode;
pub mod lines;
mod machine;
pub mod patterns;
pub mod symbols;
mod unwind;

pub use lines::{LINE_BYTES_MAX, Line, Lines};
pub use machine::{Announced, Console};
pub use patterns::{PatternError, Patterns};
pub use symbols::{Symbols, SymbolsError};
