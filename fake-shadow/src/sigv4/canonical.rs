//! The canonical request: the text whose hash is signed, kept in its parts.
//!
//! Source: "Create a signed AWS API request" in the AWS Identity and Access Management User Guide; where that is silent,
//! AWS's published test suite.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::escape::{decode_query, encode, encode_path, hex, is_unreserved};
use super::refusal::EscapeFault;
use crate::message::Request;

/// A request in the form in which it is signed. What stands in the request as it is signed, as nearly all of it does, is not
/// copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalRequest<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The path in canonical form.
    pub path: Cow<'a, str>,
    /// The query in canonical form and order, without its signature.
    pub query: Vec<QueryPair>,
    /// The signed headers that came, in the order of `signed_headers`.
    pub headers: Vec<HeaderLine<'a>>,
    /// The names of all signed headers in lower case, sorted, each once.
    pub signed_headers: Vec<Cow<'a, str>>,
    /// The hash of the body in hexadecimal digits.
    pub body_sha256: Cow<'static, str>,
}

/// One parameter of a query, name and value percent-encoded in canonical form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueryPair {
    /// The name.
    pub name: String,
    /// The value; empty if there was none.
    pub value: String,
}

/// One line of the header block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLine<'a> {
    /// The name in lower case.
    pub name: Cow<'a, str>,
    /// All values of that name, trimmed, runs of spaces made one, joined with commas in the order on the wire.
    pub value: Cow<'a, [u8]>,
}

/// What is done to a path before it is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PathRule {
    /// Dot segments and empty segments are removed: all services but Amazon S3.
    #[default]
    Normalized,
    /// Nothing: Amazon S3.
    AsSent,
}

impl<'a> CanonicalRequest<'a> {
    /// Builds the canonical form from the bytes on the wire.
    ///
    /// `query` is the outcome of [`query_pairs`] without the parameters that are not signed; `signed_headers` the list
    /// as sent, in any order and case. Names that did not come have no line in `headers`.
    #[must_use]
    pub fn new(
        request: &'a Request,
        mut query: Vec<QueryPair>,
        signed_headers: &'a str,
        rule: PathRule,
    ) -> Self {
        query.sort_unstable();
        let signed_headers = sorted_names(signed_headers);
        let headers = signed_headers
            .iter()
            .filter_map(|name| {
                let value = header_value(request, name)?;
                Some(HeaderLine { name: name.clone(), value })
            })
            .collect();
        Self {
            method: &request.method,
            path: path(raw_path(&request.target), rule),
            query,
            headers,
            signed_headers,
            body_sha256: body_sha256(&request.body),
        }
    }

    /// The text itself: six parts, each line ended by LF but the last.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(self.method.as_bytes());
        out.push(b'\n');
        out.extend_from_slice(self.path.as_bytes());
        out.push(b'\n');
        if !self.query.is_empty() {
            out.extend_from_slice(self.query_string().as_bytes());
        }
        out.push(b'\n');
        for line in &self.headers {
            out.extend_from_slice(line.name.as_bytes());
            out.push(b':');
            out.extend_from_slice(&line.value);
            out.push(b'\n');
        }
        out.push(b'\n');
        for (place, name) in self.signed_headers.iter().enumerate() {
            if place > 0 {
                out.push(b';');
            }
            out.extend_from_slice(name.as_bytes());
        }
        out.push(b'\n');
        out.extend_from_slice(self.body_sha256.as_bytes());
        out
    }

    /// The third line.
    #[must_use]
    pub fn query_string(&self) -> String {
        let mut out = String::new();
        for pair in &self.query {
            if !out.is_empty() {
                out.push('&');
            }
            out.push_str(&pair.name);
            out.push('=');
            out.push_str(&pair.value);
        }
        out
    }

    /// The hash of the text, in hexadecimal digits: the last line of the string to sign.
    #[must_use]
    pub fn sha256(&self) -> String {
        hex(&Sha256::digest(self.to_bytes()))
    }

    /// The names in `signed_headers` that did not come.
    pub fn absent_headers(&self) -> impl Iterator<Item = &Cow<'a, str>> {
        self.signed_headers
            .iter()
            .filter(|&name| !self.headers.iter().any(|line| line.name == *name))
    }
}

/// The hash of no bytes: that of the body of every GET.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn body_sha256(body: &[u8]) -> Cow<'static, str> {
    match body {
        [] => Cow::Borrowed(EMPTY_SHA256),
        body => Cow::Owned(hex(&Sha256::digest(body))),
    }
}

/// Takes a raw query apart, in wire order; empty pieces between two `&` are nothing.
///
/// Each name and value is decoded, `+` as a space, and encoded again.
///
/// # Errors
///
/// If a `%` is not followed by two hexadecimal digits.
pub fn query_pairs(raw: &str) -> Result<Vec<QueryPair>, EscapeFault> {
    let pieces = raw.split('&').filter(|piece| !piece.is_empty());
    pieces
        .map(|piece| {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            Ok(QueryPair {
                name: encode(&decode_query(name)?),
                value: encode(&decode_query(value)?),
            })
        })
        .collect()
}

/// The canonical form of a raw path: normalized by `rule`, then each byte encoded once, an existing `%` too.
#[must_use]
pub fn path(raw: &str, rule: PathRule) -> Cow<'_, str> {
    let path = match rule {
        PathRule::AsSent if raw.is_empty() => Cow::Borrowed("/"),
        PathRule::AsSent => Cow::Borrowed(raw),
        PathRule::Normalized => normalized(raw),
    };
    let is_itself = path.bytes().all(|byte| byte == b'/' || is_unreserved(byte));
    if is_itself { path } else { Cow::Owned(encode_path(path.as_bytes())) }
}

/// The path on the wire, without the query, and without scheme and authority where a proxy's form of target was sent.
#[must_use]
pub fn raw_path(target: &str) -> &str {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    // No scheme begins so; nearly all targets do.
    if path.starts_with('/') {
        return path;
    }
    let is_scheme = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+')
    };
    match path.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => rest.find('/').map_or("", |at| &rest[at..]),
        _ => path,
    }
}

/// Removes empty segments, `.` and `..`; keeps a slash at the end.
///
/// A path that ends in a dot segment gets no slash there: botocore and aws-c-auth sign it so, AWS's crates for Rust do not.
pub(crate) fn normalized(raw: &str) -> Cow<'_, str> {
    let is_itself = raw.starts_with('/') && !raw.contains("//") && !raw.contains("/.");
    if is_itself {
        return Cow::Borrowed(raw);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in raw.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let mut out = String::with_capacity(raw.len() + 1);
    for segment in &segments {
        out.push('/');
        out.push_str(segment);
    }
    if segments.is_empty() || raw.ends_with('/') {
        out.push('/');
    }
    Cow::Owned(out)
}

/// The list of signed headers as it should be: lower case, sorted, each name once.
pub(crate) fn sorted_names(list: &str) -> Vec<Cow<'_, str>> {
    let lower_case = |name| match name {
        name if str::bytes(name).any(|byte| byte.is_ascii_uppercase()) => {
            Cow::Owned(name.to_ascii_lowercase())
        }
        name => Cow::Borrowed(name),
    };
    let mut names = Vec::with_capacity(SIGNED_HEADERS_USUAL);
    names.extend(list.split(';').filter(|name| !name.is_empty()).map(lower_case));
    names.sort_unstable();
    names.dedup();
    names
}

/// How many headers most clients sign at most.
const SIGNED_HEADERS_USUAL: usize = 8;

/// All values of a header, trimmed, runs of spaces made one, joined with commas; nothing if it did not come.
pub(crate) fn header_value<'a>(request: &'a Request, name: &str) -> Option<Cow<'a, [u8]>> {
    let mut joined: Option<Cow<'a, [u8]>> = None;
    for header in request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)) {
        let value = collapsed(&header.value);
        joined = Some(match joined {
            None => value,
            Some(before) => Cow::Owned([&before, b",".as_slice(), &value].concat()),
        });
    }
    joined
}

/// A value as it stands in the header block: trimmed, runs of spaces made one.
pub(crate) fn collapsed(value: &[u8]) -> Cow<'_, [u8]> {
    let value = value.trim_ascii();
    if !value.windows(2).any(|two| two == b"  ") {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    let mut after_space = false;
    for &byte in value {
        let is_space = byte == b' ';
        if !(is_space && after_space) {
            out.push(byte);
        }
        after_space = is_space;
    }
    Cow::Owned(out)
}
