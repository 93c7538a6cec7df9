//! Mistakes that can be seen in a request, without computing a signature.

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, Request};
use fake_shadow::sigv4::explain::Proof;
use fake_shadow::sigv4::{Credential, Keyring, explain, verify};

use super::devices::*;

const TOKEN: &str = "FwoGZXIvYXdzEAaDEXAMPLE+session/TOKEN==";

/// Checks what is seen in a request.
fn check(request: &Request, expected: &[&str]) {
    let mut expired = Credential::temporary("ASIAOLDEXAMPLE", SECRET, TOKEN);
    expired.expires_at = Some(UnixMillis::from_secs(1_767_000_000));
    let keyring: Keyring = [
        Credential::long_term(KEY_ID, SECRET),
        Credential::temporary("ASIAEXAMPLE", SECRET, TOKEN),
        expired,
    ]
    .into_iter()
    .collect();
    let refusal = verify(request, now(), &keyring, &rules()).unwrap_err();
    let explanation = explain(request, now(), &keyring, &rules(), &refusal);
    let seen = explanation.findings.iter().filter(|finding| finding.proof == Proof::Seen);
    assert_eq!(seen.map(|finding| finding.id).collect::<Vec<_>>(), expected, "{explanation}");
}

/// A right request whose `Authorization` is changed.
fn authorized(change: impl Fn(&str) -> String) -> Request {
    changed("Authorization", change)
}

fn changed(name: &str, change: impl Fn(&str) -> String) -> Request {
    let mut request = post(&post_canonical());
    for header in &mut request.headers {
        if header.name == name {
            header.value = change(str::from_utf8(&header.value).unwrap()).into_bytes().into();
        }
    }
    request
}

fn with_token(id: &str, token: &str) -> Request {
    let mut request = authorized(|value| value.replace(KEY_ID, id));
    request.headers.push(Header::new("X-Amz-Security-Token", token));
    request
}

#[test]
fn the_form_of_the_authorization() {
    let mut unsigned = post(&post_canonical());
    unsigned.headers.retain(|header| header.name != "Authorization");
    check(&unsigned, &["authorization-missing"]);
    let mut both = post(&post_canonical());
    both.target += "?X-Amz-Algorithm=AWS4-HMAC-SHA256";
    check(&both, &["authorization-in-both-places"]);
    check(&authorized(|value| format!("Authorization: {value}")), &["authorization-name-doubled"]);
    check(&authorized(|value| value.replace("AWS4-", "aws4-")), &["authorization-algorithm"]);
    check(
        &authorized(|value| value.replace("Credential=", "Credential= ")),
        &["authorization-space-in-credential"],
    );
    check(
        &authorized(|value| value.replace("SignedHeaders=", "SignedHeaders ")),
        &["authorization-part-without-equal-sign"],
    );
    check(&authorized(|value| value.replace("Signature=", "Sig=")), &["authorization-incomplete"]);
    check(&authorized(|value| value.replace("host;", "")), &["host-not-signed"]);
    check(&authorized(|value| value.replace("/iotdata", "")), &["credential-not-five-parts"]);
    check(
        &authorized(|value| value.replace("host;x-amz-date", "Host;X-Amz-Date")),
        &["signed-headers-not-canonical"],
    );
    check(&authorized(|value| value.replace("host;", "accept;host;")), &["header-absent"]);
    check(&authorized(|value| value.replace("Signature=", "Signature=0x")), &["signature-form"]);
}

#[test]
fn the_form_of_the_date() {
    let mut without = post(&post_canonical());
    without.headers.retain(|header| header.name != "X-Amz-Date");
    check(&without, &["date-missing"]);
    let dated = |date: &str| changed("X-Amz-Date", |_| date.to_owned());
    check(&dated("2026-01-02T03:04:05Z"), &["date-with-separators"]);
    check(&dated("1767323045"), &["date-in-seconds"]);
    check(&dated("1767323045123"), &["date-in-seconds"]);
    check(&dated("20260002T030405Z"), &["date-month-0"]);
    check(&dated("20260102T030405"), &["date-form"]);
    check(&dated(""), &["date-form"]);
}

#[test]
fn the_scope() {
    let scoped = |scope: &str| post_at(TIME, scope);
    check(&scoped("20260102/eu-west-1/iotdata/aws4_request"), &["scope-region"]);
    check(&scoped("20260102/US-EAST-1/iotdata/aws4_request"), &["scope-region-form"]);
    check(&scoped("20260102//iotdata/aws4_request"), &["scope-region-form"]);
    check(&scoped("20260102/us-east-1/iot/aws4_request"), &["scope-service"]);
    check(
        &scoped("20260102/iotdata/us-east-1/aws4_request"),
        &["scope-region-and-service-swapped"],
    );
    check(&scoped("20260102/us-east-1/iotdata/aws4"), &["scope-terminator"]);
    check(&scoped("20260101/us-east-1/iotdata/aws4_request"), &["scope-date"]);
    check(&scoped("20260102T030405Z/us-east-1/iotdata/aws4_request"), &["scope-date-form"]);
}

#[test]
fn the_access_key_id() {
    let by = |id: &str| authorized(|value| value.replace(KEY_ID, id));
    check(&by("AKIANOBODY"), &["key-id-unknown"]);
    check(&by("akidexample"), &["key-id-case"]);
    check(&by("\"AKIDEXAMPLE\""), &["key-id-with-more"]);
    check(&by("AKIDEXAMPL"), &["key-id-typed-wrong"]);
    check(&by("AKIDEXMAPLE"), &["key-id-typed-wrong"]);
    let secret = SECRET.replace('/', "");
    let keyring: Keyring = [Credential::long_term(KEY_ID, secret.as_str())].into_iter().collect();
    let request = by(&secret);
    let refusal = verify(&request, now(), &keyring, &rules()).unwrap_err();
    let explanation = explain(&request, now(), &keyring, &rules(), &refusal);
    assert_eq!(explanation.findings[0].id, "key-id-is-secret");
    assert!(!explanation.render().contains(&secret));
}

#[test]
fn the_session_token() {
    check(&authorized(|value| value.replace(KEY_ID, "ASIAEXAMPLE")), &["token-missing"]);
    check(&with_token("ASIAEXAMPLE", ""), &["token-empty"]);
    check(&with_token("ASIAEXAMPLE", "FwoGAnother"), &["token-of-another-key"]);
    check(&with_token("ASIAEXAMPLE", &TOKEN.replace('+', " ")), &["token-changed"]);
    check(&with_token("ASIAEXAMPLE", &TOKEN.replace('/', "%2F")), &["token-changed"]);
    check(&with_token(KEY_ID, TOKEN), &["token-not-wanted"]);
    check(&with_token("ASIAOLDEXAMPLE", TOKEN), &["token-expired"]);
}

#[test]
fn the_hash_of_the_body_in_its_header() {
    let with_hash = |hash: &str| {
        let mut request = post(&post_canonical());
        request.headers.push(Header::new("x-amz-content-sha256", hash));
        request
    };
    check(&with_hash(&sha("")), &["body-hash-header-differs", "body-hash-of-nothing"]);
    check(
        &with_hash(&sha(format!("{BODY}\n"))),
        &["body-hash-header-differs", "body-hash-with-line-end"],
    );
    check(&with_hash("UNSIGNED-PAYLOAD"), &["body-hash-header-unsigned", "body-unsigned-payload"]);
    check(&with_hash(&"0".repeat(64)), &["body-hash-header-differs"]);
}

#[test]
fn the_query() {
    let mut request = post(&post_canonical());
    request.target += "?name=100%";
    check(&request, &["query-escape"]);
}
