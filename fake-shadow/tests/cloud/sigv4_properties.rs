//! Laws of the check: what AWS's own signer signs is accepted, one changed byte is refused, no input makes it panic.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    SessionTokenMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::raw_request;
use fake_shadow::sigv4::{Credential, Keyring, PresignedToken, Refusal, Rules, explain, verify};
use proptest::prelude::*;

const KEY_ID: &str = "AKIDEXAMPLE";
const NOW_SECS: u64 = 1_767_323_045;

/// Where and how the signer puts the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Header,
    Url,
    /// A URL with the session token appended after signing, as AWS IoT documents.
    UrlTokenAfter,
}

/// Who signs, and how.
#[derive(Debug, Clone)]
struct Signer {
    secret: String,
    token: Option<String>,
    way: Way,
}

impl Signer {
    /// Signs with AWS's crate for Rust, which shares no code with the check.
    fn sign(&self, request: &mut Request) {
        let credentials =
            Credentials::new(KEY_ID, &self.secret, self.token.clone(), None, "test").into();
        let mut settings = SigningSettings::default();
        settings.signature_location = match self.way {
            Way::Header => SignatureLocation::Headers,
            Way::Url | Way::UrlTokenAfter => SignatureLocation::QueryParams,
        };
        settings.expires_in = (self.way != Way::Header).then_some(Duration::from_secs(600));
        if self.way == Way::UrlTokenAfter {
            settings.session_token_mode = SessionTokenMode::Exclude;
        }
        let params = v4::SigningParams::builder()
            .identity(&credentials)
            .region("us-east-1")
            .name("iotdata")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(NOW_SECS))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|header| (header.name.as_ref(), str::from_utf8(&header.value).unwrap()))
            .collect();
        let url = format!("https://host.example{}", request.target);
        let body = SignableBody::Bytes(&request.body);
        let signable =
            SignableRequest::new(&request.method, url, headers.into_iter(), body).unwrap();
        let (instructions, _) = sign(signable, &params).unwrap().into_parts();
        let (headers, query) = instructions.into_parts();
        request
            .headers
            .extend(headers.iter().map(|header| Header::new(header.name(), header.value())));
        for (name, value) in query {
            request.target.push(if request.target.contains('?') { '&' } else { '?' });
            request.target += &format!("{name}={}", percent_encode(value.as_bytes()));
        }
    }

    fn keyring(&self) -> Keyring {
        let credential = match &self.token {
            Some(token) => Credential::temporary(KEY_ID, self.secret.as_str(), token.as_str()),
            None => Credential::long_term(KEY_ID, self.secret.as_str()),
        };
        [credential].into_iter().collect()
    }
}

fn signers() -> impl Strategy<Value = Signer> {
    let way = prop_oneof![Just(Way::Header), Just(Way::Url), Just(Way::UrlTokenAfter)];
    let token = proptest::option::of("[A-Za-z0-9+/]{16,64}={0,2}");
    ("[A-Za-z0-9/+]{4,40}", token, way).prop_map(|(secret, token, way)| Signer {
        secret,
        token,
        way,
    })
}

/// Requests with any names and values that can stand in a request, escaped as the client likes.
fn requests() -> impl Strategy<Value = Request> {
    let segment = "[ -~é]{1,12}".prop_map(|text| percent_encode(text.as_bytes()));
    let raw_segment = "[A-Za-z0-9:@$+*!'(),;=&~._-]{1,12}";
    // AWS's signers disagree on whether a path that ends in a dot segment has a slash at its end.
    let is_settled =
        |segments: &Vec<String>| !matches!(segments.last().unwrap().as_str(), "." | "..");
    let segments =
        proptest::collection::vec(prop_oneof![segment, raw_segment.prop_map(String::from)], 1..5)
            .prop_filter("ends in a dot segment", is_settled);
    let pair = ("[ -~]{0,6}", "[ -~é]{0,10}").prop_map(|(name, value)| {
        format!("{}={}", percent_encode(name.as_bytes()), percent_encode(value.as_bytes()))
    });
    let query = proptest::collection::vec(pair, 0..4);
    let header = ("x-[a-z]{1,8}", "[!-~]([ -~]{0,20}[!-~])?");
    let headers = proptest::collection::vec(header, 0..4);
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    let method = prop_oneof![Just("GET"), Just("POST"), Just("DELETE")];
    (method, segments, query, headers, body).prop_map(|(method, segments, query, headers, body)| {
        let mut target = format!("/{}", segments.join("/"));
        if !query.is_empty() {
            target += &format!("?{}", query.join("&"));
        }
        let mut all = vec![Header::new("host", "host.example")];
        all.extend(headers.into_iter().map(|(name, value)| Header::new(name, value)));
        Request {
            method: method.to_owned(),
            target,
            version: HttpVersion::Http11,
            headers: all,
            body,
        }
    })
}

proptest! {
    #[test]
    fn what_aws_signs_is_accepted(signer in signers(), request in requests()) {
        let mut request = request;
        signer.sign(&mut request);
        prop_assert_eq!(check(&request, &signer).map(|identity| identity.access_key_id), Ok(KEY_ID.to_owned()));
    }

    #[test]
    fn a_changed_byte_is_refused(signer in signers(), request in requests(), change in changes()) {
        let mut request = request;
        signer.sign(&mut request);
        let signed = request.clone();
        change.make(&mut request);
        prop_assume!(request != signed);
        prop_assert!(check(&request, &signer).is_err());
    }

    #[test]
    fn another_secret_is_refused(signer in signers(), request in requests(), secret in "[A-Za-z0-9/+]{4,40}") {
        prop_assume!(secret != signer.secret);
        let mut request = request;
        signer.sign(&mut request);
        prop_assert_eq!(check(&request, &Signer { secret, ..signer }), Err(Refusal::Signature));
    }

    #[test]
    fn a_token_in_a_url_is_judged_by_the_rule(signer in signers(), request in requests()) {
        let token = signer.token.clone().or_else(|| Some("FwoGZXIvYXdzEA==".to_owned()));
        let signer = Signer { token, ..signer };
        let mut request = request;
        signer.sign(&mut request);
        let rules = Rules { presigned_token: PresignedToken::AfterSigning, ..Rules::data_plane("us-east-1") };
        let verdict = verify(&request, now(), &signer.keyring(), &rules);
        match signer.way {
            Way::Url => prop_assert_eq!(verdict, Err(Refusal::Signature)),
            Way::Header | Way::UrlTokenAfter => prop_assert!(verdict.is_ok()),
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(request) = raw_request::parse(&bytes) {
            judge(&request);
        }
    }

    #[test]
    fn no_request_makes_the_check_panic(request in strange_requests()) {
        judge(&request);
    }
}

/// One byte of what is signed.
#[derive(Debug, Clone)]
enum Change {
    Method,
    Path,
    Body(prop::sample::Index, u8),
    Header(prop::sample::Index),
    Signature(prop::sample::Index),
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Method),
        Just(Change::Path),
        (any::<prop::sample::Index>(), 1..=255_u8).prop_map(|(at, by)| Change::Body(at, by)),
        any::<prop::sample::Index>().prop_map(Change::Header),
        any::<prop::sample::Index>().prop_map(Change::Signature),
    ]
}

impl Change {
    fn make(&self, request: &mut Request) {
        match self {
            Self::Method => request.method = request.method.to_ascii_lowercase(),
            Self::Path => request.target = format!("/a{}", &request.target[1..]),
            Self::Body(at, by) if !request.body.is_empty() => {
                let at = at.index(request.body.len());
                request.body[at] ^= by;
            }
            Self::Body(_, by) => request.body.push(*by),
            Self::Header(at) => {
                // Not the header with the signature, which is not signed itself.
                let is_signed = |header: &&mut Header| header.name != "authorization";
                let mut signed: Vec<&mut Header> =
                    request.headers.iter_mut().filter(is_signed).collect();
                let at = at.index(signed.len());
                signed[at].value = [&signed[at].value, b"x".as_slice()].concat().into();
            }
            Self::Signature(at) => {
                let flip = |text: &str| {
                    let start = text.find("ignature=").unwrap() + "ignature=".len() + at.index(64);
                    let digit = if &text[start..=start] == "0" { "1" } else { "0" };
                    format!("{}{digit}{}", &text[..start], &text[start + 1..])
                };
                match request.headers.iter_mut().find(|header| header.name == "authorization") {
                    Some(header) => {
                        header.value =
                            flip(str::from_utf8(&header.value).unwrap()).into_bytes().into();
                    }
                    None => request.target = flip(&request.target),
                }
            }
        }
    }
}

/// Requests whose parts are nearly right, so that they come far.
fn strange_requests() -> impl Strategy<Value = Request> {
    let authorization = prop_oneof![
        "AWS4-HMAC-SHA256 Credential=(AKIDEXAMPLE|[ -~]{0,5})/[0-9]{0,8}/us-east-1/iotdata/aws4_request, SignedHeaders=[a-z;-]{0,20}(;host)?, Signature=[0-9a-f]{0,64}",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/iotdata/aws4_request, SignedHeaders=host(;[A-Za-z-]{0,9}){0,3}, Signature=[0-9a-zA-Z=+/]{0,80}",
        "[ -~]{0,100}",
        "\\PC{0,60}",
    ];
    let header = ("[A-Za-z-]{0,12}", proptest::collection::vec(any::<u8>(), 0..20));
    let date =
        prop_oneof![Just("20260102T030405Z".to_owned()), "[ -~]{0,20}".prop_map(String::from)];
    let target = prop_oneof![
        "/[ -~é]{0,40}",
        "\\PC{0,40}",
        "/\\?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=[ -~]{0,40}&X-Amz-Date=20260102T030405Z&X-Amz-SignedHeaders=host&X-Amz-Signature=[ -~]{0,70}",
    ];
    let body = proptest::collection::vec(any::<u8>(), 0..50);
    let headers = proptest::collection::vec(header, 0..4);
    ("[A-Za-z]{0,6}", target, headers, (proptest::option::of(authorization), date), body).prop_map(
        |(method, target, headers, (authorization, date), body)| {
            let mut headers: Vec<Header> =
                headers.into_iter().map(|(name, value)| Header::new(name, value)).collect();
            headers.push(Header::new("Host", "h:1"));
            headers.push(Header::new("X-Amz-Date", date));
            headers.extend(authorization.map(|value| Header::new("Authorization", value)));
            Request { method, target, version: HttpVersion::Http11, headers, body }
        },
    )
}

/// Checks and, where refused, explains; what comes out does not matter here.
fn judge(request: &Request) {
    let keyring: Keyring = [Credential::long_term(KEY_ID, "secret")].into_iter().collect();
    let rules = Rules::data_plane("us-east-1");
    if let Err(refusal) = verify(request, now(), &keyring, &rules) {
        let explanation = explain(request, now(), &keyring, &rules, &refusal);
        assert!(explanation.render().starts_with("refused: "));
        assert_eq!(explanation.to_json()["message"], refusal.message());
    }
}

fn check(request: &Request, signer: &Signer) -> Result<fake_shadow::sigv4::Identity, Refusal> {
    verify(request, now(), &signer.keyring(), &Rules::data_plane("us-east-1"))
}

fn now() -> UnixMillis {
    UnixMillis::from_secs(i64::try_from(NOW_SECS).unwrap())
}

fn percent_encode(bytes: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = bytes.iter().map(|&byte| match is_plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    encoded.collect()
}
