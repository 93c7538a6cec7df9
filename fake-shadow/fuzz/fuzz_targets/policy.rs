//! A policy never allows what it does not mention, and a denial of everything denies everything.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../laws/policy.rs"]
mod law;

fuzz_target!(|text: &str| law::check(text));
