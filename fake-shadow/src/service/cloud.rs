//! The machine: from a request to its answer.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::examined::{Examined, Examiner};
use super::perform::Done;
use super::refused::Refused;
use super::registry::Registry;
use super::retained::Retained;
use super::throttle::Throttling;
use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{Exchange, NoOperation, RequestRecord};
use crate::message::Request;
use crate::operation::Operation;
use crate::route::{Plane, Route, Unrouted};
use crate::settings::Settings;
use crate::shadow::MESSAGE_BYTES_MAX;
use crate::sigv4::escape::push_hex;
use crate::sigv4::{Identity, Refusal, SigningKeys, verify_by};
use crate::store::Store;

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
    pub(super) settings: Settings,
    pub(super) examiner: Arc<Examiner>,
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) retained: Retained,
    pub(super) chance: ChaCha8Rng,
    keys: SigningKeys,
    throttling: Throttling,
}

impl FakeShadow {
    /// A cloud without shadows.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            examiner: Arc::new(Examiner::new(&settings)),
            store: Store::default(),
            registry: Registry::default(),
            retained: Retained::default(),
            chance: ChaCha8Rng::seed_from_u64(settings.seed),
            keys: SigningKeys::default(),
            throttling: Throttling::default(),
            settings,
        }
    }

    /// Answers a request that came in `now`.
    pub fn handle(&mut self, now: UnixMillis, request: &Request) -> Exchange {
        self.handle_examined(now, request, &Examined::new(request))
    }

    /// As [`FakeShadow::handle`], with a request of which it is known what it asks for.
    pub(crate) fn handle_examined(
        &mut self,
        now: UnixMillis,
        request: &Request,
        examined: &Examined,
    ) -> Exchange {
        let record = self.examine(now, request, examined);
        let plane = examined.plane();
        let RequestRecord { id, cloud_time, verdict, operation, .. } = &record;
        let done =
            self.admit(request, &examined.routed, verdict, operation).and_then(|operation| {
                self.throttling.admit(now, operation, self.settings.throttle)?;
                self.perform(*cloud_time, operation, id, request)
            });
        let (response, events, version, refused) = match done {
            Ok(Done { body, events, version }) => {
                (answer::success(id, body), events, version, None)
            }
            Err(refused) => {
                (answer::refusal(id, &refused, request, plane), Vec::new(), None, Some(refused))
            }
        };
        Exchange { response, record: RequestRecord { refused, events, version, ..record } }
    }

    /// What is known of a request before anything is done: who signed it, and what for.
    pub(crate) fn examine(
        &mut self,
        now: UnixMillis,
        request: &Request,
        examined: &Examined,
    ) -> RequestRecord {
        let cloud_time = self.cloud_time(now);
        let id = self.request_id();
        let Self { keys, examiner, .. } = self;
        let rules = examiner.rules_of(examined.plane());
        let verdict = verify_by(keys, request, cloud_time, &examiner.keyring, rules);
        RequestRecord {
            id,
            cloud_time,
            operation: examined.operation.clone(),
            verdict,
            refused: None,
            events: Vec::new(),
            version: None,
        }
    }

    /// The answer to a request whose signature is refused, in the service's words; as it stands where it is not refused.
    pub(crate) fn refuse_signature(
        request: &Request,
        routed: &Result<Route, Unrouted>,
        record: RequestRecord,
    ) -> Exchange {
        let refused = record.verdict.as_ref().err().cloned().map(Refused::Signature);
        let response = match &refused {
            Some(refused) => answer::refusal(&record.id, refused, request, plane_of(routed)),
            None => answer::failure(&record.id),
        };
        Exchange { response, record: RequestRecord { refused, ..record } }
    }

    /// The checks before an operation, in the service's order: signature, path, policy, names, size of the message. Rates come
    /// behind them.
    fn admit<'a>(
        &self,
        request: &Request,
        routed: &Result<Route, Unrouted>,
        verdict: &Result<Identity, Refusal>,
        operation: &'a Result<Operation, NoOperation>,
    ) -> Result<&'a Operation, Refused> {
        let identity = verdict.as_ref().map_err(|refusal| Refused::Signature(refusal.clone()))?;
        let route = routed.as_ref().map_err(|unrouted| Refused::Unrouted(*unrouted))?;
        if let Some(policy) = self.settings.policies.get(&identity.access_key_id) {
            let resource = route.policy_resource();
            if let Some(action) =
                route.policy_actions().find(|action| !policy.allows(action, &resource))
            {
                return Err(Refused::Denied { action, resource });
            }
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

    /// A new id for a request.
    pub(crate) fn request_id(&mut self) -> String {
        uuid(&mut self.chance)
    }
}

fn plane_of(routed: &Result<Route, Unrouted>) -> Plane {
    routed.as_ref().map_or(Plane::Data, |route| route.action.plane())
}

/// A version 4 UUID of the seed.
pub(super) fn uuid(chance: &mut ChaCha8Rng) -> String {
    let mut bytes = [0; 16];
    chance.fill_bytes(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        push_hex(&mut text, byte);
    }
    text
}
