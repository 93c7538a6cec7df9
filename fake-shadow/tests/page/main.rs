//! The live page over a real socket: what browsers are told, and who is let in.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up must fail")]

#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;

mod door;
mod program;
mod served;
mod site;
