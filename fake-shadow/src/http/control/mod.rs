//! The control interface: what a person or a script may see and do beside the service itself, under [`CONTROL_PREFIX`].
//!
//! It shows no secret: of a request's session token it says only that there was one.

mod answer;
mod events;
mod router;

pub use router::CONTROL_PREFIX;
pub(super) use router::{Control, router};
