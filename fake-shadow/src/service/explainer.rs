//! Explaining refused signatures, apart from the cloud and its shadows.

use crate::clock::UnixMillis;
use crate::message::Request;
use crate::route::{Plane, route};
use crate::sigv4::explain::{Explanation, explain};
use crate::sigv4::{Keyring, Refusal, Rules};

/// Says why signatures were refused, in more words than AWS's.
#[derive(Debug, Clone)]
pub struct Explainer {
    keyring: Keyring,
    data_rules: Rules,
    control_rules: Rules,
}

impl Explainer {
    pub(super) fn new(keyring: Keyring, [data_rules, control_rules]: [Rules; 2]) -> Self {
        Self { keyring, data_rules, control_rules }
    }

    /// What a signature of this request must satisfy.
    #[must_use]
    pub fn rules(&self, request: &Request) -> &Rules {
        match route(request).map(|route| route.action.plane()) {
            Ok(Plane::Control) => &self.control_rules,
            Ok(Plane::Data) | Err(_) => &self.data_rules,
        }
    }

    /// The explanation of a refusal; `cloud_time` is that of the request. Bounded, but some tens of milliseconds.
    #[must_use]
    pub fn explain(
        &self,
        cloud_time: UnixMillis,
        request: &Request,
        refusal: &Refusal,
    ) -> Explanation {
        explain(request, cloud_time, &self.keyring, self.rules(request), refusal)
    }
}
