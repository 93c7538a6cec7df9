//! The laws of documents hold for any bytes: the version counts, what is shown is JSON, and the same update twice changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/document.rs"]
mod law;

fuzz_target!(|bytes: &[u8]| law::check(bytes));
