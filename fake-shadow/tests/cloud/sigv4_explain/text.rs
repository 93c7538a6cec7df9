//! The text of explanations, as people read it in a log.

use fake_shadow::message::{Header, Request};
use fake_shadow::sigv4::explain::{HASH_HEADER, TEXT_HEADER};
use fake_shadow::sigv4::{Credential, Explanation, Keyring, explain, verify};

use super::devices::*;

fn check(name: &str, request: &Request) {
    check_at(name, request, 0);
}

/// `late_secs` is how far the service's clock is ahead of the device's.
fn check_at(name: &str, request: &Request, late_secs: i64) {
    let now = now().offset_by(late_secs * 1000);
    let keyring = keyring();
    let refusal = verify(request, now, &keyring, &rules()).unwrap_err();
    let explanation = explain(request, now, &keyring, &rules(), &refusal);
    insta::assert_snapshot!(name, without_count(&explanation));
}

/// The text without the number of signatures, which changes with each mistake that is added to the table.
fn without_count(explanation: &Explanation) -> String {
    let count = format!("{} signatures", explanation.recomputations);
    explanation.render().replace(&count, "[count] signatures")
}

fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
    request.headers.push(Header::new(name, value));
    request
}

#[test]
fn path_signed_as_sent() {
    let wire = "/things/my%3Athing/shadow";
    check("path_signed_as_sent", &get(wire, &get_canonical(wire, "")));
}

#[test]
fn host_without_port() {
    check("host_without_port", &post(&post_canonical().replace(":8080\n", "\n")));
}

#[test]
fn body_hash_of_nothing() {
    check("body_hash_of_nothing", &post(&post_canonical().replace(&sha(BODY), &sha(""))));
}

#[test]
fn query_line_missing() {
    let canonical = post_canonical().replace("shadow\n\nhost", "shadow\nhost");
    check("query_line_missing", &post(&canonical));
}

#[test]
fn lines_end_with_cr_lf() {
    check("lines_end_with_cr_lf", &post(&post_canonical().replace('\n', "\r\n")));
}

#[test]
fn secret_with_line_end() {
    let signature = hex(&mac(&key(&format!("{SECRET}\n")), to_sign(&post_canonical())));
    check("secret_with_line_end", &request("POST", "/things/t1/shadow", BODY, &signature));
}

#[test]
fn key_for_another_region() {
    let parts = [DAY, "eu-west-1", "iotdata", "aws4_request"];
    let start = format!("AWS4{SECRET}").into_bytes();
    let key = parts.iter().fold(start, |key, part| mac(&key, part));
    let signature = hex(&mac(&key, to_sign(&post_canonical())));
    check("key_for_another_region", &request("POST", "/things/t1/shadow", BODY, &signature));
}

#[test]
fn clock_read_twice() {
    let to_sign = to_sign(&post_canonical()).replace("05Z", "06Z");
    let signature = hex(&mac(&key(SECRET), to_sign));
    check("clock_read_twice", &request("POST", "/things/t1/shadow", BODY, &signature));
}

#[test]
fn clock_in_1970() {
    let request = post_at("19700101T000012Z", "19700101/us-east-1/iotdata/aws4_request");
    check("clock_in_1970", &request);
}

#[test]
fn clock_in_local_time() {
    check_at("clock_in_local_time", &post(&post_canonical()), -2 * 3600 + 7);
}

#[test]
fn scope_of_another_service_and_region() {
    let request = post_at(TIME, "20260102/iot.eu-west-1/iot/aws4_request");
    check("scope_of_another_service_and_region", &request);
}

#[test]
fn header_that_did_not_come() {
    let canonical = post_canonical()
        .replace("host;x-amz-date", "connection;host;x-amz-date")
        .replace("host:", "connection:close\nhost:");
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{SCOPE}, SignedHeaders=connection;host;x-amz-date, Signature={}",
        signature(&canonical)
    );
    let request = with_header(post(&post_canonical()), "Authorization", &value);
    check("header_that_did_not_come", &request);
}

#[test]
fn credential_with_another_scope_than_was_signed() {
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={KEY_ID}/{DAY}/eu-west-1/iotdata/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={}",
        signature(&post_canonical())
    );
    let request = with_header(post(&post_canonical()), "Authorization", &value);
    check("credential_with_another_scope_than_was_signed", &request);
}

#[test]
fn key_id_in_another_case() {
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{SCOPE}, SignedHeaders=host;x-amz-date, Signature={}",
        KEY_ID.to_lowercase(),
        signature(&post_canonical())
    );
    check("key_id_in_another_case", &with_header(post(&post_canonical()), "Authorization", &value));
}

#[test]
fn digits_without_zeros() {
    let right = mac(&key(SECRET), to_sign(&post_canonical()));
    let lost: String = right.iter().map(|byte| format!("{byte:x}")).collect();
    check("digits_without_zeros", &request("POST", "/things/t1/shadow", BODY, &lost));
}

#[test]
fn two_mistakes() {
    let canonical = post_canonical().replace(":8080\n", "\n");
    let to_sign = to_sign(&canonical).replace(TIME, DAY);
    let signature = hex(&mac(&key(SECRET), to_sign));
    check("two_mistakes", &request("POST", "/things/t1/shadow", BODY, &signature));
}

#[test]
fn nothing_explains_it() {
    let signature = hex(&mac(&key("no such secret"), to_sign(&post_canonical())));
    check("nothing_explains_it", &request("POST", "/things/t1/shadow", BODY, &signature));
}

#[test]
fn canonical_request_told_by_its_hash() {
    let signature = hex(&mac(&key("no such secret"), to_sign(&post_canonical())));
    let request = request("POST", "/things/t1/shadow", BODY, &signature);
    let request = with_header(request, HASH_HEADER, &sha(post_canonical()));
    check("canonical_request_told_by_its_hash", &request);
}

#[test]
fn canonical_request_told_by_its_text() {
    use base64::Engine as _;
    let canonical = post_canonical().replace("x-amz-date:2026", "x-amz-date:2026 ");
    let text = base64::engine::general_purpose::STANDARD.encode(&canonical);
    check("canonical_request_told_by_its_text", &with_header(post(&canonical), TEXT_HEADER, &text));
}

#[test]
fn session_token_is_not_shown() {
    let token = "FwoGZXIvYXdzEAaDEXAMPLEsessionTOKEN==";
    let secret = "temporary/secret+of+the+device0000000000";
    let value = format!(
        "AWS4-HMAC-SHA256 Credential=ASIDEXAMPLE/{SCOPE}, SignedHeaders=host;x-amz-date;x-amz-security-token, Signature={}",
        "0".repeat(64)
    );
    let request = with_header(post(&post_canonical()), "Authorization", &value);
    let request = with_header(request, "X-Amz-Security-Token", token);
    let keyring: Keyring =
        [Credential::temporary("ASIDEXAMPLE", secret, token)].into_iter().collect();
    let refusal = verify(&request, now(), &keyring, &rules()).unwrap_err();
    let explanation = explain(&request, now(), &keyring, &rules(), &refusal);
    assert!(!explanation.render().contains(token));
    insta::assert_snapshot!("session_token_is_not_shown", without_count(&explanation));
}

#[test]
fn the_form_for_a_page() {
    let wire = "/things/my%3Athing/shadow";
    let request = get(wire, &get_canonical(wire, ""));
    let refusal = verify(&request, now(), &keyring(), &rules()).unwrap_err();
    let explanation = explain(&request, now(), &keyring(), &rules(), &refusal);
    let mut json = explanation.to_json();
    json["recomputations"] = "[count]".into();
    insta::assert_json_snapshot!("the_form_for_a_page", json);
}
