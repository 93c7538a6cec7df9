//! Reading the requests that nearly all clients send: the whole of one in one piece, with nothing unusual in it.
//!
//! hyper's parser reads them here, without the rest of hyper; what is not plain is left to hyper with all its bytes. A
//! request that is plain here means the same there.

use std::borrow::Cow;

use bytes::{Buf as _, Bytes, BytesMut};
use httparse::{EMPTY_HEADER, Status};

use super::control::CONTROL_PREFIX;
use super::strictness::host_fault;
use crate::message::{Header, HttpVersion, Request};
use crate::page;
use crate::shadow::MESSAGE_BYTES_MAX;

/// Header lines of a plain request. AWS's SDKs send about 15.
const HEADERS_MAX: usize = 48;

/// Takes one plain request off the front of what was read; none, and nothing taken, if there is another.
pub(super) fn take(read: &mut BytesMut) -> Option<Request> {
    let mut lines = [EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut lines);
    let Ok(Status::Complete(head_bytes)) = head.parse(read) else { return None };
    let version = match head.version? {
        0 => HttpVersion::Http10,
        _ => HttpVersion::Http11,
    };
    let (method, target) = (head.method?, head.path?);
    if method == "CONNECT" || !target.starts_with('/') || !target.bytes().all(is_plain) {
        return None;
    }
    let hosts = head.headers.iter().filter(|line| line.name.eq_ignore_ascii_case("host"));
    if host_fault(hosts.map(|line| line.value), version == HttpVersion::Http11).is_some() {
        return None;
    }
    let body_bytes = body_bytes(head.headers)?;
    if target.starts_with(CONTROL_PREFIX) || wants_page(method, target, head.headers) {
        return None;
    }
    let body = read.get(head_bytes..head_bytes + body_bytes)?.to_vec();
    // One piece of memory for all values: a request is kept for a while, and pieces that come back when they are long out of
    // the processor's caches were a fifth of what a request cost.
    let kept = Bytes::copy_from_slice(&read[..head_bytes]);
    let start = read.as_ptr().addr();
    let header = |line: &httparse::Header<'_>| {
        let at = line.value.as_ptr().addr() - start;
        Header { name: lower_case(line.name), value: kept.slice(at..at + line.value.len()) }
    };
    let headers = head.headers.iter().map(header).collect();
    let (method, target) = (method.to_owned(), target.to_owned());
    read.advance(head_bytes + body_bytes);
    Some(Request { method, target, version, headers, body })
}

/// Names of headers that most clients send.
const USUAL_NAMES: [&str; 14] = [
    "host",
    "x-amz-date",
    "authorization",
    "content-length",
    "content-type",
    "user-agent",
    "accept",
    "accept-encoding",
    "connection",
    "x-amz-content-sha256",
    "x-amz-security-token",
    "x-amz-user-agent",
    "amz-sdk-invocation-id",
    "amz-sdk-request",
];

/// A name in lower case, as hyper has it, so that nobody sees by which way a request came.
fn lower_case(name: &str) -> Cow<'static, str> {
    match USUAL_NAMES.iter().find(|usual| usual.eq_ignore_ascii_case(name)) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(name.to_ascii_lowercase()),
    }
}

/// Bytes that stand in a path and a query for themselves; others may be refused or mean something else.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'/' | b'%' | b'?' | b'&' | b'=' | b'+' | b'$' | b':'
        )
}

/// Bytes of the body; none if there is anything about it but one plain length.
fn body_bytes(headers: &[httparse::Header<'_>]) -> Option<usize> {
    let mut length = None;
    for header in headers {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("transfer-encoding") || is("expect") || is("upgrade") {
            return None;
        }
        if is("content-length") {
            let digits = str::from_utf8(header.value).ok()?;
            let is_first = length.is_none() && digits.bytes().all(|byte| byte.is_ascii_digit());
            length = Some(digits.parse::<usize>().ok().filter(|_| is_first)?);
        }
    }
    Some(length.unwrap_or_default()).filter(|bytes| *bytes <= MESSAGE_BYTES_MAX)
}

fn wants_page(method: &str, target: &str, headers: &[httparse::Header<'_>]) -> bool {
    let value = |name: &str| {
        let mut same = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        same.next().and_then(|header| str::from_utf8(header.value).ok()).unwrap_or_default()
    };
    page::is_wanted(method, target, value("accept")) && !value("authorization").starts_with("AWS4")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a request is plain, and what is left behind it.
    fn check(read: &str, expected: Option<&str>) {
        let mut bytes = BytesMut::from(read);
        let left = take(&mut bytes).map(|_| String::from_utf8(bytes.to_vec()).unwrap());
        assert_eq!(left.as_deref(), expected, "{read:?}");
        assert!(expected.is_some() || bytes == read, "what is not plain must stay whole: {read:?}");
    }

    #[test]
    fn a_whole_request_is_taken_and_what_follows_is_left() {
        check("GET /things/t/shadow?name=a%3Ab HTTP/1.1\r\nHost: h\r\n\r\n", Some(""));
        check("POST /t HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}GET", Some("GET"));
        let one = "GET /t HTTP/1.1\r\nHost: h\r\n\r\n";
        check(&one.repeat(2), Some(one));
    }

    #[test]
    fn a_part_of_a_request_is_left_to_hyper() {
        check("", None);
        check("GET /t HT", None);
        check("GET /t HTTP/1.1\r\nHost: h\r\n", None);
        check("POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n{}", None);
    }

    #[test]
    fn anything_unusual_is_left_to_hyper() {
        check("POST /t HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", None);
        check(
            "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n1",
            None,
        );
        check("GET /t HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", None);
        check(
            "POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1",
            None,
        );
        check("POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\n1", None);
        check("POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: \r\n\r\n", None);
        check(
            &format!("POST /t HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", usize::MAX),
            None,
        );
        check("GET http://host/t HTTP/1.1\r\nHost: h\r\n\r\n", None);
        check("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", None);
        check("GET /t#part HTTP/1.1\r\nHost: h\r\n\r\n", None);
        check("GET /t HTTP/1.1\r\n\r\n", None);
        check("GET /t HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", None);
        check("GET /t HTTP/1.1\r\nHost: h/t\r\n\r\n", None);
        check("CONNECT /t HTTP/1.1\r\nHost: h\r\n\r\n", None);
        check("GET /t HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n", None);
        check(
            &format!("GET /t HTTP/1.1\r\nHost: h\r\n{}\r\n", "a: b\r\n".repeat(HEADERS_MAX + 1)),
            None,
        );
    }

    #[test]
    fn the_page_and_the_control_interface_are_left_to_hyper() {
        check("GET /_shadowrig/things HTTP/1.1\r\nHost: h\r\n\r\n", None);
        check("GET / HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n", None);
        check(
            "GET / HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\nAuthorization: AWS4 x\r\n\r\n",
            Some(""),
        );
        check("GET / HTTP/1.1\r\nHost: h\r\n\r\n", Some(""));
    }
}
