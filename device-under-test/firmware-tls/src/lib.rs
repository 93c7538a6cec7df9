//! TLS 1.3 for a chip's firmware: over any socket, without a C compiler, with whole chains checked.
//!
//! The protocol is `embedded-tls`. Its own check of certificates is not used: it takes any certificate for an issuer, wants
//! the server's last certificate to be signed by the root, which fails where a chain carries a cross-signed root as
//! Amazon's does, and knows no IP addresses. What is checked here is checked by `rustls-webpki`, which browsers trust: chain,
//! dates, usage, name or address; with signatures by P-256 and RSA.
//!
//! It needs a heap while a certificate is checked: RSA's numbers, and a copy of the server's certificate.
//!
//! # What it does not do
//!
//! TLS 1.2, P-384, Ed25519, client certificates, revocation, resumption.

#![cfg_attr(not(test), no_std)]

extern crate alloc;
// Chosen by its feature: the numbers of RSA keep their tables behind a lock, which must work without atomic swaps.
use spin as _;

mod roots;
mod session;
mod signature;
mod verify;

pub use roots::{Roots, RootsError};
pub use session::{Memory, Peer, Session, open};
