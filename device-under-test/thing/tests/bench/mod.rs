//! A bench in virtual time for the tests: one device, one shadow, and all that can go wrong between
//! them.

pub(crate) mod cloud;
mod device;

pub(crate) use device::{Bench, CONFIG, START_UNIX_MS, Seen, Trouble, bench, bench_settled};
