//! The service as a whole: the time and a request in, the answer and what is to be known about it out.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::Value;

use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{Exchange, NoOperation, RequestRecord, ShadowEvent, ShadowTopic};
use crate::json::Json;
use crate::message::Request;
use crate::policy::Policy;
use crate::route::{Invalid, Operation, Page, Route, Unrouted, route};
use crate::settings::Settings;
use crate::shadow::{
    Applied, MESSAGE_BYTES_MAX, ShadowError, ShadowId, ThingName, apply, get_document,
};
use crate::sigv4::explain::{Explanation, explain};
use crate::sigv4::{Identity, Keyring, Refusal, Rules, verify};
use crate::store::{Change, Store};

/// The shadow service as one machine. It has no clock: each call says what time it is for the caller, and the cloud's
/// own time is that plus [`FakeShadow::clock_offset`].
///
/// ```
/// use fake_shadow::clock::UnixMillis;
/// use fake_shadow::shadow::ShadowId;
/// use fake_shadow::{FakeShadow, Settings};
///
/// let mut cloud = FakeShadow::new(Settings::default());
/// let lamp = ShadowId::classic("lamp")?;
/// let now = UnixMillis::from_secs(1_700_000_000);
/// cloud.update(now, &lamp, &serde_json::json!({ "state": { "desired": { "on": true } } }))?;
/// let shadow = cloud.shadow(now, &lamp).ok_or("no shadow")?;
/// assert_eq!(shadow["state"]["delta"]["on"], true);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct FakeShadow {
    settings: Settings,
    rules: Rules,
    store: Store,
    chance: ChaCha8Rng,
}

/// An update that was accepted from the app side.
#[derive(Debug, Clone, PartialEq)]
pub struct Accepted {
    /// What the service answers: what was sent, its times, and the new version.
    pub document: Value,
    /// The new version.
    pub version: u64,
    /// The messages about it.
    pub events: Vec<ShadowEvent>,
}

/// Why a request was refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The signature is right, and a policy does not allow what was asked for.
    Denied {
        /// The action, as `iot:GetThingShadow`.
        action: &'static str,
        /// The resource, as `thing/lamp`.
        resource: String,
    },
    /// A name or parameter breaks its rule.
    Invalid(Invalid),
    /// The body is larger than any message may be.
    MessageTooLarge {
        /// How many bytes came; the limit is [`MESSAGE_BYTES_MAX`].
        bytes: usize,
    },
    /// A rule of shadows is broken.
    Shadow(ShadowError),
    /// The signature is refused.
    Signature(Refusal),
    /// There is no such path or method.
    Unrouted(Unrouted),
}

/// Says why signatures were refused, in more words than AWS's.
#[derive(Debug, Clone)]
pub struct Explainer {
    keyring: Keyring,
    rules: Rules,
}

impl Explainer {
    /// The explanation of a refusal; `cloud_time` is that of the request. Bounded, but some tens of milliseconds.
    #[must_use]
    pub fn explain(
        &self,
        cloud_time: UnixMillis,
        request: &Request,
        refusal: &Refusal,
    ) -> Explanation {
        explain(request, cloud_time, &self.keyring, &self.rules, refusal)
    }
}

/// What an operation did.
struct Done {
    body: Vec<u8>,
    events: Vec<ShadowEvent>,
    version: Option<u64>,
}

impl FakeShadow {
    /// A cloud without shadows.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let rules = Rules { window: settings.window, ..Rules::data_plane(&settings.region) };
        let chance = ChaCha8Rng::seed_from_u64(settings.seed);
        Self { settings, rules, store: Store::default(), chance }
    }

    /// Answers a request that came in `now`.
    pub fn handle(&mut self, now: UnixMillis, request: &Request) -> Exchange {
        self.handle_routed(now, request, &route(request))
    }

    /// As [`FakeShadow::handle`], with a request whose way is known.
    pub(crate) fn handle_routed(
        &mut self,
        now: UnixMillis,
        request: &Request,
        routed: &Result<Route, Unrouted>,
    ) -> Exchange {
        let cloud_time = self.cloud_time(now);
        let id = self.request_id();
        let verdict = verify(request, cloud_time, &self.settings.keyring, &self.rules);
        let operation = NoOperation::or_operation(routed);
        let done = self
            .admit(request, routed, &verdict, &operation)
            .and_then(|operation| self.perform(cloud_time, operation, &id, &request.body));
        let (response, events, version, refused) = match done {
            Ok(Done { body, events, version }) => {
                (answer::success(&id, body), events, version, None)
            }
            Err(refused) => {
                (answer::refusal(&id, &refused, request), Vec::new(), None, Some(refused))
            }
        };
        let record = RequestRecord { id, cloud_time, operation, verdict, refused, events, version };
        Exchange { response, record }
    }

    /// The checks before an operation, in the service's order: signature, path, policy, names, size of the message.
    fn admit<'a>(
        &self,
        request: &Request,
        routed: &Result<Route, Unrouted>,
        verdict: &Result<Identity, Refusal>,
        operation: &'a Result<Operation, NoOperation>,
    ) -> Result<&'a Operation, Refused> {
        let identity = verdict.as_ref().map_err(|refusal| Refused::Signature(refusal.clone()))?;
        let route = routed.as_ref().map_err(|unrouted| Refused::Unrouted(*unrouted))?;
        let (action, resource) = (route.action.policy_name(), route.policy_resource());
        let policy = self.settings.policies.get(&identity.access_key_id);
        if policy.is_some_and(|policy| !policy.allows(action, &resource)) {
            return Err(Refused::Denied { action, resource });
        }
        let operation = operation.as_ref().map_err(|error| match error {
            NoOperation::Invalid(invalid) => Refused::Invalid(invalid.clone()),
            NoOperation::Unrouted(unrouted) => Refused::Unrouted(*unrouted),
        })?;
        match request.body.len() {
            bytes if bytes > MESSAGE_BYTES_MAX => Err(Refused::MessageTooLarge { bytes }),
            _ => Ok(operation),
        }
    }

    fn perform(
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
            events: update_events(id, &applied),
        })
    }

    /// Deletes a shadow from the app side and says its version.
    ///
    /// # Errors
    /// [`ShadowError::NotFound`] if there is none.
    pub fn delete(&mut self, now: UnixMillis, id: &ShadowId) -> Result<u64, ShadowError> {
        let done = self.delete_at(self.cloud_time(now), id)?;
        Ok(done.version.unwrap_or_default())
    }

    /// The shadow's document as a GET answers it now; none if there is no such shadow.
    #[must_use]
    pub fn shadow(&self, now: UnixMillis, id: &ShadowId) -> Option<Value> {
        let document = get_document(self.store.get(id)?, self.cloud_time(now).secs());
        serde_json::from_slice(&document).ok()
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
        Explainer { keyring: self.settings.keyring.clone(), rules: self.rules.clone() }
    }

    /// Forgets all shadows, the versions of deleted ones too.
    pub fn clear(&mut self) {
        self.store.clear();
    }

    /// Whether something differs from what [`FakeShadow::changes_are_kept`] was last told of.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        self.store.has_changes()
    }

    /// What a file is to keep so that it holds all shadows, and the versions of deleted ones.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.store.changes()
    }

    /// All that [`FakeShadow::changes`] says is in a file.
    pub fn changes_are_kept(&mut self) {
        self.store.changes_are_kept();
    }

    /// Takes one shadow from a file; false if `kept` is not in the form of [`FakeShadow::changes`].
    #[must_use = "a shadow that cannot be read must not be lost in silence"]
    pub fn restore(&mut self, id: ShadowId, kept: &[u8]) -> bool {
        self.store.restore(id, kept)
    }

    fn update_at(
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

    fn delete_at(&mut self, now: UnixMillis, id: &ShadowId) -> Result<Done, ShadowError> {
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

    /// A version 4 UUID of the seed.
    pub(crate) fn request_id(&mut self) -> String {
        let mut bytes = [0; 16];
        self.chance.fill_bytes(&mut bytes);
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = format!("{:032x}", u128::from_be_bytes(bytes));
        let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        parts.join("-")
    }
}

/// The messages about an update: the delta if there is one, then the documents, then the acceptance.
fn update_events(id: &ShadowId, applied: &Applied) -> Vec<ShadowEvent> {
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
