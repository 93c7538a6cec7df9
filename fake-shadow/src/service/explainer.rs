//! Explaining refused signatures, apart from the cloud and its shadows.

use crate::clock::UnixMillis;
use crate::message::Request;
use crate::sigv4::explain::{Explanation, explain};
use crate::sigv4::{Keyring, Refusal, Rules};

/// Says why signatures were refused, in more words than AWS's.
#[derive(Debug, Clone)]
pub struct Explainer {
    keyring: Keyring,
    rules: Rules,
}

impl Explainer {
    pub(super) const fn new(keyring: Keyring, rules: Rules) -> Self {
        Self { keyring, rules }
    }

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
