//! Requests at the edges of the signing rules, signed here by the canonical request that stands beside each.

use std::fs;
use std::path::Path;

use fake_shadow::raw_request;
use fake_shadow::sigv4::{Credential, Keyring, Rules, timestamp, verify};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

const SCOPE: &str = "20260102/us-east-1/iotdata/aws4_request";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";

#[test]
fn requests_at_the_edges_get_their_verdict() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sigv4/edges.json");
    let file: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert_eq!(Some(cases.len() as u64), file["count"].as_u64());
    let failures: Vec<String> = cases.iter().filter_map(|case| failure(&file, case)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// What is wrong with the verdict about a case.
fn failure(file: &Value, case: &Value) -> Option<String> {
    let of = |key: &str| file[key].as_str().unwrap();
    let (key_id, secret) = (of("key"), of("secret"));
    let credential = match case["token"].as_str() {
        Some(token) => Credential::temporary(key_id, secret, token),
        None => Credential::long_term(key_id, secret),
    };
    let keyring: Keyring = [credential].into_iter().collect();
    let now = timestamp::parse_basic(of("now")).unwrap();
    let raw = raw(case, key_id, secret, of("now"));
    let request = raw_request::parse(raw.as_bytes()).unwrap();
    let verdict = verify(&request, now, &keyring, &Rules::data_plane("us-east-1"));
    let said = verdict.as_ref().err().map(ToString::to_string);
    let expected = match case["expect"].as_str().unwrap() {
        "accept" => None,
        "refuse" => Some(case["message"].as_str().unwrap_or(MISMATCH).to_owned()),
        other => panic!("{other}"),
    };
    let authorization = raw.lines().find_map(|line| line.strip_prefix("Authorization: "));
    let expected = expected
        .map(|message| message.replace("{authorization}", authorization.unwrap_or_default()));
    (said != expected).then(|| format!("{}: {verdict:?}\n  to {raw:?}", case["id"]))
}

/// The request as it is sent.
fn raw(case: &Value, key_id: &str, secret: &str, now: &str) -> String {
    let lines = |key: &str| -> Vec<&str> {
        case[key].as_array().into_iter().flatten().map(|line| line.as_str().unwrap()).collect()
    };
    let empty = hex(&Sha256::digest(""));
    let body = case["body"].as_str().unwrap_or_default().replace("{empty}", &empty);
    let hashes = |text: &str| {
        text.replace("{body}", &hex(&Sha256::digest(&body))).replace("{empty}", &empty)
    };
    let given = lines("to_sign");
    let (time, scope) = match given.as_slice() {
        [] => (now, SCOPE),
        [time] => (*time, SCOPE),
        [time, scope, ..] => (*time, *scope),
    };
    let canonical = hashes(&lines("canonical").join("\n"));
    let to_sign =
        format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(&canonical)));
    let start = format!("AWS4{secret}").into_bytes();
    let key = scope.split('/').fold(start, |key, part| mac(&key, part));
    let signature = hex(&mac(&key, &to_sign));
    let head = hashes(&lines("head").join("\r\n"))
        .replace("{signature}", &signature)
        .replace("{SIGNATURE}", &signature.to_uppercase())
        .replace("{signature-cut}", &signature[1..])
        .replace("{credential}", &format!("{key_id}/{SCOPE}"));
    format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn mac(key: &[u8], message: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
