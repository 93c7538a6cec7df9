//! HTTP messages as values: what came in, what goes out, and what is done to a connection on purpose.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;

/// A request as it was received, nothing decoded: the signature covers the bytes on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method in the case it was sent in, as `GET`.
    pub method: String,
    /// The raw request target, as `/things/my%3Athing/shadow?name=cfg`.
    pub target: String,
    /// The version in the request line; it decides whether the connection stays open after the answer.
    pub version: HttpVersion,
    /// The headers in wire order.
    pub headers: Vec<Header>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of the first header of that name, in any case; the bytes are taken as UTF-8 where they are.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.as_ref())
    }

    /// The target up to its `?`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The target behind its `?`, raw; nothing if there is none.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.target.split_once('?').map(|(_, query)| query)
    }

    /// Whether the client expects to send another request on the same connection.
    ///
    /// HTTP/1.1 does unless `Connection: close` is there; HTTP/1.0 never does here, as a client of that age may read
    /// until the connection ends.
    #[must_use]
    pub fn keeps_alive(&self) -> bool {
        let closes = self
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case("connection"))
            .flat_map(|header| header.value.split(|byte| *byte == b','))
            .any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"));
        self.version == HttpVersion::Http11 && !closes
    }
}

/// The version of HTTP that a request was made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HttpVersion {
    /// `HTTP/1.0`, which small devices still speak.
    Http10,
    /// `HTTP/1.1`.
    #[default]
    Http11,
}

/// One header line of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name, in the case it was sent in where the HTTP parser keeps that.
    pub name: Cow<'static, str>,
    /// The value without the white space around it; any bytes but CR and LF. All values of a request that was read from a
    /// connection share one piece of memory.
    pub value: Bytes,
}

impl Header {
    /// A header from two texts.
    pub fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: Cow::Owned(name.into()), value: Bytes::from(value.into()) }
    }
}

/// An answer. `content-length`, `date` and `connection` are added where it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code, as 200.
    pub status: u16,
    /// The headers in the order and case in which AWS writes them.
    pub headers: Vec<(Cow<'static, str>, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// One thing that is done to a connection, in order, instead of sending an answer in the ordinary way.
///
/// Both drivers perform these: sockets in real time, the simulated network in virtual time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WireStep {
    /// Do nothing for this long.
    Wait(Duration),
    /// Send these bytes.
    Send(Vec<u8>),
    /// End the connection in order (FIN).
    Close,
    /// End the connection with a reset (RST).
    Reset,
    /// Keep the connection open and silent until the client leaves, this long at most, then close it.
    Hold(Duration),
}
