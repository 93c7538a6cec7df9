//! How a request is passed on: as it came, signed anew, or not at all.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use super::answer::PassedAnswer;
use super::endpoint::Endpoint;
use super::error::PassError;
use crate::account::Keys;
use crate::clock::UnixMillis;
use crate::message::{Header, Request};
use crate::sigv4::canonical::query_pairs;
use crate::sigv4::parse::Claim;
use crate::sigv4::{Identity, Keyring, Refusal, SignFor, sign};

/// The service elsewhere, and who signs for it.
#[derive(Debug, Clone)]
pub struct Beyond {
    /// Where it is.
    pub endpoint: Endpoint,
    /// Who signs what devices have signed for the rig's host; none if that cannot be passed on.
    pub signer: Option<Signer>,
}

/// Credentials of the service elsewhere. `Debug` hides what is secret.
#[derive(Debug, Clone)]
pub struct Signer {
    /// The keys, as they are when something is signed.
    pub keys: Keys,
    /// The region in signatures.
    pub region: String,
}

/// How a request goes on to the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// With the signature that it came with.
    AsItCame,
    /// Signed with the credentials of the rig's user.
    SignedAnew,
}

/// A request that was passed on, and what came back.
#[derive(Debug, Clone, PartialEq)]
pub struct Passed {
    /// The service, as `https://prefix-ats.iot.eu-west-1.amazonaws.com`.
    pub to: String,
    /// How.
    pub how: How,
    /// Whether the rig knows the key that it was signed with, and so can judge the signature.
    pub is_key_known: bool,
    /// From when it was passed on until the last byte of the answer.
    pub took: Duration,
    /// The service's own answer, before a fault; or why there is none.
    pub answer: Result<PassedAnswer, PassError>,
}

impl How {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::AsItCame => "as it came",
            Self::SignedAnew => "signed anew",
        }
    }
}

/// What becomes of a request before the service is asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// It goes on, like this.
    On(How, Request),
    /// It cannot be passed on.
    Failed(PassError),
    /// The signature is refused here, in the service's words.
    Refused,
}

/// Headers that belong to one connection, or to the one host, and are made anew for the other.
const NOT_PASSED: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether one of these keys claims to have signed a request.
pub(crate) fn is_key_known(request: &Request, keyring: &Keyring) -> bool {
    let query = query_pairs(request.query().unwrap_or_default()).unwrap_or_default();
    let claim = Claim::read(request, &query);
    claim.is_ok_and(|claim| {
        claim.scope().is_ok_and(|scope| !keyring.find(scope.access_key_id).is_empty())
    })
}

impl Beyond {
    /// How a request with this verdict on its signature goes on; `at` is the time of a new signature.
    pub(crate) fn passage(
        &self,
        request: &Request,
        verdict: &Result<Identity, Refusal>,
        at: UnixMillis,
    ) -> Passage {
        let host = request.header("host").and_then(|host| str::from_utf8(host).ok());
        if host.is_some_and(|host| self.endpoint.is_meant_by(host)) {
            return Passage::On(How::AsItCame, self.as_it_came(request));
        }
        let Ok(identity) = verdict else { return Passage::Refused };
        let Some(signer) = &self.signer else { return Passage::Failed(PassError::NoCredentials) };
        let mut anew = self.readdressed(request);
        // The name that the device chose: there are several, and the service has its own opinion of each.
        let scope = SignFor { region: &signer.region, service: &identity.service, at };
        match sign(&mut anew, &signer.keys.now(), scope) {
            Ok(()) => Passage::On(How::SignedAnew, anew),
            Err(_) => Passage::Failed(PassError::Unsignable),
        }
    }

    /// The same request, for a connection that carries nothing else.
    fn as_it_came(&self, request: &Request) -> Request {
        let host = request.headers.iter().filter(|header| is_named(header, "host")).cloned();
        let mut passed = without_hops(request);
        passed.headers.splice(0..0, host);
        passed.headers.extend(framing(request));
        passed
    }

    /// The same request for the service's own host, without a signature.
    fn readdressed(&self, request: &Request) -> Request {
        let mut passed = without_hops(request);
        passed.headers.insert(0, Header::new("host", self.endpoint.authority()));
        passed.headers.extend(framing(request));
        passed.target = without_signature(request);
        passed
    }
}

fn is_named(header: &Header, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

fn without_hops(request: &Request) -> Request {
    let mut passed = request.clone();
    passed.headers.retain(|header| !NOT_PASSED.iter().any(|name| is_named(header, name)));
    passed
}

/// How the body ends, and that nothing follows it.
fn framing(request: &Request) -> impl Iterator<Item = Header> {
    let has_body = !request.body.is_empty() || request.header("content-length").is_some();
    let length = || Header::new("content-length", request.body.len().to_string());
    has_body.then(length).into_iter().chain([Header::new("connection", "close")])
}

/// The target without the signature of a presigned URL.
fn without_signature(request: &Request) -> String {
    let Some(query) = request.query() else { return request.target.clone() };
    let is_of_signature = |pair: &&str| {
        pair.get(.."x-amz-".len()).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"))
    };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_of_signature(pair)).collect();
    match kept.as_slice() {
        [] => request.path().to_owned(),
        kept => format!("{}?{}", request.path(), kept.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::HttpVersion;
    use crate::sigv4::{Credential, Rules, verify};

    const AT: UnixMillis = UnixMillis::from_secs(1_795_190_924);

    fn beyond() -> Beyond {
        let signer = Signer {
            keys: Keys::new(Credential::long_term("AKIDREAL", "real")),
            region: "eu-west-1".to_owned(),
        };
        let endpoint = "https://p-ats.iot.eu-west-1.amazonaws.com".parse().unwrap();
        Beyond { endpoint, signer: Some(signer) }
    }

    fn signed(host: &str, target: &str) -> Request {
        let mut request = Request {
            method: "POST".to_owned(),
            target: target.to_owned(),
            version: HttpVersion::Http11,
            headers: vec![
                Header::new("user-agent", "a device"),
                Header::new("host", host),
                Header::new("expect", "100-continue"),
                Header::new("content-length", "2"),
            ],
            body: b"{}".to_vec(),
        };
        let key = Credential::long_term("AKIDDEVICE", "device");
        let scope = SignFor { region: "us-east-1", service: "iotdata", at: AT };
        sign(&mut request, &key, scope).unwrap();
        request
    }

    fn verdict(request: &Request, secret: &str) -> Result<Identity, Refusal> {
        let keyring: Keyring = [Credential::long_term("AKIDDEVICE", secret)].into_iter().collect();
        verify(request, AT, &keyring, &Rules::data_plane("us-east-1"))
    }

    #[test]
    fn what_is_signed_for_the_service_goes_on_as_it_came_whatever_is_known_of_its_key() {
        let request = signed("p-ats.iot.eu-west-1.amazonaws.com", "/things/lamp/shadow");
        for secret in ["device", "another"] {
            let passage = beyond().passage(&request, &verdict(&request, secret), AT);
            let Passage::On(How::AsItCame, passed) = passage else { panic!("{passage:?}") };
            // The signature still holds at the other end.
            assert!(verdict(&passed, "device").is_ok());
            assert_eq!(passed.header("connection"), Some(b"close".as_slice()));
            assert_eq!(passed.header("expect"), None);
        }
    }

    #[test]
    fn what_is_signed_for_the_rig_is_signed_anew() {
        let request = signed("192.168.4.1:8080", "/things/my%3Athing/shadow?name=a&X-Amz-Meta=1");
        let passage = beyond().passage(&request, &verdict(&request, "device"), AT);
        let Passage::On(How::SignedAnew, passed) = passage else { panic!("{passage:?}") };
        let real: Keyring = [Credential::long_term("AKIDREAL", "real")].into_iter().collect();
        let rules = Rules::data_plane("eu-west-1");
        assert!(verify(&passed, AT, &real, &rules).is_ok(), "{passed:?}");
        assert_eq!(passed.target, "/things/my%3Athing/shadow?name=a");
        let host = passed.header("host");
        assert_eq!(host, Some(b"p-ats.iot.eu-west-1.amazonaws.com".as_slice()));
    }

    #[test]
    fn the_rig_vouches_for_no_wrong_signature() {
        let request = signed("192.168.4.1:8080", "/things/lamp/shadow");
        let refused = verdict(&request, "another");
        assert_eq!(beyond().passage(&request, &refused, AT), Passage::Refused);
    }

    #[test]
    fn without_credentials_what_is_signed_for_the_rig_cannot_be_passed_on() {
        let request = signed("192.168.4.1:8080", "/things/lamp/shadow");
        let beyond = Beyond { signer: None, ..beyond() };
        let passage = beyond.passage(&request, &verdict(&request, "device"), AT);
        assert_eq!(passage, Passage::Failed(PassError::NoCredentials));
    }
}
