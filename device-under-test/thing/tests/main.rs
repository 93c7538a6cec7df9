//! Whole wakes of a thing, on a bench in virtual time.

mod bench;
mod differences;
mod differences_once;
mod differences_shade;
mod properties;
mod shade;
mod signal;
