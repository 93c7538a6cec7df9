//! Devices that sign, rightly or wrongly, with code of their own: nothing here is shared with the service.

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::sigv4::{Credential, Keyring, Rules};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "s3cr3t/of+the+device/w1th40characters/Zz";
pub(crate) const DAY: &str = "20260102";
pub(crate) const TIME: &str = "20260102T030405Z";
pub(crate) const SCOPE: &str = "20260102/us-east-1/iotdata/aws4_request";
pub(crate) const HOST: &str = "127.0.0.1:8080";
pub(crate) const BODY: &str = r#"{"state":{"reported":{"temp":21.5}}}"#;

pub(crate) fn now() -> UnixMillis {
    UnixMillis::from_secs(1_767_323_045)
}

pub(crate) fn keyring() -> Keyring {
    [
        Credential::long_term(KEY_ID, SECRET),
        Credential::long_term("AKIDOTHER", "another/secret+of+the+same+service000000"),
    ]
    .into_iter()
    .collect()
}

pub(crate) fn rules() -> Rules {
    Rules::data_plane("us-east-1")
}

pub(crate) fn sha(text: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(text))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn mac(key: &[u8], message: impl AsRef<[u8]>) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_ref());
    mac.finalize().into_bytes().to_vec()
}

pub(crate) fn key(secret: &str) -> Vec<u8> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in SCOPE.split('/') {
        key = mac(&key, part);
    }
    key
}

pub(crate) fn to_sign(canonical: &str) -> String {
    format!("AWS4-HMAC-SHA256\n{TIME}\n{SCOPE}\n{}", sha(canonical))
}

pub(crate) fn signature(canonical: &str) -> String {
    hex(&mac(&key(SECRET), to_sign(canonical)))
}

/// What the device sends but for its signature; `path` may hold a query.
pub(crate) fn request(method: &str, target: &str, body: &str, signature: &str) -> Request {
    let headers = [
        ("Host", HOST),
        ("X-Amz-Date", TIME),
        (
            "Authorization",
            &format!(
                "AWS4-HMAC-SHA256 Credential={KEY_ID}/{SCOPE}, SignedHeaders=host;x-amz-date, Signature={signature}"
            ),
        ),
        ("Content-Type", "application/json"),
        ("Content-Length", &body.len().to_string()),
    ];
    Request {
        version: HttpVersion::Http11,
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.map(|(name, value)| Header::new(name, value)).into(),
        body: body.as_bytes().to_vec(),
    }
}

/// A POST that is right for a device with this time and this scope.
pub(crate) fn post_at(time: &str, scope: &str) -> Request {
    let canonical = post_canonical().replace(TIME, time);
    let to_sign = to_sign(&canonical).replace(TIME, time).replace(SCOPE, scope);
    let start = format!("AWS4{SECRET}").into_bytes();
    let key = scope.split('/').fold(start, |key, part| mac(&key, part));
    let mut request = request("POST", "/things/t1/shadow", BODY, &hex(&mac(&key, to_sign)));
    for header in &mut request.headers {
        let value = String::from_utf8(header.value.to_vec()).unwrap();
        header.value = value.replace(TIME, time).replace(SCOPE, scope).into_bytes().into();
    }
    request
}

/// A POST of the document to a thing, signed by this canonical request.
pub(crate) fn post(canonical: &str) -> Request {
    request("POST", "/things/t1/shadow", BODY, &signature(canonical))
}

/// A GET signed by this canonical request.
pub(crate) fn get(target: &str, canonical: &str) -> Request {
    request("GET", target, "", &signature(canonical))
}

/// The right canonical request of [`post`].
pub(crate) fn post_canonical() -> String {
    format!(
        "POST\n/things/t1/shadow\n\nhost:{HOST}\nx-amz-date:{TIME}\n\nhost;x-amz-date\n{}",
        sha(BODY)
    )
}

/// The right canonical request of a GET, its path and query given in canonical form.
pub(crate) fn get_canonical(path: &str, query: &str) -> String {
    format!("GET\n{path}\n{query}\nhost:{HOST}\nx-amz-date:{TIME}\n\nhost;x-amz-date\n{}", sha(""))
}
