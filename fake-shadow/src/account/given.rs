//! Keys as the services of containers and instances, and programs, write them in JSON.

use jiff::Timestamp;
use serde_json::Value;

use crate::clock::UnixMillis;
use crate::sigv4::Credential;

/// Reads keys; `token` is the name of the session token, which differs. None if they are not there.
pub(super) fn credential(given: &Value, token: &str) -> Option<Credential> {
    let text = |key: &str| given.get(key)?.as_str().filter(|text| !text.is_empty());
    let pair = (text("AccessKeyId")?, text("SecretAccessKey")?);
    Some(of_texts(pair, text(token), text("Expiration")))
}

/// Keys from texts; a time that cannot be read is as none.
pub(super) fn of_texts(
    (key, secret): (&str, &str),
    token: Option<&str>,
    expiration: Option<&str>,
) -> Credential {
    let mut credential = match token {
        Some(token) => Credential::temporary(key, secret, token),
        None => Credential::long_term(key, secret),
    };
    let expires_at = expiration.and_then(|text| text.parse::<Timestamp>().ok());
    credential.expires_at = expires_at.map(|at| UnixMillis(at.as_millisecond()));
    credential
}
