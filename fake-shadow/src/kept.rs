//! What a file is to keep of the cloud, piece by piece.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

use crate::shadow::{ShadowId, ThingName};
use crate::topic::Topic;

/// Something that a file keeps on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The message that a topic retains.
    Message(Topic),
    /// A shadow, or the version of a deleted one.
    Shadow(ShadowId),
    /// A thing of the registry.
    Thing(ThingName),
}

/// What a file is to keep of one item, or to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The item.
    pub item: Item,
    /// What to keep; none to forget it.
    pub kept: Option<Vec<u8>>,
}

impl fmt::Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(topic) => {
                write!(formatter, "the message of the topic {}", topic.as_str())
            }
            Self::Shadow(id) => write!(formatter, "the shadow {id}"),
            Self::Thing(thing) => write!(formatter, "the thing {thing}"),
        }
    }
}
