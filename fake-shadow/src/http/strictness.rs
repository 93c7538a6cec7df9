//! What hyper lets through and RFC 9112 does not.

use std::error::Error;
use std::io;

use http::header::TRANSFER_ENCODING;
use http::{Method, Request, StatusCode};

/// Why a head is no head of a request, and with which status that is answered; none if it is one.
pub(super) fn fault<T>(request: &Request<T>) -> Option<(StatusCode, &'static str)> {
    // Section 3.2.3: only CONNECT names a host and nothing else.
    if request.uri().path_and_query().is_none() && *request.method() != Method::CONNECT {
        return Some((StatusCode::BAD_REQUEST, "the target is neither a path nor a URL"));
    }
    let codings = request.headers().get_all(TRANSFER_ENCODING);
    let codings = codings.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let codings = codings.map(<[u8]>::trim_ascii).filter(|coding| !coding.is_empty());
    let (chunked, other): (Vec<_>, Vec<_>) =
        codings.partition(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    // Section 6.1: what is not understood is not implemented, and nothing is in chunks twice.
    if !other.is_empty() {
        return Some((StatusCode::NOT_IMPLEMENTED, "the body is in a coding other than chunks"));
    }
    (chunked.len() > 1).then_some((StatusCode::BAD_REQUEST, "the body is in chunks of chunks"))
}

/// Why a body is none, if it is not simply the client who left in the middle of it.
pub(super) fn chunk_fault(error: &(dyn Error + Send + Sync + 'static)) -> Option<String> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            let is_form =
                matches!(io.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData);
            return is_form.then(|| io.to_string());
        }
        cause = error.source();
    }
    None
}
