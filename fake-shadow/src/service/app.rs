//! The app side: acting on the cloud without a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::cloud::FakeShadow;
use super::explainer::Explainer;
use super::perform::{Done, update_events};
use super::refused::Refused;
use super::retained::Message;
use crate::clock::UnixMillis;
use crate::event::ShadowEvent;
use crate::kept::{Change, Item};
use crate::operation::Publishing;
use crate::policy::Policy;
use crate::settings::Settings;
use crate::shadow::{MESSAGE_BYTES_MAX, ShadowError, ShadowId, ThingName, get_document};
use crate::topic::Topic;

/// An update or a deletion that was accepted from the app side.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// What the service answers: what was sent, its times, and the new version.
    pub document: Value,
    /// The new version.
    pub version: u64,
    /// The messages about it.
    pub events: Vec<ShadowEvent>,
}

impl FakeShadow {
    /// Updates a shadow from the app side, by the same rules as over HTTP; nobody signs and no policy is asked.
    ///
    /// # Errors
    /// [`ShadowError`] says which rule was broken; then nothing changes.
    pub fn update(
        &mut self,
        now: UnixMillis,
        id: &ShadowId,
        document: &Value,
    ) -> Result<Accepted, ShadowError> {
        let applied = self.update_at(self.cloud_time(now), id, document.to_string().as_bytes())?;
        Ok(Accepted {
            document: applied.accepted(),
            version: applied.shadow.version(),
            events: update_events(id, applied),
        })
    }

    /// Deletes a shadow from the app side; the version is that of the shadow that is gone.
    ///
    /// # Errors
    /// [`ShadowError::NotFound`] if there is none.
    pub fn delete(&mut self, now: UnixMillis, id: &ShadowId) -> Result<Accepted, ShadowError> {
        let Done { body, events, version } = self.delete_at(self.cloud_time(now), id, &[])?;
        let document = serde_json::from_slice(&body).unwrap_or_default();
        Ok(Accepted { document, version: version.unwrap_or_default(), events })
    }

    /// Publishes a message from the app side, by the same rules as over HTTP, and says what the shadow service publishes about it:
    /// something if the topic is one that asks for a shadow.
    ///
    /// # Errors
    /// [`Refused::TooManyRetained`], [`Refused::MessageTooLarge`]; then nothing changes.
    pub fn publish(
        &mut self,
        now: UnixMillis,
        topic: &Topic,
        publishing: Publishing,
        payload: Vec<u8>,
    ) -> Result<Vec<ShadowEvent>, Refused> {
        if payload.len() > MESSAGE_BYTES_MAX {
            return Err(Refused::MessageTooLarge { bytes: payload.len() });
        }
        let published_at = self.cloud_time(now);
        let message = Message { payload, qos: publishing.qos, user_properties: None, published_at };
        self.publish_at(topic, publishing, message).map(|done| done.events)
    }

    /// The shadow's document as a GET answers it now; none if there is no such shadow.
    #[must_use]
    pub fn shadow(&self, now: UnixMillis, id: &ShadowId) -> Option<Value> {
        self.shadow_at(self.cloud_time(now), id)
    }

    /// The same by the cloud's own time.
    pub(super) fn shadow_at(&self, now: UnixMillis, id: &ShadowId) -> Option<Value> {
        serde_json::from_slice(&get_document(self.store.get(id)?, now.secs())).ok()
    }

    /// The things that have a shadow, in order.
    #[must_use]
    pub fn things(&self) -> BTreeSet<ThingName> {
        self.store.ids().map(|id| id.thing).collect()
    }

    /// All shadows, by thing and then by name; the classic one of a thing comes first.
    pub fn shadows(&self) -> impl Iterator<Item = ShadowId> {
        self.store.ids()
    }

    /// How far the cloud's clock is ahead of the caller's, in milliseconds; below zero it is behind.
    #[must_use]
    pub const fn clock_offset(&self) -> i64 {
        self.settings.clock_offset_ms
    }

    /// Sets the cloud's clock ahead of the caller's, or behind: the `Date` header, time stamps and the signature window
    /// follow it.
    pub const fn set_clock_offset(&mut self, offset_ms: i64) {
        self.settings.clock_offset_ms = offset_ms;
    }

    /// What time it is for the cloud when it is `now` for the caller.
    #[must_use]
    pub const fn cloud_time(&self, now: UnixMillis) -> UnixMillis {
        now.offset_by(self.settings.clock_offset_ms)
    }

    /// How the cloud is set up.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Says what an access key id may do from now on; without a policy it may do everything.
    pub fn set_policy(&mut self, access_key_id: &str, policy: Option<Policy>) {
        match policy {
            Some(policy) => self.settings.policies.insert(access_key_id.to_owned(), policy),
            None => self.settings.policies.remove(access_key_id),
        };
    }

    /// Something that explains refused signatures, apart from the cloud and its shadows.
    #[must_use]
    pub fn explainer(&self) -> Explainer {
        Explainer::new(Arc::clone(&self.examiner))
    }

    /// Forgets all shadows, the versions of deleted ones too, the registry and what topics retain.
    pub fn clear(&mut self) {
        self.store.clear();
        self.registry.clear();
        self.retained.clear();
    }

    /// Whether something differs from what [`FakeShadow::changes_are_kept`] was last told of.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.store.has_changes() || self.registry.has_changes() || self.retained.has_changes()
    }

    /// What a file is to keep so that it holds all shadows, the versions of deleted ones, the registry and what topics retain.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let Self { store, registry, retained, .. } = self;
        store.changes().chain(registry.changes()).chain(retained.changes()).collect()
    }

    /// All that [`FakeShadow::changes`] says is in a file.
    pub fn changes_are_kept(&mut self) {
        self.store.changes_are_kept();
        self.registry.changes_are_kept();
        self.retained.changes_are_kept();
    }

    /// Takes one item from a file; false if `kept` is not in the form of [`FakeShadow::changes`].
    #[must_use = "what cannot be read must not be lost in silence"]
    pub fn restore(&mut self, item: Item, kept: &[u8]) -> bool {
        match item {
            Item::Message(topic) => self.retained.restore(topic, kept),
            Item::Shadow(id) => self.store.restore(id, kept),
            Item::Thing(thing) => self.registry.restore(thing, kept),
        }
    }
}
