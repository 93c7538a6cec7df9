//! Why a signature was refused, proven where it can be.
//!
//! AWS says little about a wrong signature. This service knows the secret, so it can make each known mistake itself and see
//! which one gives the signature that came: that is proof, not a guess. What can be seen in a request, as a wrong clock or
//! scope, needs no computing.
//!
//! One file holds one kind of mistake; [`FAMILIES`] is the table of all, and `docs/signature-mistakes.md` is made from it.

mod channel;
mod diagnosis;
mod difference;
mod explanation;
mod made;
mod mistake;
mod recipe;
mod redact;
mod render;
mod search;
mod situation;

mod body;
mod bytes;
mod clock;
mod credential;
mod form;
mod headers;
mod host;
mod key;
mod method;
mod output;
mod path;
mod query;
mod rewritten;
mod scope;
mod secret;
mod shape;
mod signed_headers;
mod string_to_sign;

pub use channel::{HASH_HEADER, TEXT_HEADER};
pub use diagnosis::explain;
pub use explanation::{
    Difference, Explanation, Fact, Finding, Outcome, Proof, ServerSide, Vouched,
};
pub use mistake::{FAMILIES, Family, Topic};
pub use search::RECOMPUTATIONS_MAX;

#[cfg(test)]
mod tests;
