//! Messages on the topics of the cloud's broker.

use serde_json::{Value, json};

use super::event::Party;
use super::exchange::body_value;

/// A message that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic, as `lamps/1/state`.
    pub topic: String,
    /// The content as text.
    pub payload: String,
    /// 0 or 1.
    pub qos: u8,
    /// Whether it was published so that the topic keeps it.
    pub retain: bool,
    /// Who published it. Other clients of the cloud cannot be told from the device.
    pub by: Party,
}

impl Message {
    /// The content as JSON, or as text where it is not JSON; nothing for an empty one.
    #[must_use]
    pub fn payload_value(&self) -> Option<Value> {
        body_value(&self.payload)
    }

    /// The message in a few words, without its content.
    #[must_use]
    pub fn short(&self) -> String {
        let Self { topic, qos, retain, by, .. } = self;
        let qos = if *qos > 0 { format!(", qos {qos}") } else { String::new() };
        let retained = if *retain { ", retained" } else { "" };
        format!("message on {topic} by the {}{qos}{retained}", by.word())
    }

    /// The message as it stands in `events.jsonl`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Self { topic, payload, qos, retain, by } = self;
        json!({ "topic": topic, "payload": payload, "qos": qos, "retain": retain, "by": by.word() })
    }
}
