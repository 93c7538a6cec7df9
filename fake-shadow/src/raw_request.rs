//! Reads a request from its bytes, as captured from a wire or written by hand in a file.
//!
//! Lenient where people and captures differ: lines end with CR LF or LF, header lines may be folded, the target may hold
//! spaces, the version may be missing. A chunked body stays as it stands.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

use crate::message::{Header, HttpVersion, Request};

/// Why bytes are no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RawRequestError {
    /// There is nothing but empty lines.
    Empty,
    /// A header line has no colon.
    HeaderWithoutColon {
        /// The number of the line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
    /// A line before the body is not UTF-8 where it must be: in the request line or in the name of a header.
    NotUtf8 {
        /// The number of the line, from 1.
        line: usize,
    },
    /// The first line is not a method and a target.
    RequestLine {
        /// The number of the line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
}

impl fmt::Display for RawRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the request is empty"),
            Self::HeaderWithoutColon { line, text } => {
                write!(f, "line {line} is no header, it has no colon: {text:?}")
            }
            Self::NotUtf8 { line } => write!(f, "line {line} is not UTF-8"),
            Self::RequestLine { line, text } => {
                write!(f, "line {line} is no request line like \"GET / HTTP/1.1\": {text:?}")
            }
        }
    }
}

impl std::error::Error for RawRequestError {}

/// Reads a request from its bytes.
///
/// The body ends where `content-length` says, if that comes before the end of the bytes.
///
/// # Errors
///
/// If there is no request line, or a header line without a colon.
pub fn parse(bytes: &[u8]) -> Result<Request, RawRequestError> {
    let mut lines = Lines { rest: bytes, number: 0 };
    let first = loop {
        match lines.next() {
            None => return Err(RawRequestError::Empty),
            Some([]) => {}
            Some(line) => break line,
        }
    };
    let (method, target, version) = request_line(first, lines.number)?;
    let headers = headers(&mut lines)?;
    let mut request = Request { method, target, version, headers, body: lines.rest.to_vec() };
    let length = request.header("content-length").and_then(|value| str::from_utf8(value).ok());
    if let Some(length) = length.and_then(|text| text.trim().parse().ok()) {
        request.body.truncate(length);
    }
    Ok(request)
}

fn request_line(
    line: &[u8],
    number: usize,
) -> Result<(String, String, HttpVersion), RawRequestError> {
    let text = str::from_utf8(line).map_err(|_| RawRequestError::NotUtf8 { line: number })?;
    let malformed = || RawRequestError::RequestLine { line: number, text: text.to_owned() };
    let (method, rest) = text.split_once(' ').ok_or_else(malformed)?;
    let (target, version) = match rest.rsplit_once(' ') {
        Some((target, "HTTP/1.0")) => (target, HttpVersion::Http10),
        Some((target, version)) if version.starts_with("HTTP/") => (target, HttpVersion::Http11),
        _ => (rest, HttpVersion::Http11),
    };
    if method.is_empty() || target.is_empty() {
        return Err(malformed());
    }
    Ok((method.to_owned(), target.to_owned(), version))
}

/// Reads header lines up to the empty line.
fn headers(lines: &mut Lines<'_>) -> Result<Vec<Header>, RawRequestError> {
    let mut headers: Vec<Header> = Vec::new();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            break;
        }
        // A line that starts with white space continues the one before (RFC 9112, section 5.2).
        let is_folded = line.starts_with(b" ") || line.starts_with(b"\t");
        if let Some(folded) = headers.last_mut().filter(|_| is_folded) {
            folded.value = [&folded.value, b" ".as_slice(), line.trim_ascii()].concat().into();
            continue;
        }
        let Some(colon) = line.iter().position(|&byte| byte == b':') else {
            let text = String::from_utf8_lossy(line).into_owned();
            return Err(RawRequestError::HeaderWithoutColon { line: lines.number, text });
        };
        let name = str::from_utf8(&line[..colon])
            .map_err(|_| RawRequestError::NotUtf8 { line: lines.number })?;
        headers.push(Header::new(name.trim(), line[colon + 1..].trim_ascii()));
    }
    Ok(headers)
}

/// The lines of a head, with what is left behind them.
struct Lines<'a> {
    rest: &'a [u8],
    /// How many lines were taken.
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let (line, rest) = match self.rest.iter().position(|&byte| byte == b'\n') {
            Some(at) => (&self.rest[..at], &self.rest[at + 1..]),
            None => (self.rest, &self.rest[self.rest.len()..]),
        };
        self.rest = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: &Result<Request, RawRequestError>) {
        assert_eq!(parse(bytes), *expected);
    }

    fn post(headers: Vec<Header>, body: &[u8]) -> Result<Request, RawRequestError> {
        let (method, target) = ("POST".to_owned(), "/a b".to_owned());
        let version = HttpVersion::Http11;
        Ok(Request { method, target, version, headers, body: body.to_vec() })
    }

    #[test]
    fn lines_end_with_cr_lf_or_with_lf() {
        let host = || vec![Header::new("Host", "h")];
        check(b"POST /a b HTTP/1.1\r\nHost: h\r\n\r\n{}\r\n", &post(host(), b"{}\r\n"));
        check(b"POST /a b HTTP/1.1\nHost:h\n\n{}\n", &post(host(), b"{}\n"));
        check(b"\n\nPOST /a b\nHost:\th \n", &post(host(), b""));
    }

    #[test]
    fn folded_lines_are_joined_by_one_space() {
        let folded = vec![Header::new("X", "a b c")];
        check(b"POST /a b HTTP/1.1\nX: a\n   b \n\tc\n\n", &post(folded, b""));
    }

    #[test]
    fn content_length_ends_the_body() {
        let length = |text: &str| vec![Header::new("Content-Length", text)];
        check(b"POST /a b\nContent-Length: 2\n\n{}\n", &post(length("2"), b"{}"));
        check(b"POST /a b\nContent-Length: 9\n\n{}", &post(length("9"), b"{}"));
        check(b"POST /a b\nContent-Length: x\n\n{}", &post(length("x"), b"{}"));
    }

    #[test]
    fn what_is_no_request_is_told_with_its_line() {
        check(b"", &Err(RawRequestError::Empty));
        check(b"\r\n\n", &Err(RawRequestError::Empty));
        let text = "GET".to_owned();
        check(b"\nGET\n", &Err(RawRequestError::RequestLine { line: 2, text }));
        let text = "Host h".to_owned();
        check(b"GET / \nHost h\n", &Err(RawRequestError::HeaderWithoutColon { line: 2, text }));
        check(b"GET /\xff\n", &Err(RawRequestError::NotUtf8 { line: 1 }));
    }
}
