//! Answers in the form of AWS IoT's data plane: which headers, and which words.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::borrow::Cow;

use crate::json::Json;
use crate::message::{Request, Response};
use crate::operation::Invalid;
use crate::route::{Plane, Unrouted};
use crate::service::Refused;
use crate::shadow::ShadowError;

/// The name of the header that carries the request id, in the case in which AWS writes it.
pub(crate) const REQUEST_ID: &str = "x-amzn-RequestId";

const JSON_TYPE: &str = "application/json";

/// An answer to a request that was done.
pub(crate) fn success(request_id: &str, body: Vec<u8>) -> Response {
    let headers = vec![
        (Cow::Borrowed("content-type"), JSON_TYPE.to_owned()),
        (Cow::Borrowed(REQUEST_ID), request_id.to_owned()),
    ];
    Response { status: 200, headers, body }
}

/// An answer to a request that was refused.
///
/// Behind a body that its signature does not cover the connection ends: if the client counted its length wrongly, what
/// comes next is the rest of the body and no request.
pub(crate) fn refusal(
    request_id: &str,
    refused: &Refused,
    request: &Request,
    plane: Plane,
) -> Response {
    let mut response = match plane {
        Plane::Control => control_refusal(request_id, refused),
        Plane::Data => {
            let (status, code, message) = words(refused);
            error(request_id, status, code, message)
        }
    };
    if matches!(refused, Refused::Signature(_)) && !request.body.is_empty() {
        response.headers.push((Cow::Borrowed("connection"), "close".to_owned()));
    }
    response
}

/// The control plane tells refused signatures apart by name, has no colon behind a name, and no trace id.
fn control_refusal(request_id: &str, refused: &Refused) -> Response {
    let (status, code, message) = match refused {
        Refused::Denied { action, resource } => {
            let text =
                format!("User is not authorized to perform: {action} on resource: {resource}");
            (403, "AccessDeniedException", Some(text))
        }
        Refused::Signature(refusal) => {
            (refusal.status(), refusal.control_plane_code(), Some(refusal.message()))
        }
        other => words(other),
    };
    let body = Json::object([("message", message.map_or(Json::Null, Json::text))]);
    let mut response = success(request_id, body.to_compact());
    response.status = status;
    response.headers.push((Cow::Borrowed("x-amzn-ErrorType"), code.to_owned()));
    response
}

/// An answer to a request whose body is larger than any message may be, and was not read to its end.
pub(crate) fn too_large(request_id: &str) -> Response {
    let (status, code, message) = words(&Refused::MessageTooLarge { bytes: 0 });
    let mut response = error(request_id, status, code, message);
    response.headers.push((Cow::Borrowed("connection"), "close".to_owned()));
    response
}

/// An answer to a request that failed by no fault of its own.
pub(crate) fn failure(request_id: &str) -> Response {
    let message = Some("Internal service failure".to_owned());
    error(request_id, 500, "InternalFailureException", message)
}

/// The rig's own answer to a request that it could not pass on: it is not one of the service's.
pub(crate) fn not_passed(request_id: &str, reason: &str) -> Response {
    let text = format!("shadowrig could not pass the request on: {reason}");
    let mut response = error(request_id, 502, "BadGateway", Some(text));
    response.headers.push((Cow::Borrowed("connection"), "close".to_owned()));
    response
}

/// An answer to a request that broke a rule of shadows.
pub(crate) fn shadow_error(request_id: &str, broken: &ShadowError) -> Response {
    error(request_id, broken.status(), broken.code(), Some(broken.message()))
}

/// An error: the name of it in a header, with a colon behind it as AWS IoT has it, and the text in the body. A `None`
/// text is `null`, which is what AWS says when a policy denies.
pub(crate) fn error(
    request_id: &str,
    status: u16,
    code: &str,
    message: Option<String>,
) -> Response {
    let body = Json::object([
        ("message", message.map_or(Json::Null, Json::text)),
        ("traceId", Json::text(request_id)),
    ]);
    let mut response = success(request_id, body.to_compact());
    response.status = status;
    response.headers.push((Cow::Borrowed("x-amzn-ErrorType"), format!("{code}:")));
    response
}

/// The text of a refusal; none where AWS says `null`.
pub(crate) fn message(refused: &Refused) -> Option<String> {
    words(refused).2
}

/// Status, name and text of a refusal: the only place that knows them all.
fn words(refused: &Refused) -> (u16, &'static str, Option<String>) {
    const INVALID: &str = "InvalidRequestException";
    match refused {
        Refused::Denied { .. } => (403, "ForbiddenException", None),
        // AWS's own text for a bad name or parameter is not known.
        Refused::Invalid(Invalid::Name(error)) => (400, INVALID, Some(error.to_string())),
        Refused::Invalid(Invalid::Parameter { name, value }) => {
            (400, INVALID, Some(format!("Invalid {name}: '{value}'")))
        }
        Refused::Invalid(Invalid::Topic(topic)) => {
            (400, INVALID, Some(format!("Invalid topic: '{topic}'")))
        }
        Refused::MessageTooLarge { .. } => (
            413,
            "RequestEntityTooLargeException",
            Some("The payload exceeds the maximum size allowed".to_owned()),
        ),
        Refused::NothingRetained { topic } => (
            404,
            "ResourceNotFoundException",
            Some(format!("No retained message exists for topic: '{}'", topic.as_str())),
        ),
        Refused::Registry(error) => {
            let (status, code, message) = error.words();
            (status, code, Some(message))
        }
        Refused::Shadow(error) => (error.status(), error.code(), Some(error.message())),
        Refused::Signature(refusal) => (refusal.status(), refusal.code(), Some(refusal.message())),
        Refused::Throttled(_) | Refused::TooManyRetained => {
            (429, "ThrottlingException", Some("Rate exceeded".to_owned()))
        }
        Refused::Unrouted(Unrouted::NoSuchMethod) => (
            405,
            "MethodNotAllowedException",
            Some("The specified combination of HTTP verb and URI is not supported.".to_owned()),
        ),
        Refused::Unrouted(Unrouted::NoSuchPath) => (
            404,
            "ResourceNotFoundException",
            Some("The specified resource does not exist.".to_owned()),
        ),
    }
}

/// The body that answers a message published.
pub(crate) fn published(request_id: &str) -> Vec<u8> {
    Json::object([("message", Json::text("OK")), ("traceId", Json::text(request_id))]).to_compact()
}

/// The body of a page of a list.
pub(crate) fn list(results: Vec<Json>, next_token: Option<String>, now_secs: i64) -> Vec<u8> {
    let results = ("results", Json::Array(results));
    let timestamp = ("timestamp", Json::integer(now_secs));
    match next_token {
        None => Json::object([results, timestamp]),
        Some(token) => Json::object([results, ("nextToken", Json::text(token)), timestamp]),
    }
    .to_compact()
}
