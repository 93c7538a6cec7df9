//! AWS Signature Version 4 as a server checks it: [`verify()`] says who signed a request, or why it is refused.
//!
//! What it is not: a store of keys. The keys, the time and the request come in as values. [`sign()`] signs what the rig itself
//! sends to the real service.
//!
//! ```text
//! Request ─▶ parse::Claim ─▶ canonical::CanonicalRequest ─▶ signing_key ─▶ verify ─▶ Identity | Refusal
//!            what it says    what it should have signed      the arithmetic
//! ```
//!
//! ```
//! use fake_shadow::raw_request;
//! use fake_shadow::sigv4::{Credential, Keyring, Rules, explain, timestamp, verify};
//!
//! // The device signed the path as it sent it.
//! let request = raw_request::parse(
//!     b"GET /things/my%3Athing/shadow HTTP/1.1\r\n\
//!       Host: 127.0.0.1:8080\r\n\
//!       X-Amz-Date: 20260102T030405Z\r\n\
//!       Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/iotdata/aws4_request, \
//!       SignedHeaders=host;x-amz-date, \
//!       Signature=aa2e47a7f4d68c17721a6c526467b739d2eb82027aa726b2a92dedcb2dc2cfd2\r\n\r\n",
//! )?;
//! let credential = Credential::long_term("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
//! let keyring: Keyring = [credential].into_iter().collect();
//! let rules = Rules::data_plane("us-east-1");
//! let now = timestamp::parse_basic("20260102T030410Z").ok_or("no time")?;
//!
//! let refusal = verify(&request, now, &keyring, &rules).unwrap_err();
//! assert_eq!((refusal.status(), refusal.code()), (403, "ForbiddenException"));
//! let explanation = explain(&request, now, &keyring, &rules, &refusal);
//! assert_eq!(explanation.findings[0].id, "path-signed-as-sent");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod canonical;
pub mod credential;
pub(crate) mod escape;
pub mod explain;
pub mod parse;
pub mod refusal;
pub mod rules;
pub mod sign;
pub mod signing_key;
pub mod timestamp;
pub mod verify;

pub use credential::{Credential, Keyring, Secret};
pub use explain::{Explanation, explain};
pub use refusal::Refusal;
pub use rules::{PresignedToken, Rules};
pub use sign::{SignFor, sign};
pub use signing_key::SigningKeys;
pub use verify::{Identity, verify, verify_by};
