//! An answer of the service elsewhere, from its bytes, with the case and the order of its headers.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::borrow::Cow;

use httparse::{EMPTY_HEADER, Status};

use super::error::PassError;
use crate::message::{Request, Response};
use crate::wire::WireAnswer;

/// Bytes of an answer, head and body together. A shadow's document is 8 KB at most, a page of a list some 30 KB.
pub const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Header lines of an answer; AWS IoT sends about six.
const HEADERS_MAX: usize = 100;

/// An answer of the service elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedAnswer {
    /// The status.
    pub status: u16,
    /// What stands behind the status; nothing if nothing does.
    pub reason: String,
    /// The headers as they came.
    pub headers: Vec<(String, String)>,
    /// The whole body, chunks put together.
    pub body: Vec<u8>,
}

/// Where the end of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Chunked,
    /// Behind so many bytes.
    Length(usize),
    /// Where the connection ends.
    WithConnection,
}

impl PassedAnswer {
    /// The value of the first header of that name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|header| header.0.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Reads what has come so far of the answer to a request of this method; none if more must come. `is_over` says that the
    /// connection has ended, so that nothing will.
    ///
    /// # Errors
    ///
    /// If it is no answer of HTTP, is larger than [`ANSWER_BYTES_MAX`], or is over too early.
    pub fn read(method: &str, bytes: &[u8], is_over: bool) -> Result<Option<Self>, PassError> {
        let mut rest = bytes;
        loop {
            let Some((mut answer, head_bytes)) = head(rest)? else {
                return more(bytes, is_over);
            };
            rest = rest.get(head_bytes..).unwrap_or_default();
            if (100..200).contains(&answer.status) && answer.status != 101 {
                // An interim answer; the answer itself comes behind it.
                continue;
            }
            let has_no_body = method == "HEAD" || matches!(answer.status, 101 | 204 | 304);
            let body = match answer.ends()? {
                _ if has_no_body => Some(Vec::new()),
                Ends::Chunked => chunks(rest)?,
                Ends::Length(bytes) => rest.get(..bytes).map(<[u8]>::to_vec),
                Ends::WithConnection => is_over.then(|| rest.to_vec()),
            };
            return match body {
                Some(body) => {
                    answer.body = body;
                    Ok(Some(answer))
                }
                None => more(bytes, is_over),
            };
        }
    }

    fn ends(&self) -> Result<Ends, PassError> {
        if let Some(coding) = self.header("transfer-encoding") {
            return match coding.eq_ignore_ascii_case("chunked") {
                true => Ok(Ends::Chunked),
                false => Err(no_http(format!("a body in the coding {coding:?}"))),
            };
        }
        let Some(length) = self.header("content-length") else { return Ok(Ends::WithConnection) };
        let bytes = length.parse().map_err(|_| no_http(format!("a length of {length:?}")))?;
        if bytes > ANSWER_BYTES_MAX { Err(PassError::TooLarge) } else { Ok(Ends::Length(bytes)) }
    }

    /// As the service's answer, for what looks at answers and not at bytes.
    pub(crate) fn response(&self) -> Response {
        let headers =
            self.headers.iter().map(|(name, value)| (Cow::Owned(name.clone()), value.clone()));
        Response { status: self.status, headers: headers.collect(), body: self.body.clone() }
    }

    /// As it is written to the device: what was said of the rig's own connection is said of the device's, and the body has
    /// its length.
    pub(crate) fn wire(&self, request: &Request) -> WireAnswer {
        let keeps_alive = request.keeps_alive();
        let mut answer = WireAnswer {
            version: "HTTP/1.1".to_owned(),
            status: self.status,
            reason: Some(self.reason.clone()),
            headers: self.response().headers,
            body: self.body.clone(),
            keeps_alive,
        };
        if answer_has_length(self, request) {
            answer.set_header("content-length", Some(self.body.len().to_string()));
        }
        answer.set_header("transfer-encoding", None);
        answer.set_header("keep-alive", None);
        let connection = if keeps_alive { "keep-alive" } else { "close" };
        answer.set_header("connection", Some(connection.to_owned()));
        answer
    }
}

/// Whether the body's own length is to stand in an answer: not where the request asked for the head alone.
fn answer_has_length(answer: &PassedAnswer, request: &Request) -> bool {
    request.method != "HEAD" && !matches!(answer.status, 101 | 204 | 304)
}

fn more<T>(bytes: &[u8], is_over: bool) -> Result<Option<T>, PassError> {
    match is_over {
        _ if bytes.len() > ANSWER_BYTES_MAX => Err(PassError::TooLarge),
        true => Err(PassError::Cut),
        false => Ok(None),
    }
}

fn no_http(reason: String) -> PassError {
    PassError::NoHttp { reason }
}

/// The head and its bytes; none if it is not whole.
fn head(bytes: &[u8]) -> Result<Option<(PassedAnswer, usize)>, PassError> {
    let mut lines = [EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut lines);
    let parsed = head.parse(bytes).map_err(|error| no_http(error.to_string()))?;
    let (Status::Complete(head_bytes), Some(status)) = (parsed, head.code) else { return Ok(None) };
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let header = |line: &httparse::Header<'_>| (line.name.to_owned(), text(line.value));
    let answer = PassedAnswer {
        status,
        reason: head.reason.unwrap_or_default().to_owned(),
        headers: head.headers.iter().map(header).collect(),
        body: Vec::new(),
    };
    Ok(Some((answer, head_bytes)))
}

/// The bytes of all chunks; none if the last one has not come.
fn chunks(mut rest: &[u8]) -> Result<Option<Vec<u8>>, PassError> {
    let mut body = Vec::new();
    loop {
        let parsed = httparse::parse_chunk_size(rest);
        let (start, bytes) = match parsed.map_err(|_| no_http("a chunk without a size".into()))? {
            Status::Complete(found) => found,
            Status::Partial => return Ok(None),
        };
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        if bytes > ANSWER_BYTES_MAX {
            return Err(PassError::TooLarge);
        }
        let Some(chunk) = rest.get(start..start + bytes) else { return Ok(None) };
        if bytes == 0 {
            // Lines that may stand behind the last chunk; the connection carries nothing else, so they need no reading.
            return Ok(Some(body));
        }
        body.extend_from_slice(chunk);
        match rest.get(start + bytes..start + bytes + 2) {
            Some(b"\r\n") => rest = &rest[start + bytes + 2..],
            Some(_) => return Err(no_http("a chunk longer than it says".into())),
            None => return Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw_request;

    /// What is read of an answer that comes in two pieces, however it is cut; and of the whole of it.
    fn check(bytes: &str, is_over: bool, expected: &Result<Option<(u16, &str)>, PassError>) {
        let read = |bytes: &[u8], is_over| PassedAnswer::read("GET", bytes, is_over);
        let found = read(bytes.as_bytes(), is_over);
        let short = found.as_ref().map(|answer| {
            answer.as_ref().map(|answer| (answer.status, str::from_utf8(&answer.body).unwrap()))
        });
        assert_eq!(short, expected.as_ref().map(|found| *found), "{bytes:?}");
        if expected.is_ok() {
            for cut in 0..bytes.len() {
                // A part is no mistake as long as more may come.
                assert!(read(&bytes.as_bytes()[..cut], false).is_ok(), "{:?}", &bytes[..cut]);
            }
        }
    }

    #[test]
    fn bodies_end_by_length_by_chunks_or_with_the_connection() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", false, &Ok(Some((200, "{}"))));
        let chunked =
            "HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\n";
        check(chunked, false, &Ok(Some((200, "{}"))));
        check("HTTP/1.0 500 No\r\n\r\noops", true, &Ok(Some((500, "oops"))));
        check("HTTP/1.0 500 No\r\n\r\noops", false, &Ok(None));
        let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        check(interim, false, &Ok(Some((204, ""))));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let reason = |text: &str| Err(PassError::NoHttp { reason: text.to_owned() });
        check("garbage\r\n\r\n", false, &reason("invalid HTTP version"));
        check("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false, &reason("a length of \"x\""));
        let long = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", usize::MAX);
        check(&long, false, &Err(PassError::TooLarge));
        let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n";
        check(chunk, false, &reason("a chunk longer than it says"));
        check("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", true, &Err(PassError::Cut));
        check("", true, &Err(PassError::Cut));
    }

    #[test]
    fn the_device_is_told_of_its_own_connection() {
        let bytes = "HTTP/1.1 200 OK\r\nx-amzn-ErrorType: X:\r\nConnection: close\r\n\
                     Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        let answer = PassedAnswer::read("GET", bytes.as_bytes(), true).unwrap().unwrap();
        let request = raw_request::parse(b"GET / HTTP/1.1\nHost: h\n\n").unwrap();
        let written = String::from_utf8(answer.wire(&request).bytes()).unwrap();
        let expected = "HTTP/1.1 200 OK\r\nx-amzn-ErrorType: X:\r\nConnection: keep-alive\r\n\
                        content-length: 2\r\n\r\n{}";
        assert_eq!(written, expected);
    }
}
