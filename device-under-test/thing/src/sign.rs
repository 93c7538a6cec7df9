//! Signature version 4, the client's half, for the one service that a shadow lives in.
//!
//! Written from the public description and apart from any verifier of this project, so that a mistake
//! in one is seen by the other.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::limits::{CREDENTIAL_BYTES_MAX, THING_NAME_BYTES_MAX};
use crate::text::Text;
use crate::time::Stamp;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const SERVICE: &str = "iotdata";
const TERMINATOR: &str = "aws4_request";

/// Bytes of `/things/<name>/shadow` when each byte of the name takes three.
const PATH_BYTES_MAX: usize = "/things//shadow".len() + 3 * THING_NAME_BYTES_MAX;

/// A path as it goes on the wire.
pub(crate) type Path = Text<PATH_BYTES_MAX>;

/// Bytes of `20190428/<region>/iotdata/aws4_request`.
const SCOPE_BYTES_MAX: usize =
    8 + 1 + CREDENTIAL_BYTES_MAX + 1 + SERVICE.len() + 1 + TERMINATOR.len();

/// What a key is good for: one day, one region, one service.
pub(crate) type Scope = Text<SCOPE_BYTES_MAX>;

/// A signature in hexadecimal digits.
pub(crate) type Signature = Text<64>;

/// The parts of a request that its signature covers, besides the headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Covered<'a> {
    pub(crate) method: &'a str,
    /// As on the wire, escapes and all.
    pub(crate) path: &'a str,
    /// As on the wire, without `?`. One parameter at most, so there is no order to keep.
    pub(crate) query: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) stamp: &'a Stamp,
}

/// The scope of a signature made at this time in this region.
pub(crate) fn scope(region: &str, stamp: &Stamp) -> Scope {
    Scope::of(&[day(stamp), "/", region, "/", SERVICE, "/", TERMINATOR])
}

/// The names of the headers that are signed, in the order of the alphabet.
pub(crate) const fn signed_headers(config: &Config<'_>) -> &'static str {
    match config.session_token {
        None => "host;x-amz-date",
        Some(_) => "host;x-amz-date;x-amz-security-token",
    }
}

/// The signature of a request with the headers `Host`, `x-amz-date` and, if there is a session
/// token, `x-amz-security-token`.
pub(crate) fn signature(config: &Config<'_>, covered: &Covered<'_>) -> Signature {
    let mut to_sign = mac(&signing_key(config, covered.stamp));
    let scope = scope(config.region, covered.stamp);
    let hash = hex(&canonical_request_hash(config, covered));
    let lines =
        [ALGORITHM, "\n", covered.stamp.as_str(), "\n", scope.as_str(), "\n", hash.as_str()];
    for line in lines {
        to_sign.update(line.as_bytes());
    }
    hex(&to_sign.finalize().into_bytes())
}

/// Writes `Authorization`'s value piece by piece.
pub(crate) fn write_authorization(
    config: &Config<'_>,
    covered: &Covered<'_>,
    write: &mut dyn FnMut(&str),
) {
    write(ALGORITHM);
    write(" Credential=");
    write(config.access_key_id);
    write("/");
    write(scope(config.region, covered.stamp).as_str());
    write(", SignedHeaders=");
    write(signed_headers(config));
    write(", Signature=");
    write(signature(config, covered).as_str());
}

/// Writes `text` with every byte but `A-Za-z0-9-_.~` as `%` and two digits.
pub(crate) fn percent_encode(text: &str, write: &mut dyn FnMut(&str)) {
    text.bytes().for_each(|byte| percent_encode_byte(byte, write));
}

fn percent_encode_byte(byte: u8, write: &mut dyn FnMut(&str)) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = Text::<3>::new();
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        encoded.push_char(char::from(byte));
    } else {
        encoded.push_str("%");
        encoded.push_char(char::from(DIGITS[usize::from(byte >> 4)]));
        encoded.push_char(char::from(DIGITS[usize::from(byte & 15)]));
    }
    write(encoded.as_str());
}

/// Hashes the canonical request without ever holding it.
fn canonical_request_hash(config: &Config<'_>, covered: &Covered<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut put = |text: &str| hash.update(text.as_bytes());
    put(covered.method);
    put("\n");
    // The path is encoded once more as a whole: `%3A` on the wire is `%253A` here.
    for byte in covered.path.bytes() {
        match byte {
            b'/' => put("/"),
            other => percent_encode_byte(other, &mut put),
        }
    }
    for part in
        ["\n", covered.query, "\nhost:", config.host, "\nx-amz-date:", covered.stamp.as_str()]
    {
        put(part);
    }
    if let Some(token) = config.session_token {
        put("\nx-amz-security-token:");
        put(token);
    }
    let body_hash = hex(&Sha256::digest(covered.body));
    for part in ["\n\n", signed_headers(config), "\n", body_hash.as_str()] {
        put(part);
    }
    hash.finalize().into()
}

/// The key of one day, derived step by step from the secret.
fn signing_key(config: &Config<'_>, stamp: &Stamp) -> [u8; 32] {
    let secret = Text::<{ 4 + CREDENTIAL_BYTES_MAX }>::of(&["AWS4", config.secret_access_key]);
    let mut key = sign_part(secret.as_str().as_bytes(), day(stamp));
    for part in [config.region, SERVICE, TERMINATOR] {
        key = sign_part(&key, part);
    }
    key
}

fn sign_part(key: &[u8], part: &str) -> [u8; 32] {
    let mut mac = mac(key);
    mac.update(part.as_bytes());
    mac.finalize().into_bytes().into()
}

fn mac(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of every length")
}

fn day(stamp: &Stamp) -> &str {
    stamp.as_str().get(..8).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> Signature {
    let mut text = Signature::new();
    text.push_hex(bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::stamp;

    const VECTORS: &str = include_str!("../tests/data/signatures.json");

    fn field<'a>(vector: &'a serde_json::Value, name: &str, default: &'a str) -> &'a str {
        vector[name].as_str().unwrap_or(default)
    }

    fn check(vector: &serde_json::Value) {
        let config = Config {
            thing_name: "unused",
            shadow_name: None,
            host: field(vector, "host", "a1b2c3d4e5f6g7.iot.us-east-1.amazonaws.com"),
            region: field(vector, "region", "us-east-1"),
            access_key_id: "AKIDEXAMPLE",
            secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            session_token: vector["session_token"].as_str(),
        };
        let covered = Covered {
            method: field(vector, "method", "GET"),
            path: field(vector, "path", "/things/id-1/shadow"),
            query: field(vector, "query", ""),
            body: field(vector, "body", "").as_bytes(),
            stamp: &stamp(1_556_454_896),
        };
        let signature = signature(&config, &covered);
        assert_eq!(signature.as_str(), field(vector, "signature", "missing"), "{vector}");
        if let Some(expected) = vector["canonical_request_hash"].as_str() {
            assert_eq!(hex(&canonical_request_hash(&config, &covered)).as_str(), expected);
        }
        if let Some(expected) = vector["signing_key"].as_str() {
            assert_eq!(hex(&signing_key(&config, covered.stamp)).as_str(), expected);
        }
        if let Some(expected) = vector["authorization"].as_str() {
            let mut written = String::new();
            write_authorization(&config, &covered, &mut |part| written.push_str(part));
            assert_eq!(written, expected);
        }
    }

    #[test]
    fn every_vector_has_its_signature() {
        let vectors: Vec<serde_json::Value> = serde_json::from_str(VECTORS).unwrap();
        assert!(vectors.len() >= 12);
        vectors.iter().for_each(check);
    }

    #[test]
    fn only_unreserved_characters_stay_as_they_are() {
        let mut encoded = String::new();
        percent_encode("aZ09-_.~:/$ é", &mut |part| encoded.push_str(part));
        assert_eq!(encoded, "aZ09-_.~%3A%2F%24%20%C3%A9");
    }
}
