//! AWS's own test suite, its two generations: canonical request, string to sign, signature and verdict of each case.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fake_shadow::message::Request;
use fake_shadow::raw_request;
use fake_shadow::sigv4::canonical::{CanonicalRequest, PathRule, path, query_pairs};
use fake_shadow::sigv4::parse::{Claim, Place};
use fake_shadow::sigv4::signing_key::{signature, signing_key, string_to_sign};
use fake_shadow::sigv4::{Credential, Keyring, PresignedToken, Refusal, Rules, timestamp, verify};
use serde_json::Value;

/// The suite has one pair of keys, one day and one service.
const KEY_ID: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TIME: &str = "20150830T123600Z";

/// What a case expects, and what it is about.
struct Case {
    name: String,
    request: Request,
    canonical_request: String,
    string_to_sign: String,
    signature: String,
    token: Option<String>,
    rule: PathRule,
    /// True if the session token of a URL is part of what is signed.
    is_token_signed: bool,
}

#[test]
fn the_current_suite_agrees() {
    let mut seen = 0;
    for folder in folders(&suite("v4")) {
        let context: Value = serde_json::from_str(&text(&folder.join("context.json"))).unwrap();
        for place in ["header", "query"] {
            let file = |name: &str| text(&folder.join(format!("{place}-{name}.txt")));
            check(&Case {
                name: format!("{} {place}", folder.display()),
                request: raw_request::parse(file("signed-request").as_bytes()).unwrap(),
                canonical_request: file("canonical-request"),
                string_to_sign: file("string-to-sign"),
                signature: file("signature"),
                token: context["credentials"]["token"].as_str().map(str::to_owned),
                rule: match context["normalize"].as_bool().unwrap() {
                    true => PathRule::Normalized,
                    false => PathRule::AsSent,
                },
                is_token_signed: !context["omit_session_token"].as_bool().unwrap_or(false),
            });
            seen += 1;
        }
    }
    assert_eq!(seen, 76);
}

#[test]
fn the_older_suite_agrees() {
    let mut seen = 0;
    for folder in folders(&suite("classic")) {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let file = |extension: &str| text(&folder.join(format!("{name}.{extension}")));
        let request = raw_request::parse(file("sreq").as_bytes()).unwrap();
        let authorization = file("authz");
        let token = request.header("x-amz-security-token");
        let case = Case {
            signature: authorization.rsplit_once("Signature=").unwrap().1.to_owned(),
            canonical_request: file("creq"),
            string_to_sign: file("sts"),
            token: token.map(|token| String::from_utf8(token.to_vec()).unwrap()),
            rule: PathRule::Normalized,
            is_token_signed: true,
            request,
            name,
        };
        // One signed request carries the signature of another case; its `.authz` has the right one.
        if case.name == "get-vanilla-with-session-token" {
            assert_eq!(case.verdict(), Err(Refusal::Signature), "{}", case.name);
            check(&Case { request: with_authorization(&case.request, &authorization), ..case });
        } else {
            check(&case);
        }
        seen += 1;
    }
    assert_eq!(seen, 34);
}

#[test]
fn paths_of_the_additional_cases_agree() {
    let mut seen = 0;
    for folder in folders(&suite("v4-extra")) {
        let request = raw_request::parse(text(&folder.join("request.txt")).as_bytes()).unwrap();
        let canonical = text(&folder.join("header-canonical-request.txt"));
        let expected = canonical.lines().nth(1).unwrap();
        assert_eq!(path(request.path(), PathRule::Normalized), expected, "{folder:?}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

fn check(case: &Case) {
    let name = &case.name;
    let pairs = query_pairs(case.request.query().unwrap_or_default()).unwrap();
    let claim = Claim::read(&case.request, &pairs).unwrap();
    let is_signed = |pair_name: &str| match pair_name {
        "X-Amz-Signature" => false,
        "X-Amz-Security-Token" => case.is_token_signed,
        _ => true,
    };
    let mut signed_pairs = pairs.clone();
    if claim.place == Place::Query {
        signed_pairs.retain(|pair| is_signed(&pair.name));
    }
    let canonical =
        CanonicalRequest::new(&case.request, signed_pairs, &claim.signed_headers, case.rule);
    let canonical_text = String::from_utf8(canonical.to_bytes()).unwrap();
    assert_eq!(canonical_text, case.canonical_request, "{name}");

    let scope = claim.scope().unwrap();
    let to_sign = string_to_sign(TIME, &scope, &canonical.sha256());
    assert_eq!(to_sign, case.string_to_sign, "{name}");
    assert_eq!(signature(&signing_key(SECRET, &scope), &to_sign), case.signature, "{name}");

    // Amazon S3's rule for paths is not the one of the service, so these cases end here.
    if case.rule == PathRule::Normalized {
        let verdict = case.verdict().map(|identity| identity.access_key_id);
        assert_eq!(verdict, Ok(KEY_ID.to_owned()), "{name}");
    }
}

impl Case {
    fn verdict(&self) -> Result<fake_shadow::sigv4::Identity, Refusal> {
        let credential = match &self.token {
            Some(token) => Credential::temporary(KEY_ID, SECRET, token.as_str()),
            None => Credential::long_term(KEY_ID, SECRET),
        };
        let keyring: Keyring = [credential].into_iter().collect();
        let rules = Rules {
            region: "us-east-1".to_owned(),
            services: vec!["service".to_owned()],
            window: Duration::ZERO,
            presigned_token: PresignedToken::Anywhere,
        };
        verify(&self.request, timestamp::parse_basic(TIME).unwrap(), &keyring, &rules)
    }
}

fn with_authorization(request: &Request, value: &str) -> Request {
    let mut request = request.clone();
    for header in &mut request.headers {
        if header.name.eq_ignore_ascii_case("authorization") {
            header.value = value.to_owned().into();
        }
    }
    request
}

fn suite(generation: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/sigv4/suite").join(generation)
}

/// All folders below that hold a request, sorted.
fn folders(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_case =
            path.join("request.txt").exists() || path.join(format!("{name}.req")).exists();
        found.extend(if is_case { vec![path] } else { folders(&path) });
    }
    found.sort();
    found
}

fn text(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    // Some files of the older generation have CR LF.
    text.replace("\r\n", "\n")
}
