//! Why the service refuses.

use std::fmt;

use super::registry::RegistryError;
use crate::operation::Invalid;
use crate::route::Unrouted;
use crate::shadow::{ShadowError, ThingName};
use crate::sigv4::Refusal;
use crate::topic::Topic;

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
    /// The topic retains no message.
    NothingRetained {
        /// The topic.
        topic: Topic,
    },
    /// A rule of the registry is broken.
    Registry(RegistryError),
    /// A rule of shadows is broken.
    Shadow(ShadowError),
    /// The signature is refused.
    Signature(Refusal),
    /// Too many requests came within a second.
    Throttled(Throttled),
    /// More topics would retain a message than [`RETAINED_MESSAGES_MAX`](super::RETAINED_MESSAGES_MAX).
    TooManyRetained,
    /// There is no such path or method.
    Unrouted(Unrouted),
}

/// Whose rate was exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Throttled {
    /// That of the account.
    Account {
        /// How many requests may come within a second.
        per_second: u32,
    },
    /// That of one thing.
    Thing {
        /// The thing.
        thing: ThingName,
        /// How many requests may come within a second.
        per_second: u32,
    },
}

impl fmt::Display for Throttled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account { per_second } => {
                write!(formatter, "more than {per_second} requests a second for the account")
            }
            Self::Thing { thing, per_second } => {
                write!(formatter, "more than {per_second} requests a second for the thing {thing}")
            }
        }
    }
}

impl From<ShadowError> for Refused {
    fn from(error: ShadowError) -> Self {
        Self::Shadow(error)
    }
}
