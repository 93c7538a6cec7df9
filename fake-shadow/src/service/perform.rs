//! What each operation does.

use std::sync::Arc;

use serde_json::{Value, json};

use super::cloud::{FakeShadow, uuid};
use super::refused::Refused;
use super::retained::Message;
use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{ShadowEvent, ShadowTopic};
use crate::json::Json;
use crate::message::Request;
use crate::operation::{Operation, Publishing};
use crate::paging::Page;
use crate::shadow::{
    Applied, CLIENT_TOKEN_BYTES_MAX, ShadowError, ShadowId, ShadowName, ThingName, apply,
    get_document,
};
use crate::topic::{ShadowRequest, Topic};

/// What an operation did.
pub(super) struct Done {
    pub(super) body: Vec<u8>,
    pub(super) events: Vec<ShadowEvent>,
    pub(super) version: Option<u64>,
}

impl Done {
    /// An answer that is not about a shadow.
    fn only(body: &Value) -> Self {
        Self { body: body.to_string().into_bytes(), events: Vec::new(), version: None }
    }

    /// The answer to an update.
    fn updated(id: &ShadowId, applied: Applied) -> Self {
        Self {
            body: applied.accepted_bytes(),
            version: Some(applied.shadow.version()),
            events: update_events(id, applied),
        }
    }
}

/// Where the data plane is: where this request came to, so that a client told so finds it.
fn endpoint(request: &Request) -> Value {
    let host = request.header("host").unwrap_or_default();
    json!({ "endpointAddress": String::from_utf8_lossy(host) })
}

fn message(request: &Request, qos: u8, now: UnixMillis) -> Message {
    let properties = request.header("x-amz-mqtt5-user-properties");
    Message {
        payload: request.body.clone(),
        qos,
        user_properties: properties.map(|value| String::from_utf8_lossy(value).into_owned()),
        published_at: now,
    }
}

/// A message of the service with the token by which its client knows it again, if it sent one that may be. Developer guide, "Device
/// Shadow MQTT topics".
fn with_token(mut message: Value, payload: &[u8]) -> Value {
    let asked: Value = serde_json::from_slice(payload).unwrap_or_default();
    let token = asked.get("clientToken").and_then(Value::as_str);
    if let Some(token) = token.filter(|token| token.len() <= CLIENT_TOKEN_BYTES_MAX) {
        message["clientToken"] = token.into();
    }
    message
}

impl FakeShadow {
    pub(super) fn perform(
        &mut self,
        now: UnixMillis,
        operation: &Operation,
        request_id: &str,
        request: &Request,
    ) -> Result<Done, Refused> {
        let region = self.settings.region.as_str();
        Ok(match operation {
            Operation::CreateThing(thing) => {
                let id = uuid(&mut self.chance);
                Done::only(&self.registry.create(region, thing, &request.body, id)?)
            }
            Operation::DeleteThing(thing, expected) => {
                Done::only(&self.registry.delete(thing, *expected)?)
            }
            Operation::DeleteThingShadow(id) => self.delete_at(now, id, &[])?,
            Operation::DescribeEndpoint => Done::only(&endpoint(request)),
            Operation::DescribeThing(thing) => Done::only(&self.registry.describe(region, thing)?),
            Operation::GetRetainedMessage(topic) => Done::only(&self.retained.get(topic)?),
            Operation::GetThingShadow(id) => {
                let found = self.store.get(id);
                let shadow = found.ok_or_else(|| ShadowError::NotFound { shadow: id.clone() })?;
                Done {
                    body: get_document(shadow, now.secs()),
                    events: Vec::new(),
                    version: Some(shadow.version()),
                }
            }
            Operation::ListNamedShadowsForThing(thing, page) => self.list_at(now, thing, page),
            Operation::ListRetainedMessages(page) => Done::only(&self.retained.list(page)),
            Operation::ListThings(page, filter) => {
                Done::only(&self.registry.list(region, page, filter))
            }
            Operation::Publish(topic, publishing) => {
                let done =
                    self.publish_at(topic, *publishing, message(request, publishing.qos, now))?;
                Done { body: answer::published(request_id), ..done }
            }
            Operation::UpdateThing(thing) => {
                Done::only(&self.registry.update(thing, &request.body)?)
            }
            Operation::UpdateThingShadow(id) => {
                Done::updated(id, self.update_at(now, id, &request.body)?)
            }
        })
    }

    /// What a message does: its topic may keep it, and the shadow service acts on those to its own topics.
    pub(super) fn publish_at(
        &mut self,
        topic: &Topic,
        publishing: Publishing,
        message: Message,
    ) -> Result<Done, Refused> {
        let now = message.published_at;
        let asked = topic.shadow_request();
        let payload = if asked.is_some() { message.payload.clone() } else { Vec::new() };
        if publishing.is_retained {
            self.retained.keep(topic, message)?;
        }
        let nothing = Done { body: Vec::new(), events: Vec::new(), version: None };
        let Some(asked) = asked else { return Ok(nothing) };
        let (id, rejected) = match &asked {
            ShadowRequest::Delete(id) => (id, ShadowTopic::DeleteRejected),
            ShadowRequest::Get(id) => (id, ShadowTopic::GetRejected),
            ShadowRequest::Update(id) => (id, ShadowTopic::UpdateRejected),
        };
        let done = match &asked {
            ShadowRequest::Delete(id) => self.delete_at(now, id, &payload),
            ShadowRequest::Get(id) => self.told_at(now, id, &payload),
            ShadowRequest::Update(id) => {
                self.update_at(now, id, &payload).map(|applied| Done::updated(id, applied))
            }
        };
        Ok(done.unwrap_or_else(|error| {
            let refusal = json!({ "code": error.status(), "message": error.message() });
            let refusal = with_token(refusal, &payload);
            Done { events: vec![ShadowEvent::said(id.clone(), rejected, refusal)], ..nothing }
        }))
    }

    /// What the service publishes about a shadow to whoever asks for it by a message.
    fn told_at(&self, now: UnixMillis, id: &ShadowId, payload: &[u8]) -> Result<Done, ShadowError> {
        let document =
            self.shadow_at(now, id).ok_or_else(|| ShadowError::NotFound { shadow: id.clone() })?;
        let document = with_token(document, payload);
        let events = vec![ShadowEvent::said(id.clone(), ShadowTopic::GetAccepted, document)];
        Ok(Done { body: Vec::new(), events, version: None })
    }

    pub(super) fn update_at(
        &mut self,
        now: UnixMillis,
        id: &ShadowId,
        document: &[u8],
    ) -> Result<Applied, ShadowError> {
        let limits = &self.settings.limits;
        let before = self.store.before(id, now, limits.tombstone_life);
        let applied = apply(before, document, now, limits)?;
        self.store.put(id, Arc::clone(&applied.shadow));
        Ok(applied)
    }

    pub(super) fn delete_at(
        &mut self,
        now: UnixMillis,
        id: &ShadowId,
        payload: &[u8],
    ) -> Result<Done, ShadowError> {
        let version = self
            .store
            .delete(id, now)
            .ok_or_else(|| ShadowError::NotFound { shadow: id.clone() })?;
        let deleted = Json::object([
            ("version", Json::integer(version)),
            ("timestamp", Json::integer(now.secs())),
        ]);
        let body = deleted.to_compact();
        let message = with_token(Value::from(&deleted), payload);
        let event = ShadowEvent::said(id.clone(), ShadowTopic::DeleteAccepted, message);
        Ok(Done { body, events: vec![event], version: Some(version) })
    }

    fn list_at(&self, now: UnixMillis, thing: &ThingName, page: &Page<ShadowName>) -> Done {
        let (names, token) = page.cut(self.store.names(thing, page.after.as_ref()));
        let results = names.into_iter().map(|name| Json::text(name.as_str())).collect();
        let body = answer::list(results, token, now.secs());
        Done { body, events: Vec::new(), version: None }
    }
}

/// The messages about an update: the delta if there is one, then the documents, then the acceptance.
pub(super) fn update_events(id: &ShadowId, applied: Applied) -> Vec<ShadowEvent> {
    let delta = applied.has_delta().then_some(ShadowTopic::UpdateDelta);
    let topics = [ShadowTopic::UpdateDocuments, ShadowTopic::UpdateAccepted];
    let applied = Arc::new(applied);
    let event = |topic| ShadowEvent::updated(id.clone(), topic, Arc::clone(&applied));
    delta.into_iter().chain(topics).map(event).collect()
}
