//! What each operation does.

use serde_json::Value;

use super::cloud::FakeShadow;
use super::refused::Refused;
use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{ShadowEvent, ShadowTopic};
use crate::json::Json;
use crate::route::{Operation, Page};
use crate::shadow::{Applied, ShadowError, ShadowId, ThingName, apply, get_document};

/// What an operation did.
pub(super) struct Done {
    pub(super) body: Vec<u8>,
    pub(super) events: Vec<ShadowEvent>,
    pub(super) version: Option<u64>,
}

impl FakeShadow {
    pub(super) fn perform(
        &mut self,
        now: UnixMillis,
        operation: &Operation,
        request_id: &str,
        body: &[u8],
    ) -> Result<Done, Refused> {
        match operation {
            Operation::DeleteThingShadow(id) => self.delete_at(now, id).map_err(Refused::Shadow),
            Operation::GetThingShadow(id) => {
                let shadow = self
                    .store
                    .get(id)
                    .ok_or_else(|| Refused::Shadow(ShadowError::NotFound { shadow: id.clone() }))?;
                Ok(Done {
                    body: get_document(shadow, now.secs()),
                    events: Vec::new(),
                    version: Some(shadow.version()),
                })
            }
            Operation::ListNamedShadowsForThing(thing, page) => Ok(self.list_at(now, thing, page)),
            Operation::Publish(_) => {
                Ok(Done { body: answer::published(request_id), events: Vec::new(), version: None })
            }
            Operation::UpdateThingShadow(id) => {
                let applied = self.update_at(now, id, body).map_err(Refused::Shadow)?;
                Ok(Done {
                    body: applied.accepted.to_compact(),
                    version: Some(applied.shadow.version()),
                    events: update_events(id, &applied),
                })
            }
        }
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
        self.store.put(id, applied.shadow.clone());
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
        let event = ShadowEvent {
            shadow: id.clone(),
            topic: ShadowTopic::DeleteAccepted,
            payload: Value::from(&deleted),
        };
        Ok(Done { body: deleted.to_compact(), events: vec![event], version: Some(version) })
    }

    fn list_at(&self, now: UnixMillis, thing: &ThingName, page: &Page) -> Done {
        let mut names = self.store.names(thing, page.after.as_ref());
        let results: Vec<_> = names.by_ref().take(page.size).collect();
        let token = match (results.last(), names.next()) {
            (Some(last), Some(_)) => Some(Page::token_after(last)),
            _ => None,
        };
        let results = results.into_iter().map(|name| Json::text(name.as_str())).collect();
        let body = answer::list(results, token, now.secs());
        Done { body, events: Vec::new(), version: None }
    }
}

/// The messages about an update: the delta if there is one, then the documents, then the acceptance.
pub(super) fn update_events(id: &ShadowId, applied: &Applied) -> Vec<ShadowEvent> {
    let event = |topic, payload| ShadowEvent { shadow: id.clone(), topic, payload };
    let delta = applied.delta().map(|delta| event(ShadowTopic::UpdateDelta, delta));
    delta
        .into_iter()
        .chain([
            event(ShadowTopic::UpdateDocuments, applied.documents()),
            event(ShadowTopic::UpdateAccepted, applied.accepted()),
        ])
        .collect()
}
