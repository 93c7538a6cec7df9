//! The arithmetic: the signing key, the string to sign, the signature.
//!
//! Source: "Create a signed AWS API request", steps 3 to 5, in the AWS Identity and Access Management User Guide.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::escape::hex;
use super::parse::{ALGORITHM, Scope};

/// A key or a code of HMAC-SHA256.
pub type Code = [u8; 32];

/// HMAC-SHA256 of a message.
#[must_use]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Code {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The key that signs for one day, region and service.
#[must_use]
pub fn signing_key(secret: &str, scope: &Scope<'_>) -> Code {
    let mut start = Vec::with_capacity(4 + secret.len());
    start.extend_from_slice(b"AWS4");
    start.extend_from_slice(secret.as_bytes());
    let day = hmac_sha256(&start, scope.date.as_bytes());
    let region = hmac_sha256(&day, scope.region.as_bytes());
    let service = hmac_sha256(&region, scope.service.as_bytes());
    hmac_sha256(&service, scope.terminator.as_bytes())
}

/// The string to sign; `date` is the time of the signature in ISO 8601 basic format.
#[must_use]
pub fn string_to_sign(date: &str, scope: &Scope<'_>, canonical_sha256: &str) -> String {
    let Scope { access_key_id: _, date: day, region, service, terminator } = scope;
    let mut out = String::with_capacity(160);
    for part in [ALGORITHM, "\n", date, "\n", day, "/", region, "/", service, "/", terminator, "\n"]
    {
        out.push_str(part);
    }
    out.push_str(canonical_sha256);
    out
}

/// The signature in hexadecimal digits.
#[must_use]
pub fn signature(key: &Code, string_to_sign: &str) -> String {
    hex(&hmac_sha256(key, string_to_sign.as_bytes()))
}
