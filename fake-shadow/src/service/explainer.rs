//! Explaining refused signatures, apart from the cloud and its shadows.

use std::sync::Arc;

use super::examined::Examiner;
use crate::clock::UnixMillis;
use crate::message::Request;
use crate::route::{Plane, route};
use crate::sigv4::explain::{Explanation, explain};
use crate::sigv4::{Refusal, Rules};

/// Says why signatures were refused, in more words than AWS's.
#[derive(Debug, Clone)]
pub struct Explainer {
    examiner: Arc<Examiner>,
}

impl Explainer {
    pub(super) const fn new(examiner: Arc<Examiner>) -> Self {
        Self { examiner }
    }

    /// What a signature of this request must satisfy.
    #[must_use]
    pub fn rules(&self, request: &Request) -> &Rules {
        let plane = route(request).map_or(Plane::Data, |route| route.action.plane());
        self.examiner.rules_of(plane)
    }

    /// The explanation of a refusal; `cloud_time` is that of the request. Bounded, but some tenths of a second where nothing is found.
    #[must_use]
    pub fn explain(
        &self,
        cloud_time: UnixMillis,
        request: &Request,
        refusal: &Refusal,
    ) -> Explanation {
        explain(request, cloud_time, &self.examiner.keyring, self.rules(request), refusal)
    }
}
