//! No bytes that come in as a request make the service panic, and what is not signed changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/request.rs"]
mod law;

/// One request in so many is explained, which takes a thousand times as long as to serve it.
const EXPLAINED_ONE_IN: u8 = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some(refused) = law::served(bytes) else { return };
    let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    if sum % EXPLAINED_ONE_IN == 0 {
        law::explained(&refused);
    }
});
