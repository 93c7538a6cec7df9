//! The rules of shadow documents: what an update may say, what becomes of it, and what is told to whom.
//!
//! [`apply`] is the whole of it: the shadow before, the request document, the time and the limits go in; the shadow
//! after and the messages about it come out, or the refusal in AWS's words. Nothing here knows HTTP or signatures.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod delta;
mod document;
mod error;
mod limits;
mod merge;
mod metadata;
mod name;
mod request;
mod stored;
mod update;

pub use document::{Shadow, get_document};
pub use error::ShadowError;
pub use limits::{
    CLIENT_TOKEN_BYTES_MAX, DOCUMENT_BYTES_MAX, LEVELS_MAX, LIST_PAGE_DEFAULT, LIST_PAGE_MAX,
    Limits, MESSAGE_BYTES_MAX, SHADOW_NAME_BYTES_MAX, THING_NAME_BYTES_MAX, TOMBSTONE_LIFE,
};
pub use name::{NameError, ShadowId, ShadowName, ThingName};
pub use update::{Applied, Before, apply};
