//! Requests of real clients and requests made to be hard, each with its verdict.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::Request;
use fake_shadow::raw_request;
use fake_shadow::sigv4::canonical::{CanonicalRequest, PathRule, query_pairs};
use fake_shadow::sigv4::parse::{Claim, Place};
use fake_shadow::sigv4::signing_key::string_to_sign;
use fake_shadow::sigv4::{Credential, Keyring, Refusal, Rules, timestamp, verify};
use serde_json::Value;

const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// The token that all captures with temporary credentials carry.
const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtoken==";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sigv4")
}

fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn captured_requests_of_real_clients_get_their_verdict() {
    let keyring: Keyring =
        [Credential::long_term(KEY_ID, SECRET), Credential::temporary(KEY_ID, SECRET, TOKEN)]
            .into_iter()
            .collect();
    let rules = Rules::data_plane("us-east-1");
    let mut seen = 0;
    for entry in fs::read_dir(fixtures().join("captures")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let expected = read_json(&path);
        let request = raw_request::parse(&fs::read(path.with_extension("req")).unwrap()).unwrap();
        let now = timestamp::parse_basic(expected["x_amz_date"].as_str().unwrap()).unwrap();
        check_canonical(&path, &expected, &request);
        let verdict = verify(&request, now, &keyring, &rules);
        if expected["verifies"].as_bool().unwrap() {
            assert_eq!(verdict.map(|identity| identity.signed_at), Ok(now), "{path:?}");
        } else {
            assert_eq!(verdict, Err(Refusal::Signature), "{path:?}");
        }
        seen += 1;
    }
    assert!(seen > 40, "only {seen} captures were found");
}

/// Checks what the service builds from a captured request: the right canonical request, whatever the client signed.
fn check_canonical(path: &Path, expected: &Value, request: &Request) {
    let pairs = query_pairs(request.query().unwrap_or_default()).unwrap();
    let claim = Claim::read(request, &pairs).unwrap();
    let is_token_signed = expected["token_in_canonical_query"].as_bool().unwrap_or_default();
    let mut signed = pairs.clone();
    if claim.place == Place::Query {
        signed.retain(|pair| match pair.name.as_str() {
            "X-Amz-Signature" => false,
            "X-Amz-Security-Token" => is_token_signed,
            _ => true,
        });
    }
    let canonical =
        CanonicalRequest::new(request, signed, &claim.signed_headers, PathRule::Normalized);
    let text = fs::read_to_string(path.with_extension("creq")).unwrap();
    assert_eq!(String::from_utf8(canonical.to_bytes()).unwrap(), text, "{path:?}");
    let to_sign = string_to_sign(&claim.date, &claim.scope().unwrap(), &canonical.sha256());
    assert_eq!(to_sign, fs::read_to_string(path.with_extension("sts")).unwrap(), "{path:?}");
}

/// What this service does where it is not known what AWS does: today's behavior, not a demand.
const UNSETTLED: &[(&str, bool)] = &[
    ("A14-obs-fold", true),
    ("A17-query-plus-is-space", true),
    ("A25-presigned-token-signed", true),
    ("R17-unsorted-signedheaders", false),
    ("R25-two-authorization", true),
    ("R33-unsigned-xamz-date", true),
];

#[test]
fn hard_requests_get_their_verdict() {
    let cases = read_json(&fixtures().join("adversarial.json"));
    for case in cases["cases"].as_array().unwrap() {
        let text = |key: &str| case[key].as_str().unwrap();
        let raw = base64::engine::general_purpose::STANDARD.decode(text("raw")).unwrap();
        let request = raw_request::parse(&raw).unwrap();
        let (key_id, secret) = (text("access_key"), text("secret"));
        let credential = match case["token"].as_str() {
            Some(token) => Credential::temporary(key_id, secret, token),
            None => Credential::long_term(key_id, secret),
        };
        let keyring: Keyring = [credential].into_iter().collect();
        let now = UnixMillis::from_secs(case["now"].as_i64().unwrap());
        let verdict = verify(&request, now, &keyring, &Rules::data_plane(text("region")));
        match text("expect") {
            "accept" => assert!(verdict.is_ok(), "{}: {verdict:?}", text("id")),
            "reject" => assert!(verdict.is_err(), "{}: {verdict:?}", text("id")),
            "either" => {
                let known = UNSETTLED.iter().find(|(id, _)| *id == text("id"));
                if let Some((id, is_accepted)) = known {
                    assert_eq!(verdict.is_ok(), *is_accepted, "{id}: {verdict:?}");
                }
            }
            other => panic!("{} expects {other}", text("id")),
        }
    }
}
