//! Whole handshakes over sockets of this machine, against a server that is not ours.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bench;
mod handshakes;
