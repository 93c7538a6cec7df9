//! Laws of the explainer: each mistake of the table, made in a request, is found; nothing secret is told.

use proptest::prelude::*;
use proptest::sample::Index;

use super::mistake::{Mistake, mistakes};
use super::recipe::Recipe;
use super::situation::Situation;
use super::{Explanation, FAMILIES, Outcome, RECOMPUTATIONS_MAX, explain};
use crate::clock::UnixMillis;
use crate::message::{Header, Request};
use crate::sigv4::canonical::query_pairs;
use crate::sigv4::escape::hex;
use crate::sigv4::parse::Claim;
use crate::sigv4::signing_key::{signature, signing_key, string_to_sign};
use crate::sigv4::{Credential, Keyring, Refusal, Rules, verify};

mod matrix;

const NOW: UnixMillis = UnixMillis::from_secs(1_767_323_045);
const UNSIGNED: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How many cases of a law are looked at, if the caller does not say it in the environment.
fn cases(default: u32) -> u32 {
    let config = ProptestConfig::default();
    let is_told = config.cases != ProptestConfig::with_cases(256).cases;
    if is_told { config.cases } else { default }
}

/// A device with its keys, and what it wants to send.
#[derive(Debug, Clone)]
struct Device {
    credential: Credential,
    request: Request,
    is_presigned: bool,
}

impl Device {
    /// The request with a signature that is made by `change` of the right recipe; nothing if `change` changes nothing.
    fn sign(&self, change: impl Fn(&Situation<'_>, &mut Recipe)) -> Option<Request> {
        let unsigned = self.with_signature(UNSIGNED);
        let signature = with_situation(&unsigned, &self.keyring(), |situation| {
            let right = Recipe::right(situation);
            let mut recipe = right.clone();
            change(situation, &mut recipe);
            (recipe != right).then(|| recipe.make(&[]).signature())
        })?;
        Some(self.with_signature(str::from_utf8(&signature).ok()?))
    }

    fn with_signature(&self, signature: &str) -> Request {
        let mut request = self.request.clone();
        let id = &self.credential.access_key_id;
        let scope = "20260102/us-east-1/iotdata/aws4_request";
        if self.is_presigned {
            let scope = scope.replace('/', "%2F");
            request.target.push(if request.target.contains('?') { '&' } else { '?' });
            request.target += &format!(
                "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={id}%2F{scope}&X-Amz-Date=20260102T030405Z\
                 &X-Amz-SignedHeaders=host&X-Amz-Signature={}",
                super::super::escape::encode(signature.as_bytes())
            );
            if let Some(token) = &self.credential.session_token {
                let token = super::super::escape::encode(token.reveal().as_bytes());
                request.target += &format!("&X-Amz-Security-Token={token}");
            }
            return request;
        }
        request.headers.push(Header::new("X-Amz-Date", "20260102T030405Z"));
        if let Some(token) = &self.credential.session_token {
            request.headers.push(Header::new("X-Amz-Security-Token", token.reveal()));
        }
        let mut names: Vec<String> =
            request.headers.iter().map(|header| header.name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        names.retain(|name| name != "user-agent");
        let list = names.join(";");
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={list}, Signature={signature}"
        );
        request.headers.push(Header::new("Authorization", value));
        request
    }

    fn keyring(&self) -> Keyring {
        [
            self.credential.clone(),
            Credential::long_term("AKIDOTHER", "another-secret-of-this-service"),
        ]
        .into_iter()
        .collect()
    }

    /// What the service says about a request; nothing if it accepts it.
    fn explanation(&self, request: &Request) -> Option<Explanation> {
        let refusal = verify(request, NOW, &self.keyring(), &rules()).err()?;
        Some(explain(request, NOW, &self.keyring(), &rules(), &refusal))
    }
}

fn rules() -> Rules {
    Rules::data_plane("us-east-1")
}

fn with_situation<T>(
    request: &Request,
    keyring: &Keyring,
    look: impl FnOnce(&Situation<'_>) -> T,
) -> T {
    let pairs = query_pairs(request.query().unwrap_or_default()).unwrap();
    let claim = Claim::read(request, &pairs).unwrap();
    let rules = rules();
    look(&Situation::new(request, NOW, &rules, keyring, &claim).unwrap())
}

/// Devices whose requests give most mistakes something to change.
fn devices() -> impl Strategy<Value = Device> {
    let target = "/things/[a-zA-Z0-9:_~+-]{1,9}(%3A|%20|!|\\./|//|\\+)?[a-z]{1,4}/shadow(\\?name=[a-z/: ]{1,4}%2Fv1&b=2&b=1&b-c&a=x~)?";
    let target = target.prop_map(|target: String| target.replace(' ', "%20"));
    let body = prop_oneof![
        Just(String::new()),
        "\\{\"state\": ?\\{\"reported\":\\{\"t\":[1-9]{1,3},\"é\":\"[a-z]{0,9}\"\\}\\}\\}\n?",
        "[ -~]{1,80}",
    ];
    let method = prop_oneof![Just("GET"), Just("POST"), Just("DELETE")];
    let host = prop_oneof![
        Just("127.0.0.1:8080"),
        Just("A1b2-ats.iot.us-east-1.amazonaws.com"),
        Just("rig.local:8443"),
    ];
    let secret = "[A-Za-z0-9/+]{38}[/+][A-Za-z0-9]";
    let token = proptest::option::of("[A-Za-z0-9/+]{30,60}==");
    (method, target, body, host, (secret, token, any::<bool>())).prop_map(
        |(method, target, body, host, (secret, token, is_presigned))| Device {
            credential: match token {
                Some(token) => Credential::temporary("AKIDEXAMPLE", secret, token),
                None => Credential::long_term("AKIDEXAMPLE", secret),
            },
            request: Request {
                version: crate::message::HttpVersion::Http11,
                method: method.to_owned(),
                target,
                headers: vec![
                    Header::new("Host", host),
                    Header::new("User-Agent", "firmware/1.0"),
                    Header::new("Content-Type", "application/json; charset=utf-8"),
                    Header::new("X-My", "b  B"),
                    Header::new("x-my", "a"),
                ],
                body: body.into_bytes(),
            },
            is_presigned,
        },
    )
}

/// A mistake of the table in one of its ways.
fn variants() -> impl Strategy<Value = (&'static Mistake, Index)> {
    // Those that are tried last may come to what a mistake before them comes to.
    let all: Vec<&'static Mistake> =
        mistakes().filter(|mistake| mistake.ways_count().all > 0).collect();
    (proptest::sample::select(all), any::<Index>())
}

fn ids(explanation: &Explanation) -> Vec<&'static str> {
    explanation.findings.iter().map(|finding| finding.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(500), ..ProptestConfig::default() })]

    #[test]
    fn a_planted_mistake_is_named_and_nothing_secret_told(device in devices(), (mistake, way) in variants()) {
        let way = way.index(mistake.ways_count().all);
        let Some(request) = device.sign(|situation, recipe| mistake.make(situation, recipe, way)) else {
            return Ok(());
        };
        // Some mistakes do no harm in some requests, as a key cut at a zero that is not there.
        let Some(explanation) = device.explanation(&request) else { return Ok(()) };
        prop_assert_eq!(explanation.outcome, Outcome::Proven, "{}", explanation);
        prop_assert!(ids(&explanation).contains(&mistake.topic.id), "{}", explanation);
        prop_assert!(explanation.recomputations <= RECOMPUTATIONS_MAX);
        check_tells_nothing(&device, &request, &explanation);
    }
}

proptest! {
    // Each looks for all pairs.
    #![proptest_config(ProptestConfig { cases: cases(10), ..ProptestConfig::default() })]

    #[test]
    fn nothing_secret_is_told_of_requests_that_leak(
        device in devices(),
        leak in any::<Leak>(),
        form in 0..5_usize,
    ) {
        let mut request = device.with_signature(UNSIGNED);
        let secret = device.credential.secret.reveal();
        let leaked = match form {
            0 => secret.to_owned(),
            1 => secret[1..].to_owned(),
            2 => secret[..secret.len() - 1].to_owned(),
            3 => secret.to_ascii_lowercase(),
            _ => super::super::escape::encode(secret.as_bytes()),
        };
        leak.put(&mut request, &leaked);
        let Some(explanation) = device.explanation(&request) else { return Ok(()) };
        check_tells_nothing(&device, &request, &explanation);
    }

    #[test]
    fn two_planted_mistakes_are_named(device in devices(), one in variants(), other in variants()) {
        let order = |mistake: &Mistake| mistakes().position(|known| known.topic.id == mistake.topic.id);
        let (first, second) = if order(one.0) <= order(other.0) { (one, other) } else { (other, one) };
        prop_assume!(first.0.topic.id != second.0.topic.id);
        let [first_way, second_way] = [first, second].map(|(mistake, way)| {
            (mistake.ways_count().paired > 0).then(|| way.index(mistake.ways_count().paired))
        });
        let (Some(first_way), Some(second_way)) = (first_way, second_way) else { return Ok(()) };
        let both = |situation: &Situation<'_>, recipe: &mut Recipe| {
            first.0.make(situation, recipe, first_way);
            second.0.make(situation, recipe, second_way);
        };
        let Some(request) = device.sign(both) else { return Ok(()) };
        let Some(explanation) = device.explanation(&request) else { return Ok(()) };
        let found = ids(&explanation);
        match explanation.outcome {
            // Together they may come to what one mistake alone comes to.
            Outcome::Proven => {}
            Outcome::ProvenPair => {
                let is_named = found.contains(&first.0.topic.id) && found.contains(&second.0.topic.id);
                prop_assert!(is_named || found.len() >= 4, "{}", explanation);
            }
            _ => prop_assert!(false, "{} and \
                {}\n{}", first.0.topic.id, second.0.topic.id, explanation),
        }
    }
}

/// Where a device may send its secret by mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leak {
    KeyId,
    Path,
    Query,
    SignedHeader,
    Token,
    Authorization,
    Date,
    Body,
}

impl Arbitrary for Leak {
    type Parameters = ();
    type Strategy = proptest::sample::Select<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        proptest::sample::select(vec![
            Self::KeyId,
            Self::Path,
            Self::Query,
            Self::SignedHeader,
            Self::Token,
            Self::Authorization,
            Self::Date,
            Self::Body,
        ])
    }
}

impl Leak {
    fn put(self, request: &mut Request, leaked: &str) {
        let set = |request: &mut Request, name: &str, value: String| {
            request.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
            request.headers.push(Header::new(name, value));
        };
        match self {
            Self::KeyId => {
                for header in &mut request.headers {
                    let text = String::from_utf8_lossy(&header.value).into_owned();
                    header.value = text.replace("AKIDEXAMPLE", leaked).into_bytes().into();
                }
                request.target = request.target.replace("AKIDEXAMPLE", leaked);
            }
            Self::Path => request.target = format!("/{leaked}{}", request.target),
            Self::Query => {
                let mark = if request.target.contains('?') { '&' } else { '?' };
                request.target += &format!("{mark}k={leaked}");
            }
            Self::SignedHeader => set(request, "X-My", leaked.to_owned()),
            Self::Token => set(request, "X-Amz-Security-Token", leaked.to_owned()),
            Self::Authorization => {
                set(request, "Authorization", format!("AWS4-HMAC-SHA256 {leaked}"))
            }
            Self::Date => set(request, "X-Amz-Date", leaked.to_owned()),
            Self::Body => request.body = leaked.as_bytes().to_vec(),
        }
    }
}

/// Checks that neither form of an explanation holds a secret, a token, a key, or a signature that did not come.
fn check_tells_nothing(device: &Device, request: &Request, explanation: &Explanation) {
    let mut forbidden: Vec<String> = Vec::new();
    let token = device.credential.session_token.as_ref().map(|token| token.reveal());
    for secret in [Some(device.credential.secret.reveal()), token].into_iter().flatten() {
        forbidden.extend([secret, &secret[1..], &secret[..secret.len() - 1]].map(str::to_owned));
        forbidden.push(super::super::escape::encode(secret.as_bytes()));
    }
    let pairs = query_pairs(request.query().unwrap_or_default()).unwrap();
    if let Ok(claim) = Claim::read(request, &pairs)
        && let Ok(scope) = claim.scope()
    {
        let key = signing_key(device.credential.secret.reveal(), &scope);
        forbidden.push(hex(&key));
        if let Some(server) = &explanation.server {
            let to_sign = string_to_sign(&claim.date, &scope, &server.canonical_request_sha256);
            let right = signature(&key, &to_sign);
            if right != claim.signature {
                forbidden.push(right);
            }
        }
    }
    for shown in
        [explanation.render(), explanation.to_json().to_string(), format!("{explanation:?}")]
    {
        let lower = shown.to_ascii_lowercase();
        for text in &forbidden {
            assert!(!lower.contains(&text.to_ascii_lowercase()), "{text} is told:\n{shown}");
        }
    }
}

#[test]
fn each_mistake_has_its_own_name() {
    let mut names: Vec<&str> =
        FAMILIES.iter().flat_map(|family| family.topics()).map(|topic| topic.id).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(mistakes().count() >= 96, "{}", mistakes().count());
}

#[test]
fn a_right_request_has_nothing_to_explain() {
    let refusal = Refusal::Signature;
    let device = Device {
        credential: Credential::long_term("AKIDEXAMPLE", "secret-secret"),
        request: Request {
            version: crate::message::HttpVersion::Http11,
            method: "GET".to_owned(),
            target: "/".to_owned(),
            headers: vec![Header::new("Host", "h")],
            body: Vec::new(),
        },
        is_presigned: false,
    };
    let unsigned = device.with_signature(UNSIGNED);
    let signature = with_situation(&unsigned, &device.keyring(), |situation| {
        Recipe::right(situation).make(&[]).signature()
    });
    let request = device.with_signature(str::from_utf8(&signature).unwrap());
    let explanation = explain(&request, NOW, &device.keyring(), &rules(), &refusal);
    assert_eq!(explanation.outcome, Outcome::OnlyThis);
    assert!(explanation.findings.is_empty());
}
