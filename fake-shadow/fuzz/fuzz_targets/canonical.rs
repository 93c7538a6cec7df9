//! Canonical requests have their form whatever the request is: first line the target, behind it headers, one head value each.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/canonical.rs"]
mod law;

fuzz_target!(|text: &str| law::check(text));
