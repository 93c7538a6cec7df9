//! The machine: from a request to its answer.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::perform::Done;
use super::refused::Refused;
use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{Exchange, NoOperation, RequestRecord};
use crate::message::Request;
use crate::route::{Operation, Route, Unrouted, route};
use crate::settings::Settings;
use crate::shadow::MESSAGE_BYTES_MAX;
use crate::sigv4::{Identity, Refusal, Rules, verify};
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
    pub(super) rules: Rules,
    pub(super) store: Store,
    chance: ChaCha8Rng,
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
