//! The control interface: what a person or a script may see and do beside the service itself, under [`CONTROL_PREFIX`].
//!
//! It shows no secret: of a request's session token it says only that there was one. `guard` says who is let in.

mod answer;
mod events;
mod guard;
mod page;
mod router;
mod token;

pub use router::CONTROL_PREFIX;
pub(super) use router::{Control, router};
pub use token::{TOKEN_LETTERS_MIN, Token, TokenError};
