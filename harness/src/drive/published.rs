//! What is published in the cloud: by devices over HTTPS, by the shadow service about shadows, and by the rig.

use fake_shadow::clock::UnixMillis;
use fake_shadow::event::{ShadowEvent, ShadowTopic};
use fake_shadow::fault::{Delivery, Faulty};
use fake_shadow::message::Request as CloudRequest;
use fake_shadow::operation::{Operation, Publishing};
use fake_shadow::service::{RETAINED_MESSAGES_MAX, Refused};
use fake_shadow::shadow::MESSAGE_BYTES_MAX;
use fake_shadow::topic::Topic;
use serde_json::Value;

use crate::engine::action::MessageOrder;
use crate::engine::event::{Message, Party};
use crate::engine::{ActionError, Event};

/// The message that a request published, where the cloud took it, or the real one did.
pub(super) fn message(request: &CloudRequest, delivery: &Delivery) -> Option<Message> {
    let Ok(Operation::Publish(topic, publishing)) = &delivery.operation else { return None };
    let is_taken = match (&delivery.passed, &delivery.exchange) {
        (Some(passed), _) => passed.answer.as_ref().is_ok_and(|answer| answer.status == 200),
        (None, Some(exchange)) => exchange.record.refused.is_none(),
        (None, None) => false,
    };
    is_taken.then(|| Message {
        topic: topic.as_str().to_owned(),
        payload: String::from_utf8_lossy(&request.body).into_owned(),
        qos: publishing.qos,
        retain: publishing.is_retained,
        by: Party::Device,
    })
}

/// What the shadow service publishes, as a subscriber gets it.
pub(super) fn by_shadow_service(event: &ShadowEvent) -> Message {
    Message {
        topic: event.full_topic(),
        payload: event.payload().to_string(),
        qos: 0,
        retain: false,
        by: Party::Cloud,
    }
}

/// Publishes from the app side; gives what the shadow service publishes about it, too.
///
/// # Errors
///
/// It is no topic, or the cloud does not take the message.
pub(super) fn publish(
    cloud: &mut Faulty,
    now: UnixMillis,
    order: &MessageOrder,
) -> Result<(Event, Vec<ShadowEvent>), ActionError> {
    let MessageOrder { topic, payload, qos, retain } = order;
    let what = format!("publish on {topic}");
    let Some(known) = Topic::new(topic) else {
        return Err(ActionError::new(what, "that is no topic that can be published to")
            .help("a topic has 1 to 256 bytes, 7 slashes at most, and no `+` or `#`"));
    };
    let publishing = Publishing { qos: *qos, is_retained: *retain };
    let published =
        cloud.cloud_mut().publish(now, &known, publishing, payload.clone().into_bytes());
    let published = published.map_err(|refused| match refused {
        Refused::MessageTooLarge { bytes } => ActionError::new(
            what,
            format!("the message has {bytes} bytes; {MESSAGE_BYTES_MAX} are the most"),
        ),
        Refused::TooManyRetained => ActionError::new(
            what,
            format!("{RETAINED_MESSAGES_MAX} topics keep a message already, the most here"),
        ),
        refused => ActionError::new(what, format!("the cloud refused it: {refused:?}")),
    })?;
    let message = Message {
        topic: topic.clone(),
        payload: payload.clone(),
        qos: *qos,
        retain: *retain,
        by: Party::Rig,
    };
    Ok((Event::Message(message), published))
}

/// The shadow that a request has changed, put together from what the service publishes about the change: so it is the
/// document of that moment, whatever has come since.
pub(super) fn changed(published: &[ShadowEvent], by: Party) -> Option<Event> {
    let payload = |topic: ShadowTopic| {
        published.iter().find(|event| event.topic == topic).map(ShadowEvent::payload)
    };
    let name = published.first()?.shadow.name.as_ref().map(ToString::to_string);
    if payload(ShadowTopic::DeleteAccepted).is_some() {
        return Some(Event::Shadow { name, by, document: None });
    }
    let mut document = payload(ShadowTopic::UpdateDocuments)?.get("current")?.clone();
    if let (Some(delta), Some(Value::Object(state))) =
        (payload(ShadowTopic::UpdateDelta), document.get_mut("state"))
    {
        state.insert("delta".to_owned(), delta.get("state").cloned().unwrap_or_default());
    }
    Some(Event::Shadow { name, by, document: Some(document) })
}
