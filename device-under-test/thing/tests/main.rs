//! Whole wakes of a thing, on a bench in virtual time.

mod bench;
mod differences;
mod properties;
mod shade;
mod signal;
