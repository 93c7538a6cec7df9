//! What a request asks for, and what its signature is checked by.

use crate::event::NoOperation;
use crate::message::Request;
use crate::operation::Operation;
use crate::route::{Plane, Route, Unrouted, route};
use crate::settings::Settings;
use crate::sigv4::{Keyring, Rules};

/// What a cloud checks signatures by. It never changes, so whoever explains refusals shares it.
#[derive(Debug)]
pub(crate) struct Examiner {
    pub(super) keyring: Keyring,
    data_rules: Rules,
    control_rules: Rules,
}

/// What a request asks for, found once.
#[derive(Debug)]
pub(crate) struct Examined {
    pub(crate) routed: Result<Route, Unrouted>,
    pub(crate) operation: Result<Operation, NoOperation>,
}

impl Examiner {
    pub(super) fn new(settings: &Settings) -> Self {
        let (window, presigned_token) = (settings.window, settings.presigned_token);
        let as_set = |rules| Rules { window, presigned_token, ..rules };
        Self {
            keyring: settings.keyring.clone(),
            data_rules: as_set(Rules::data_plane(&settings.region)),
            control_rules: as_set(Rules::control_plane(&settings.region)),
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
    pub(crate) fn new(request: &Request) -> Self {
        let routed = route(request);
        let operation = NoOperation::or_operation(&routed);
        Self { routed, operation }
    }

    /// Which half of the service is asked.
    pub(super) fn plane(&self) -> Plane {
        self.routed.as_ref().map_or(Plane::Data, |route| route.action.plane())
    }
}
