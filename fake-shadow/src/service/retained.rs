//! Messages that topics retain. They can be listed and read over REST; there is nobody to deliver them to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::refused::Refused;
use crate::clock::UnixMillis;
use crate::kept::{Change, Item};
use crate::paging::Page;
use crate::topic::Topic;

/// How many topics may retain a message here; the real service has room for many more.
pub const RETAINED_MESSAGES_MAX: usize = 1000;

/// All messages that topics retain.
#[derive(Debug, Clone, Default)]
pub(super) struct Retained {
    messages: BTreeMap<Topic, Message>,
    /// The topics whose message differs from what was last taken for a file.
    changed: BTreeSet<Topic>,
}

/// A message as it was published.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) payload: Vec<u8>,
    pub(super) qos: u8,
    /// As it came in its header: base64 of a JSON array.
    pub(super) user_properties: Option<String>,
    pub(super) published_at: UnixMillis,
}

impl Retained {
    /// Keeps a message. One without content takes away what the topic kept; topics of the service itself keep nothing.
    /// Developer guide, "MQTT retained messages".
    pub(super) fn keep(&mut self, topic: &Topic, message: Message) -> Result<(), Refused> {
        if topic.is_reserved() {
            return Ok(());
        }
        if message.payload.is_empty() {
            if self.messages.remove(topic).is_some() {
                self.changed.insert(topic.clone());
            }
            return Ok(());
        }
        if self.messages.len() >= RETAINED_MESSAGES_MAX && !self.messages.contains_key(topic) {
            return Err(Refused::TooManyRetained);
        }
        self.messages.insert(topic.clone(), message);
        self.changed.insert(topic.clone());
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.changed.extend(std::mem::take(&mut self.messages).into_keys());
    }

    pub(super) fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.changed.iter().map(|topic| Change {
            item: Item::Message(topic.clone()),
            kept: self.messages.get(topic).map(Message::to_stored),
        })
    }

    pub(super) fn changes_are_kept(&mut self) {
        self.changed.clear();
    }

    /// Takes a message from a file; false if that is not in the form of [`Retained::changes`].
    pub(super) fn restore(&mut self, topic: Topic, kept: &[u8]) -> bool {
        let Some(message) = Message::from_stored(kept) else { return false };
        self.messages.insert(topic, message);
        true
    }

    pub(super) fn get(&self, topic: &Topic) -> Result<Value, Refused> {
        let Some(message) = self.messages.get(topic) else {
            return Err(Refused::NothingRetained { topic: topic.clone() });
        };
        let mut shown = json!({
            "topic": topic.as_str(),
            "payload": STANDARD.encode(&message.payload),
            "qos": message.qos,
            "lastModifiedTime": message.published_at.0,
        });
        if let Some(properties) = &message.user_properties {
            shown["userProperties"] = json!(properties);
        }
        Ok(shown)
    }

    pub(super) fn list(&self, page: &Page<Topic>) -> Value {
        let after = page.after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let behind = self.messages.range((after, Bound::Unbounded));
        let (topics, token) = page.cut(behind.map(|(topic, _)| topic));
        let line = |topic: &Topic| {
            let message = &self.messages[topic];
            json!({
                "topic": topic.as_str(),
                "payloadSize": message.payload.len(),
                "qos": message.qos,
                "lastModifiedTime": message.published_at.0,
            })
        };
        let topics: Vec<Value> = topics.into_iter().map(line).collect();
        match token {
            None => json!({ "retainedTopics": topics }),
            Some(token) => json!({ "retainedTopics": topics, "nextToken": token }),
        }
    }
}

impl Message {
    fn to_stored(&self) -> Vec<u8> {
        let stored = json!({
            "payload": STANDARD.encode(&self.payload),
            "qos": self.qos,
            "user_properties": self.user_properties,
            "published_at_ms": self.published_at.0,
        });
        stored.to_string().into_bytes()
    }

    fn from_stored(kept: &[u8]) -> Option<Self> {
        let stored: Value = serde_json::from_slice(kept).ok()?;
        Some(Self {
            payload: STANDARD.decode(stored["payload"].as_str()?).ok()?,
            qos: u8::try_from(stored["qos"].as_u64()?).ok()?,
            user_properties: match &stored["user_properties"] {
                Value::Null => None,
                properties => Some(properties.as_str()?.to_owned()),
            },
            published_at: UnixMillis(stored["published_at_ms"].as_i64()?),
        })
    }
}
