//! What hyper lets through and RFC 9112 does not.

use std::error::Error;
use std::io;

use http::header::{HOST, TRANSFER_ENCODING};
use http::{HeaderValue, Method, Request, StatusCode, Version};
use httparse::{EMPTY_HEADER, Status};

/// Header lines of a request that hyper takes.
const HEADERS_MAX: usize = 100;

/// Why a head is no head of a request, and with which status that is answered; none if it is one. `head` is what was read of
/// it, as hyper leaves a length out that stands beside a coding.
pub(super) fn fault<T>(request: &Request<T>, head: &[u8]) -> Option<(StatusCode, &'static str)> {
    // Section 3.2.3: only CONNECT names a host and nothing else.
    if request.uri().path_and_query().is_none() && *request.method() != Method::CONNECT {
        return Some((StatusCode::BAD_REQUEST, "the target is neither a path nor a URL"));
    }
    let hosts = request.headers().get_all(HOST).iter().map(HeaderValue::as_bytes);
    if let Some(reason) = host_fault(hosts, request.version() != Version::HTTP_10) {
        return Some((StatusCode::BAD_REQUEST, reason));
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
    match chunked.len() {
        0 => None,
        // A length that another reader on the way believes makes the rest of the body a request of its own.
        1 => has_length(head).then_some((
            StatusCode::BAD_REQUEST,
            "the body has a length and is in chunks: one of the two is a lie",
        )),
        _ => Some((StatusCode::BAD_REQUEST, "the body is in chunks of chunks")),
    }
}

/// What is wrong with the `Host` lines of a request, section 3.2: HTTP/1.1 has one, HTTP/1.0 one at most, and it names a host or
/// nothing.
pub(super) fn host_fault<'a>(
    mut values: impl Iterator<Item = &'a [u8]>,
    is_needed: bool,
) -> Option<&'static str> {
    match (values.next(), values.next()) {
        (None, _) => is_needed.then_some("there is no Host line, which HTTP/1.1 wants"),
        (Some(_), Some(_)) => Some("there is more than one Host line"),
        (Some(value), None) => {
            (!value.iter().all(|byte| is_of_host(*byte))).then_some("the Host line names no host")
        }
    }
}

/// Bytes of a host and its port: RFC 3986, section 3.2.2.
const fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'[' | b']' | b'!' | b'$' | b'&'
                ..=b',' | b';' | b'='
        )
}

/// Whether there is a length in a head; one that cannot be read, because other requests were sent ahead of it, may have one.
fn has_length(head: &[u8]) -> bool {
    let mut lines = [EMPTY_HEADER; HEADERS_MAX];
    let mut parsed = httparse::Request::new(&mut lines);
    match parsed.parse(head) {
        Ok(Status::Complete(_)) => {
            parsed.headers.iter().any(|line| line.name.eq_ignore_ascii_case("content-length"))
        }
        _ => true,
    }
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
