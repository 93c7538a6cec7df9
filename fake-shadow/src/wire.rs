//! Answers as bytes, in the case and order in which AWS writes its headers.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::borrow::Cow;
use std::io::Write as _;

use jiff::Timestamp;
use jiff::fmt::StdIoWrite;
use jiff::fmt::rfc2822::DateTimePrinter;

use crate::answer::REQUEST_ID;
use crate::clock::UnixMillis;
use crate::message::{Request, Response};

/// An answer as it is about to be written; a fault changes it before it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WireAnswer {
    /// What stands before the status, as `HTTP/1.1`.
    pub(crate) version: String,
    pub(crate) status: u16,
    /// What stands behind the status, as `OK`; none for not even the space.
    pub(crate) reason: Option<String>,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the connection goes on behind it.
    pub(crate) keeps_alive: bool,
}

/// The exact bytes of an answer to a request; `at` is the time of the cloud.
///
/// The answer says HTTP/1.1 to clients of HTTP/1.0 too, as AWS's does; whether the connection goes on behind it, as
/// [`keeps_alive`] says, stands in it. The answer to a `HEAD` has no body.
#[must_use]
pub fn encode(response: &Response, request: &Request, at: UnixMillis) -> Vec<u8> {
    let Response { status, headers, body } = response;
    // Straight into its bytes; no fault wants to change anything.
    let mut out = Vec::with_capacity(HEAD_BYTES_USUAL + body.len());
    // Writing to a vector cannot fail, here and below.
    let _ = write!(out, "HTTP/1.1 {status} {}\r\n", reason(*status));
    push_header(&mut out, header_of(response, "content-type"));
    let _ = write!(out, "content-length: {}\r\ndate: ", body.len());
    let _ = DateTimePrinter::new().print_timestamp_rfc9110(&timestamp(at), StdIoWrite(&mut out));
    out.extend_from_slice(b"\r\n");
    push_header(&mut out, header_of(response, REQUEST_ID));
    let connection = connection(keeps_alive(response, request));
    let _ = write!(out, "connection: {connection}\r\n");
    for header in headers.iter().filter(|(name, _)| !is_placed(name)) {
        push_header(&mut out, Some(header));
    }
    out.extend_from_slice(b"\r\n");
    if request.method != "HEAD" {
        out.extend_from_slice(body);
    }
    out
}

fn push_header(out: &mut Vec<u8>, header: Option<&(Cow<'static, str>, String)>) {
    let Some((name, value)) = header else { return };
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Bytes that the head of most answers fits in.
const HEAD_BYTES_USUAL: usize = 320;

/// The headers that have a place of their own in an answer.
const PLACED: [&str; 5] = ["content-type", REQUEST_ID, "content-length", "date", "connection"];

fn is_placed(name: &str) -> bool {
    PLACED.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn header_of<'a>(response: &'a Response, name: &str) -> Option<&'a (Cow<'static, str>, String)> {
    response.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name))
}

const fn connection(keeps_alive: bool) -> &'static str {
    if keeps_alive { "keep-alive" } else { "close" }
}

/// Whether the connection goes on behind an answer: if the client wants it to and the answer has no
/// `connection: close`.
#[must_use]
pub fn keeps_alive(response: &Response, request: &Request) -> bool {
    let closes = response.headers.iter().any(|(name, value)| {
        name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
    });
    request.keeps_alive() && !closes
}

impl WireAnswer {
    /// The order of headers is that of captured answers: type, length, date, request id, connection, the rest.
    pub(crate) fn new(response: &Response, request: &Request, at: UnixMillis) -> Self {
        let keeps_alive = keeps_alive(response, request);
        let length = (Cow::Borrowed("content-length"), response.body.len().to_string());
        let date = (Cow::Borrowed("date"), http_date(at));
        let connection = (Cow::Borrowed("connection"), connection(keeps_alive).to_owned());
        let of = |name: &str| header_of(response, name).cloned();
        let rest = response.headers.iter().filter(|(name, _)| !is_placed(name));
        let headers = of("content-type")
            .into_iter()
            .chain([length, date])
            .chain(of(REQUEST_ID))
            .chain([connection])
            .chain(rest.cloned())
            .collect();
        let body = if request.method == "HEAD" { Vec::new() } else { response.body.clone() };
        Self {
            version: "HTTP/1.1".to_owned(),
            status: response.status,
            reason: Some(reason(response.status).to_owned()),
            headers,
            body,
            keeps_alive,
        }
    }

    /// The status line, the headers and the empty line.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = format!("{} {}", self.version, self.status);
        if let Some(reason) = &self.reason {
            head.push(' ');
            head += reason;
        }
        head += "\r\n";
        for (name, value) in &self.headers {
            head += name;
            head += ": ";
            head += value;
            head += "\r\n";
        }
        head += "\r\n";
        head.into_bytes()
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head();
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Puts another body in place, with its length.
    pub(crate) fn set_body(&mut self, body: Vec<u8>) {
        self.set_header("content-length", Some(body.len().to_string()));
        self.body = body;
    }

    /// Sets a header, in its place if it is there and at the end if not; `None` takes it away.
    pub(crate) fn set_header(&mut self, name: &str, value: Option<String>) {
        let place = self.headers.iter().position(|header| header.0.eq_ignore_ascii_case(name));
        match (place, value) {
            (Some(place), Some(value)) => self.headers[place].1 = value,
            (Some(place), None) => {
                self.headers.remove(place);
            }
            (None, Some(value)) => self.headers.push((Cow::Owned(name.to_owned()), value)),
            (None, None) => {}
        }
    }
}

/// The date of HTTP, as `Sat, 11 Jun 2022 12:37:12 GMT`; a time beyond the years -9999 to 9999 is the end of them.
pub(crate) fn http_date(at: UnixMillis) -> String {
    DateTimePrinter::new().timestamp_to_rfc9110_string(&timestamp(at)).unwrap_or_default()
}

fn timestamp(at: UnixMillis) -> Timestamp {
    let secs = at.secs().clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(secs).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The reason phrase of RFC 9110; a status without one has an empty phrase.
fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer;
    use crate::message::HttpVersion;

    /// An answer that is written straight has the bytes of one that a fault could have changed.
    fn check(response: &Response, method: &str) {
        let request = Request {
            method: method.to_owned(),
            target: "/".to_owned(),
            version: HttpVersion::Http11,
            headers: Vec::new(),
            body: Vec::new(),
        };
        let at = UnixMillis::from_secs(1_654_951_032);
        let changeable = WireAnswer::new(response, &request, at).bytes();
        let [straight, changeable] = [encode(response, &request, at), changeable]
            .map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(straight, changeable);
    }

    #[test]
    fn both_ways_to_write_an_answer_give_the_same_bytes() {
        let refused = answer::failure("id");
        let mut closing = answer::too_large("id");
        closing.headers.reverse();
        let bare = Response { status: 299, headers: Vec::new(), body: Vec::new() };
        for response in [answer::success("id", b"{}".to_vec()), refused, closing, bare] {
            check(&response, "GET");
            check(&response, "HEAD");
        }
    }
}
