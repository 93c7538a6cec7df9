//! One small question to a service that gives keys.

use std::time::Duration;

use tokio::time::timeout;

use crate::message::{Header, HttpVersion, Request};
use crate::proxy::{PassedAnswer, Upstream};

/// A question, and how long it may take.
pub(super) struct Question<'a> {
    pub(super) method: &'a str,
    /// Where, with scheme, host and path.
    pub(super) url: &'a str,
    pub(super) headers: Vec<(&'a str, String)>,
    /// A form; nothing for none.
    pub(super) form: String,
    pub(super) within: Duration,
}

impl Question<'_> {
    /// Asks, and waits for the answer, whatever it says. Blocks; must not be called on a runtime. What was asked is in no message, as it
    /// is secret. `ca_pem` holds the certificates to trust in place of those that browsers trust.
    pub(super) fn ask(self, ca_pem: Option<&[u8]>) -> Result<PassedAnswer, String> {
        let Self { method, url, headers, form, within } = self;
        let (origin, path) = split(url);
        if path.contains(|c: char| c.is_ascii_control() || c == ' ') {
            return Err("its address has a character that none may have".to_owned());
        }
        let endpoint =
            origin.parse().map_err(|error| format!("{origin:?} is no endpoint: {error}"))?;
        let upstream = Upstream::new(endpoint, ca_pem)
            .map_err(|_| "the certificates to trust cannot be used".to_owned())?;
        let mut all = vec![
            Header::new("host", upstream.endpoint().authority()),
            Header::new("accept", "*/*"),
            Header::new("connection", "close"),
        ];
        for (name, value) in headers {
            if value.contains(|c: char| c.is_ascii_control()) {
                return Err(format!("what {name} would say is more than one line"));
            }
            all.push(Header::new(name, value));
        }
        if !form.is_empty() {
            all.push(Header::new("content-type", "application/x-www-form-urlencoded"));
        }
        if !form.is_empty() || method != "GET" {
            all.push(Header::new("content-length", form.len().to_string()));
        }
        let request = Request {
            method: method.to_owned(),
            target: path.to_owned(),
            version: HttpVersion::Http11,
            headers: all,
            body: form.into_bytes(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let answer = runtime.block_on(async { timeout(within, upstream.ask(&request)).await });
        answer
            .map_err(|_| format!("no answer within {} s", within.as_secs()))?
            .map_err(|error| error.to_string())
    }
}

/// Scheme, host and port; and the path with its query.
pub(super) fn split(url: &str) -> (&str, &str) {
    let host = url.find("://").map_or(0, |at| at + "://".len());
    match url[host..].find('/') {
        Some(at) => url.split_at(host + at),
        None => (url, "/"),
    }
}
