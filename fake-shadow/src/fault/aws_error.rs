//! One of the service's own errors.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, bad};
use crate::answer;
use crate::message::Response;

/// Answers with one of the errors of the service's model; the service never sees the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AwsError {
    name: &'static str,
    status: u16,
    message: Option<&'static str>,
}

impl AwsError {
    pub(super) const RESOURCE_NOT_FOUND: Self =
        error("ResourceNotFoundException", 404, Some("Thing not found"));
    pub(super) const THROTTLING: Self = error("ThrottlingException", 429, Some("Rate exceeded"));
}

/// The errors of the model `iot-data` with the documented texts; that of a denial is `null`, as captured.
const ERRORS: [AwsError; 12] = [
    error("ConflictException", 409, Some("Version conflict")),
    error("ForbiddenException", 403, None),
    error("GatewayTimeoutException", 504, Some("Gateway timeout")),
    error("InternalFailureException", 500, Some("Internal service failure")),
    error("InvalidRequestException", 400, Some("Invalid JSON")),
    error(
        "MethodNotAllowedException",
        405,
        Some("The specified combination of HTTP verb and URI is not supported."),
    ),
    error(
        "RequestEntityTooLargeException",
        413,
        Some("The payload exceeds the maximum size allowed"),
    ),
    AwsError::RESOURCE_NOT_FOUND,
    error("ServiceUnavailableException", 503, Some("Service unavailable")),
    AwsError::THROTTLING,
    error("UnauthorizedException", 401, Some("Unauthorized")),
    error(
        "UnsupportedDocumentEncodingException",
        415,
        Some("Unsupported documented encoding; supported encoding is UTF-8"),
    ),
];

const fn error(name: &'static str, status: u16, message: Option<&'static str>) -> AwsError {
    AwsError { name, status, message }
}

impl AwsError {
    /// The error of that name, as `ThrottlingException`; none if the model has no such error.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ERRORS.into_iter().find(|error| error.name == name)
    }

    /// The error of that status; the service's own failure for a status that no error has.
    pub(super) fn of_status(status: u16) -> Self {
        let own_failure = error("InternalFailureException", status, None);
        ERRORS.into_iter().find(|error| error.status == status).unwrap_or(own_failure)
    }

    pub(super) fn response(self, met: &Met<'_>) -> Response {
        let message = self.message.map(str::to_owned);
        answer::error(met.request_id, self.status, self.name, message)
    }
}

impl Behavior for AwsError {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let main = params.main("name");
        let (key, name) = params.needed("name", main)?;
        name.as_str().and_then(Self::named).ok_or_else(|| {
            let names: Vec<&str> = ERRORS.iter().map(|error| error.name).collect();
            bad(key, name, format!("one of {}", names.join(", ")))
        })
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        Act::Answer(self.response(met))
    }
}
