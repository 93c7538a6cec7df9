//! AWS Signature Version 4 as a server checks it: [`verify()`] says who signed a request, or why it is refused.
//!
//! What it is not: a signer, and a store of keys. The keys, the time and the request come in as values.
//!
//! ```text
//! Request ─▶ parse::Claim ─▶ canonical::CanonicalRequest ─▶ signing_key ─▶ verify ─▶ Identity | Refusal
//!            what it says    what it should have signed      the arithmetic
//! ```
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod canonical;
pub mod credential;
pub(crate) mod escape;
pub mod explain;
pub mod parse;
pub mod refusal;
pub mod rules;
pub mod signing_key;
pub mod timestamp;
pub mod verify;

pub use credential::{Credential, Keyring, Secret};
pub use explain::{Explanation, explain};
pub use refusal::Refusal;
pub use rules::{PresignedToken, Rules};
pub use verify::{Identity, verify};
