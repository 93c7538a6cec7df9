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
use crate::operation::Operation;
use crate::paging::Page;
use crate::shadow::{Applied, ShadowError, ShadowId, ShadowName, ThingName, apply, get_document};
use crate::topic::ShadowRequest;

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
            Operation::DeleteThingShadow(id) => self.delete_at(now, id)?,
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
                if publishing.is_retained {
                    self.retained.keep(topic, message(request, publishing.qos, now))?;
                }
                let body = answer::published(request_id);
                let done = topic.shadow_request().map(|asked| match asked {
                    ShadowRequest::Delete(id) => self.delete_at(now, &id),
                    ShadowRequest::Update(id) => self
                        .update_at(now, &id, &request.body)
                        .map(|applied| Done::updated(&id, applied)),
                });
                match done {
                    // Over MQTT the refusal would be a message to whoever published; here nobody could hear it.
                    None | Some(Err(_)) => Done { body, events: Vec::new(), version: None },
                    Some(Ok(done)) => Done { body, ..done },
                }
            }
            Operation::UpdateThing(thing) => {
                Done::only(&self.registry.update(thing, &request.body)?)
            }
            Operation::UpdateThingShadow(id) => {
                Done::updated(id, self.update_at(now, id, &request.body)?)
            }
        })
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
        let event = ShadowEvent::deleted(id.clone(), Value::from(&deleted));
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
