//! The arithmetic: the signing key, the string to sign, the signature.
//!
//! Source: "Create a signed AWS API request", steps 3 to 5, in the AWS Identity and Access Management User Guide.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::credential::Secret;
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

/// The signing keys that were used last. Making one costs as much as all the rest of a check, and a client keeps its key for
/// a day.
#[derive(Clone, Default)]
pub struct SigningKeys {
    /// The one used last comes last.
    kept: Vec<KeptKey>,
}

/// How many are kept; a bench has a few devices, each with a key of its own.
const KEYS_KEPT_MAX: usize = 64;

#[derive(Clone)]
struct KeptKey {
    secret: Secret,
    /// Day, region, service and end of the scope.
    scope: [String; 4],
    /// Ready for a message.
    mac: Hmac<Sha256>,
}

impl SigningKeys {
    /// The signature, by the key of a secret and a scope.
    pub(super) fn signature(
        &mut self,
        secret: &Secret,
        scope: &Scope<'_>,
        string_to_sign: &str,
    ) -> Code {
        let parts = [scope.date, scope.region, scope.service, scope.terminator];
        let is_it = |key: &KeptKey| key.scope == parts && key.secret == *secret;
        if !self.kept.last().is_some_and(is_it) {
            let key = match self.kept.iter().position(is_it) {
                Some(place) => self.kept.remove(place),
                None => KeptKey::new(secret, scope, parts),
            };
            if self.kept.len() == KEYS_KEPT_MAX {
                self.kept.remove(0);
            }
            self.kept.push(key);
        }
        let mut mac = self.kept.last().expect("one was put there above").mac.clone();
        mac.update(string_to_sign.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl KeptKey {
    fn new(secret: &Secret, scope: &Scope<'_>, parts: [&str; 4]) -> Self {
        let key = signing_key(secret.reveal(), scope);
        let mac = Hmac::<Sha256>::new_from_slice(&key).expect("HMAC takes a key of any length");
        Self { secret: secret.clone(), scope: parts.map(str::to_owned), mac }
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("kept", &self.kept.len()).finish()
    }
}

/// The signature in hexadecimal digits.
#[must_use]
pub fn signature(key: &Code, string_to_sign: &str) -> String {
    hex(&hmac_sha256(key, string_to_sign.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_key_signs_as_a_new_one_whatever_was_used_between() {
        let scope = |date| Scope {
            access_key_id: "AKIDEXAMPLE",
            date,
            region: "us-east-1",
            service: "iotdata",
            terminator: "aws4_request",
        };
        let mut keys = SigningKeys::default();
        let dates: Vec<String> = (0..KEYS_KEPT_MAX + 2).map(|day| format!("{day:08}")).collect();
        for date in dates.iter().chain(&dates).chain(dates.last()) {
            for secret in ["one", "another"] {
                let right = hmac_sha256(&signing_key(secret, &scope(date)), b"text");
                assert_eq!(keys.signature(&Secret::from(secret), &scope(date), "text"), right);
            }
            assert!(keys.kept.len() <= KEYS_KEPT_MAX);
        }
    }
}
