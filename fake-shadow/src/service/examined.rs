//! What can be said of a request before the cloud is asked.

use std::sync::Arc;

use crate::clock::UnixMillis;
use crate::event::NoOperation;
use crate::message::Request;
use crate::operation::Operation;
use crate::route::{Plane, Route, Unrouted, route};
use crate::settings::Settings;
use crate::shadow::{Limits, ShadowError, UpdateRequest};
use crate::sigv4::{Identity, Keyring, Refusal, Rules, SigningKeys, verify_by};

/// What a cloud examines requests by. It never changes, so requests are examined in several threads at once, and the cloud is
/// held only for what needs its shadows.
#[derive(Debug)]
pub(crate) struct Examiner {
    pub(super) keyring: Keyring,
    data_rules: Rules,
    control_rules: Rules,
    limits: Limits,
}

/// A request with what it asks for and, if it was examined, who signed it.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) routed: Result<Route, Unrouted>,
    pub(crate) operation: Result<Operation, NoOperation>,
    early: Option<Early>,
}

/// What was found before the cloud was asked.
#[derive(Debug)]
struct Early {
    by: Arc<Examiner>,
    /// The time of the cloud, as far as it was known; a verdict holds for its second.
    at_secs: i64,
    verdict: Result<Identity, Refusal>,
    update: Option<Result<UpdateRequest, ShadowError>>,
}

impl Examiner {
    pub(super) fn new(settings: &Settings) -> Self {
        let (window, presigned_token) = (settings.window, settings.presigned_token);
        let as_set = |rules| Rules { window, presigned_token, ..rules };
        Self {
            keyring: settings.keyring.clone(),
            data_rules: as_set(Rules::data_plane(&settings.region)),
            control_rules: as_set(Rules::control_plane(&settings.region)),
            limits: settings.limits,
        }
    }

    pub(super) const fn rules_of(&self, plane: Plane) -> &Rules {
        match plane {
            Plane::Control => &self.control_rules,
            Plane::Data => &self.data_rules,
        }
    }
}

impl Examined {
    /// What a request asks for.
    pub(crate) fn new(request: &Request) -> Self {
        let routed = route(request);
        let operation = NoOperation::or_operation(&routed);
        Self { routed, operation, early: None }
    }

    /// The same with who signed it at that time of the cloud and, for an update that is signed rightly, its document.
    pub(crate) fn early(
        request: &Request,
        by: &Arc<Examiner>,
        keys: &mut SigningKeys,
        at: UnixMillis,
    ) -> Self {
        let plain = Self::new(request);
        let verdict = verify_by(keys, request, at, &by.keyring, by.rules_of(plain.plane()));
        let is_update = matches!(plain.operation, Ok(Operation::UpdateThingShadow(_)));
        let update =
            (is_update && verdict.is_ok()).then(|| UpdateRequest::read(&request.body, &by.limits));
        let early = Early { by: Arc::clone(by), at_secs: at.secs(), verdict, update };
        Self { early: Some(early), ..plain }
    }

    /// Which half of the service is asked.
    pub(super) fn plane(&self) -> Plane {
        self.routed.as_ref().map_or(Plane::Data, |route| route.action.plane())
    }

    /// Who signed it at that time by the cloud's own examiner; none if that is to be found out yet.
    pub(super) fn take_verdict(
        &mut self,
        by: &Arc<Examiner>,
        at: UnixMillis,
    ) -> Option<Result<Identity, Refusal>> {
        let is_same = |early: &Early| Arc::ptr_eq(&early.by, by) && early.at_secs == at.secs();
        if !self.early.as_ref().is_some_and(is_same) {
            self.early = None;
        }
        self.early.as_ref().map(|early| early.verdict.clone())
    }

    /// The document of an update, if it was read.
    pub(super) fn take_update(&mut self) -> Option<Result<UpdateRequest, ShadowError>> {
        self.early.as_mut()?.update.take()
    }
}
