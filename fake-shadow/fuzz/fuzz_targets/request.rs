//! No bytes that come in as a request make the service panic, and what is not signed changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/request.rs"]
mod law;

fuzz_target!(|bytes: &[u8]| law::check(bytes));
