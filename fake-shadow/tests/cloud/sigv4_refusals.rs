//! What AWS answers to requests that are refused, word for word.

use std::time::Duration;

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::sigv4::refusal::{Clock, EscapeFault, ScopeFault};
use fake_shadow::sigv4::{Credential, Keyring, Refusal, Rules, timestamp, verify};

const DIGITS: &str = "14912a7066e4287a74dd83b4049d6df074b15c2c7c61824b06b021a13430fc87";

/// A request that passes all checks up to the one of its signature.
fn request() -> Request {
    Request {
        version: HttpVersion::Http11,
        method: "GET".to_owned(),
        target: "/things/t1/shadow".to_owned(),
        headers: vec![
            Header::new("Host", "127.0.0.1:8080"),
            Header::new("X-Amz-Date", "20260102T030405Z"),
            Header::new(
                "Authorization",
                authorization("AKID/20260102/us-east-1/iotdata/aws4_request"),
            ),
        ],
        body: Vec::new(),
    }
}

fn authorization(credential: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date, Signature={DIGITS}"
    )
}

fn with(name: &str, value: &str) -> Request {
    let mut request = without(name);
    request.headers.push(Header::new(name, value));
    request
}

fn without(name: &str) -> Request {
    let mut request = request();
    request.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
    request
}

fn with_target(target: &str) -> Request {
    Request { target: target.to_owned(), ..request() }
}

fn refusal(request: &Request) -> Refusal {
    let keyring: Keyring = [
        Credential::long_term("AKID", "secret"),
        Credential::temporary("ASIA", "secret", "token"),
        Credential {
            expires_at: Some(UnixMillis::from_secs(1_767_323_000)),
            ..Credential::temporary("ASIAOLD", "secret", "token")
        },
    ]
    .into_iter()
    .collect();
    let now = timestamp::parse_basic("20260102T030405Z").unwrap();
    verify(request, now, &keyring, &Rules::data_plane("us-east-1")).unwrap_err()
}

/// Checks status, name of the error, and words.
fn check(request: &Request, status: u16, code: &str, message: &str) {
    let refusal = refusal(request);
    assert_eq!(refusal.message(), message);
    assert_eq!((refusal.status(), refusal.code()), (status, code), "{refusal:?}");
}

fn forbidden(request: &Request, message: &str) {
    check(request, 403, "ForbiddenException", message);
}

const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
    Secret Access Key and signing method. Consult the service documentation for details.";

#[test]
fn escapes_in_the_query_come_first() {
    let illegal = "Illegal hex character in escape % pattern: %zz";
    check(&with_target("/?a=%zz"), 400, "MalformedQueryString", illegal);
    let incomplete = "Incomplete trailing escape % sequence";
    check(&with_target("/?a=%4"), 400, "MalformedQueryString", incomplete);
    check(&with_target("/?a=%&b=1"), 400, "MalformedQueryString", incomplete);
}

#[test]
fn a_request_is_signed_in_one_place() {
    forbidden(&without("Authorization"), "Missing Authentication Token");
    forbidden(
        &with_target("/?X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
}

#[test]
fn the_authorization_header_is_read_in_order() {
    let say = |value: &str, message: &str| forbidden(&with("Authorization", value), message);
    say("Bearer x", "Unsupported AWS 'algorithm': 'Bearer'.");
    say("", "Unsupported AWS 'algorithm': ''.");
    say("AWS4-HMAC-SHA1 Credential=a", "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1'.");
    say(
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders, Signature=b",
        "'SignedHeaders' not a valid key=value pair (missing equal-sign) in Authorization header: \
         'AWS4-HMAC-SHA256 Credential=a, SignedHeaders, Signature=b'.",
    );
    say(
        "AWS4-HMAC-SHA256 Credential= AKID/20260102/us-east-1/iotdata/aws4_request",
        "'AKID/20260102/us-east-1/iotdata/aws4_request' not a valid key=value pair (missing equal-sign) in \
         Authorization header: 'AWS4-HMAC-SHA256 Credential= AKID/20260102/us-east-1/iotdata/aws4_request'.",
    );
    let mut bare = without("X-Amz-Date");
    bare.headers.retain(|header| header.name != "Authorization");
    bare.headers.push(Header::new("Authorization", "AWS4-HMAC-SHA256"));
    forbidden(
        &bare,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256",
    );
}

#[test]
fn the_query_of_a_presigned_url_is_read_in_order() {
    let say = |target: &str, message: &str| {
        forbidden(&Request { target: target.to_owned(), ..without("Authorization") }, message);
    };
    say("/?X-Amz-Algorithm=AWS4", "Unsupported AWS 'algorithm': 'AWS4'.");
    say(
        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a",
        "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include \
         'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string \
         parameters.",
    );
    // Of a repeated parameter the first counts.
    say(
        "/?X-Amz-Algorithm=one&X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "Unsupported AWS 'algorithm': 'one'.",
    );
}

#[test]
fn of_a_repeated_part_in_the_header_the_last_counts() {
    let value = format!("{}, Credential=b", authorization("a"));
    assert_eq!(
        refusal(&with("Authorization", &value)),
        Refusal::CredentialForm { sent: "b".to_owned() }
    );
}

#[test]
fn host_date_and_credential_have_their_form() {
    let value = authorization("AKID/20260102/us-east-1/iotdata/aws4_request");
    forbidden(
        &with("Authorization", &value.replace("host;", "")),
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
    forbidden(
        &with("X-Amz-Date", "2026-01-02T03:04:05Z"),
        "Date must be in ISO-8601 'basic format'. Got '2026-01-02T03:04:05Z'. See http://en.wikipedia.org/wiki/ISO_8601",
    );
    forbidden(
        &with("Authorization", &authorization("AKID/20260102/us-east-1/aws4_request")),
        "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got \
         'AKID/20260102/us-east-1/aws4_request'",
    );
}

#[test]
fn all_faults_of_a_scope_are_listed() {
    let say = |scope: &str, message: &str| {
        forbidden(&with("Authorization", &authorization(&format!("AKID/{scope}"))), message);
    };
    say(
        "20260102/eu-west-1/iotdata/aws4_request",
        "Credential should be scoped to a valid region, not 'eu-west-1'. ",
    );
    say(
        "20260101//iot/aws5",
        "Credential should be scoped to a valid region, not ''. Credential should be scoped to correct service: \
         'iotdata'. Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5'. Date in Credential \
         scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260101' != '20260102', from \
         '20260102T030405Z'.",
    );
    // A scope is judged before the key is looked for.
    let unknown = authorization("NOBODY/20260102/eu-west-1/iotdata/aws4_request");
    assert!(matches!(refusal(&with("Authorization", &unknown)), Refusal::Scope(_)));
}

#[test]
fn keys_and_tokens_are_looked_for_before_the_signature_is_made() {
    let invalid = "The security token included in the request is invalid.";
    let signed_by = |id: &str, token: Option<&str>| {
        let value = authorization(&format!("{id}/20260102/us-east-1/iotdata/aws4_request"));
        let mut request = with("Authorization", &value);
        request.headers.extend(token.map(|token| Header::new("X-Amz-Security-Token", token)));
        request
    };
    forbidden(&signed_by("NOBODY", None), invalid);
    forbidden(&signed_by("ASIA", None), invalid);
    forbidden(&signed_by("ASIA", Some("other")), invalid);
    forbidden(&signed_by("AKID", Some("token")), invalid);
    forbidden(&signed_by("AKID", Some("")), invalid);
    let expired = "The security token included in the request is expired";
    forbidden(&signed_by("ASIAOLD", Some("token")), expired);
    forbidden(&signed_by("ASIA", Some("token")), MISMATCH);
}

#[test]
fn all_that_is_wrong_with_a_signature_gets_the_same_words() {
    forbidden(&request(), MISMATCH);
    let value = authorization("AKID/20260102/us-east-1/iotdata/aws4_request");
    forbidden(&with("Authorization", &value.replace(DIGITS, &DIGITS.to_uppercase())), MISMATCH);
    forbidden(&with("Authorization", &value.replace(DIGITS, &DIGITS[1..])), MISMATCH);
    forbidden(&with("Authorization", &value.replace("host;", "content-type;host;")), MISMATCH);
    forbidden(
        &with("Authorization", &value.replace("host;x-amz-date", "x-amz-date;host")),
        MISMATCH,
    );
    forbidden(&with("x-amz-content-sha256", "UNSIGNED-PAYLOAD"), MISMATCH);
}

#[test]
fn clocks_may_differ_by_five_minutes_either_way() {
    let at = |late_secs: i64| {
        let keyring: Keyring = [Credential::long_term("AKID", "secret")].into_iter().collect();
        let now = timestamp::parse_basic("20260102T030405Z").unwrap().offset_by(late_secs * 1000);
        verify(&request(), now, &keyring, &Rules::data_plane("us-east-1")).unwrap_err().message()
    };
    assert_eq!(at(300), MISMATCH);
    assert_eq!(at(-300), MISMATCH);
    assert_eq!(
        at(301),
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030906Z - 5 min.)"
    );
    assert_eq!(
        at(-301),
        "Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T025904Z + 5 min.)"
    );
}

#[test]
fn a_url_lives_no_longer_than_the_window_and_no_longer_than_it_says() {
    let at = |expires: &str, late_secs: i64| {
        let keyring: Keyring = [Credential::long_term("AKID", "secret")].into_iter().collect();
        let target = format!(
            "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20260102%2Fus-east-1%2Fiotdata%2Faws4_request\
             &X-Amz-Date=20260102T030405Z&X-Amz-Expires={expires}&X-Amz-SignedHeaders=host&X-Amz-Signature={DIGITS}"
        );
        let request = Request { target, ..without("Authorization") };
        let now = timestamp::parse_basic("20260102T030405Z").unwrap().offset_by(late_secs * 1000);
        verify(&request, now, &keyring, &Rules::data_plane("us-east-1")).unwrap_err()
    };
    assert_eq!(at("604800", 300), Refusal::Signature);
    assert!(matches!(at("604800", 301), Refusal::Expired(_)));
    assert_eq!(at("60", 60), Refusal::Signature);
    let message = at("60", 61).message();
    assert_eq!(
        message,
        "Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T030506Z - 1 min.)"
    );
    for expires in ["604801", "-1", "1.5", "", "soon", "99999999999999999999"] {
        assert!(matches!(at(expires, 0), Refusal::ExpiresForm { .. }), "{expires}");
    }
}

/// Bodies of AWS IoT are known by their length where only headers were captured.
#[test]
fn bodies_have_the_lengths_that_were_captured() {
    let length = |refusal: &Refusal| {
        let trace_id = "612ceea9-8bb1-73d9-3cb1-f3b117766e94";
        let body = serde_json::json!({ "message": refusal.message(), "traceId": trace_id });
        body.to_string().len()
    };
    let window = Duration::from_secs(300);
    let basic = |text: &str| timestamp::parse_basic(text).unwrap();
    let (signed_at, now) = (basic("19700101T080004Z"), basic("20190220T023319Z"));
    assert_eq!(length(&Refusal::MissingToken), 91);
    assert_eq!(length(&Refusal::Signature), 241);
    assert_eq!(length(&Refusal::Expired(Clock { signed_at, now, window })), 163);
    assert_eq!(length(&Refusal::NotYetCurrent(Clock { signed_at, now, window })), 171);
    let (sent, right) = (String::new(), "us-east-1".to_owned());
    assert_eq!(length(&Refusal::Scope(vec![ScopeFault::Region { sent, right }])), 118);
}

#[test]
fn the_control_plane_tells_causes_apart() {
    let code = |refusal: Refusal| refusal.control_plane_code();
    assert_eq!(code(Refusal::Signature), "InvalidSignatureException");
    assert_eq!(code(Refusal::MissingToken), "MissingAuthenticationTokenException");
    assert_eq!(code(Refusal::TokenInvalid), "UnrecognizedClientException");
    assert_eq!(code(Refusal::TokenExpired { expired_at: UnixMillis(0) }), "ExpiredTokenException");
    assert_eq!(code(Refusal::DateForm { sent: String::new() }), "IncompleteSignatureException");
    assert_eq!(code(Refusal::Escape(EscapeFault::Incomplete)), "MalformedQueryString");
}

#[test]
fn the_date_header_does_where_x_amz_date_is_missing() {
    let value =
        authorization("AKID/20260102/us-east-1/iotdata/aws4_request").replace("x-amz-date", "date");
    let value = value.replace("host;date", "date;host");
    for date in ["20260102T030405Z", "Fri, 02 Jan 2026 03:04:05 GMT"] {
        let mut request = without("X-Amz-Date");
        request.headers.retain(|header| header.name != "Authorization");
        request.headers.push(Header::new("Authorization", value.as_str()));
        request.headers.push(Header::new("Date", date));
        assert_eq!(refusal(&request), Refusal::Signature, "{date}");
    }
}
