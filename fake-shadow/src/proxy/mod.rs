//! A cloud whose service is elsewhere: requests are passed on to the real one, and its answers meet the same faults.
//!
//! ```text
//! request ─▶ fault ─▶ sigv4::verify ─▶ passage ─▶ upstream ─▶ fault ─▶ bytes
//!            Faulty   who signed       as it      the real    what it does
//!            begin    what for         came, or   service     to the answer
//!                                      anew
//! ```
//!
//! A device that signs for the real service's own host name, which a name server leads to the rig, is passed on byte for byte.
//! One that signs for the rig's host is signed anew, with the credentials of whoever runs the rig: the signature covers the
//! host, so it cannot be valid at both. That is done only if its own signature is right, so that the rig never vouches for what
//! the service would have refused.

mod answer;
mod client;
mod endpoint;
mod error;
mod passage;
mod reach;
mod upstream;

pub use answer::{ANSWER_BYTES_MAX, PassedAnswer};
pub use client::{CONTROL_SERVICE, Client, DATA_SERVICE, control_endpoint};
pub use endpoint::{Endpoint, EndpointError};
pub use error::PassError;
pub use passage::{Beyond, How, Passed, Signer};
pub(crate) use passage::{Passage, is_key_known};
pub use reach::{Reach, ReachError, upstream};
pub use upstream::{ANSWER_TIME_MAX, CONNECT_TIME_MAX, TrustError, Upstream};
