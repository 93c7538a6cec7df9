//! Messages in a recording.

use serde_json::json;

use super::items::What;
use crate::engine::event::{Message, Party};
use crate::engine::{Event, Log};

/// What a message means: the rig's can be published again, the device's waited for. What the shadow service publishes comes of what was done.
pub(super) fn said(message: &Message) -> Option<What> {
    match message.by {
        Party::Cloud => None,
        Party::Device => Some(What::Message(message.clone())),
        Party::Rig => {
            let Message { topic, payload, qos, retain, by: _ } = message;
            let mut publish = json!({ "topic": topic });
            if !payload.is_empty() {
                publish["payload"] = payload.as_str().into();
            }
            if *qos > 0 {
                publish["qos"] = (*qos).into();
            }
            if *retain {
                publish["retain"] = true.into();
            }
            Some(What::Act(json!({ "publish": publish })))
        }
    }
}

/// Whether a request published something, so that a message tells what it was for.
pub(super) fn has_published(log: &Log, request: usize) -> bool {
    let behind = log.from(request + 1).map(|(_, entry)| &entry.event);
    let its_own = behind.take_while(|event| !matches!(event, Event::Request(_)));
    its_own
        .into_iter()
        .any(|event| matches!(event, Event::Message(message) if message.by == Party::Device))
}
