//! Messages that topics retain. They can be listed and read over REST; there is nobody to deliver them to.

use std::collections::BTreeMap;
use std::ops::Bound;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::refused::Refused;
use crate::clock::UnixMillis;
use crate::operation::{Page, Topic};

/// How many topics may retain a message here; the real service has room for many more.
pub const RETAINED_MESSAGES_MAX: usize = 1000;

/// All messages that topics retain.
#[derive(Debug, Clone, Default)]
pub(super) struct Retained {
    messages: BTreeMap<Topic, Message>,
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
            self.messages.remove(topic);
            return Ok(());
        }
        if self.messages.len() >= RETAINED_MESSAGES_MAX && !self.messages.contains_key(topic) {
            return Err(Refused::TooManyRetained);
        }
        self.messages.insert(topic.clone(), message);
        Ok(())
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
