//! Why the service refuses.

use crate::route::{Invalid, Unrouted};
use crate::shadow::ShadowError;
use crate::sigv4::Refusal;

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The signature is right, and a policy does not allow what was asked for.
    Denied {
        /// The action, as `iot:GetThingShadow`.
        action: &'static str,
        /// The resource, as `thing/lamp`.
        resource: String,
    },
    /// A name or parameter breaks its rule.
    Invalid(Invalid),
    /// The body is larger than any message may be.
    MessageTooLarge {
        /// How many bytes came; the limit is [`MESSAGE_BYTES_MAX`](crate::shadow::MESSAGE_BYTES_MAX).
        bytes: usize,
    },
    /// A rule of shadows is broken.
    Shadow(ShadowError),
    /// The signature is refused.
    Signature(Refusal),
    /// There is no such path or method.
    Unrouted(Unrouted),
}
