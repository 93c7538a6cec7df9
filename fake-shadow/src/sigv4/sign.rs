//! The signature of a request again, at another time: for tools that repeat a captured request.
//!
//! Made of the same parts as the check, so it is no test of it; devices and tests bring their own signers.

use super::canonical::{self, CanonicalRequest, PathRule};
use super::credential::Credential;
use super::parse::{ALGORITHM, Scope};
use super::signing_key::{signature, signing_key, string_to_sign};
use super::timestamp;
use crate::clock::UnixMillis;
use crate::message::{Header, Request};

/// The service that shadows are signed for.
const SERVICE: &str = "iotdata";

/// Headers of an earlier signature.
const OLD: &[&str] =
    &["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];

/// Signs a request by its headers, for the time given; a signature that it had, in its headers or in its query, is taken away.
///
/// The host and the date are signed, and the session token if the credential has one. A request without a host gets
/// `localhost`.
#[must_use]
pub fn sign_again(
    request: &Request,
    credential: &Credential,
    region: &str,
    at: UnixMillis,
) -> Request {
    let mut signed = without_signature(request);
    let date = timestamp::basic(at);
    if signed.header("host").is_none() {
        signed.headers.insert(0, Header::new("Host", "localhost"));
    }
    signed.headers.push(Header::new("X-Amz-Date", date.clone()));
    let mut names = "host;x-amz-date".to_owned();
    if let Some(token) = &credential.session_token {
        signed.headers.push(Header::new("X-Amz-Security-Token", token.reveal()));
        names += ";x-amz-security-token";
    }
    // A query that cannot be read is refused whoever signs it.
    let query = canonical::query_pairs(signed.query().unwrap_or_default()).unwrap_or_default();
    let canonical = CanonicalRequest::new(&signed, query, &names, PathRule::Normalized);
    let access_key_id = credential.access_key_id.as_str();
    let day = date.get(..8).unwrap_or_default();
    let scope =
        Scope { access_key_id, date: day, region, service: SERVICE, terminator: "aws4_request" };
    let key = signing_key(credential.secret.reveal(), &scope);
    let signature = signature(&key, &string_to_sign(&date, &scope, &canonical.sha256()));
    let authorization = format!(
        "{ALGORITHM} Credential={access_key_id}/{day}/{region}/{SERVICE}/aws4_request, SignedHeaders={names}, Signature={signature}"
    );
    signed.headers.push(Header::new("Authorization", authorization));
    signed
}

fn without_signature(request: &Request) -> Request {
    let mut bare = request.clone();
    bare.headers.retain(|header| !OLD.iter().any(|old| header.name.eq_ignore_ascii_case(old)));
    if let Some(query) = request.query() {
        let is_ours = |pair: &&str| !pair.to_ascii_lowercase().starts_with("x-amz-");
        let left: Vec<_> = query.split('&').filter(is_ours).collect();
        bare.target = match left.is_empty() {
            true => request.path().to_owned(),
            false => format!("{}?{}", request.path(), left.join("&")),
        };
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw_request;
    use crate::sigv4::{Keyring, Rules, verify};

    const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

    fn check(raw: &str, token: Option<&str>, target: &str) {
        let mut credential =
            Credential::long_term("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        credential.session_token = token.map(Into::into);
        let request = raw_request::parse(raw.as_bytes()).unwrap();
        let signed = sign_again(&request, &credential, "eu-west-1", NOW);
        assert_eq!(signed.target, target);
        assert_eq!(signed.body, request.body);
        let keyring: Keyring = [credential].into_iter().collect();
        let identity = verify(&signed, NOW, &keyring, &Rules::data_plane("eu-west-1")).unwrap();
        assert_eq!((identity.access_key_id.as_str(), identity.signed_at), ("AKIDEXAMPLE", NOW));
    }

    #[test]
    fn a_request_is_signed_again_whatever_signature_it_had() {
        check(
            "GET /things/my%3Athing/shadow?name=cfg HTTP/1.1\r\nHost: a:80\r\n\r\n",
            None,
            "/things/my%3Athing/shadow?name=cfg",
        );
        check(
            "POST /things/t/shadow HTTP/1.1\r\nhost: a\r\nAuthorization: AWS4-HMAC-SHA256 Signature=(masked)\r\n\
             x-amz-date: 20200101T000000Z\r\nX-Amz-Content-Sha256: 0\r\n\r\n{\"state\":{}}",
            Some("a token"),
            "/things/t/shadow",
        );
        check(
            "GET /things/t/shadow?X-Amz-Algorithm=AWS4-HMAC-SHA256&name=cfg&X-Amz-Signature=0 HTTP/1.1\r\n\r\n",
            None,
            "/things/t/shadow?name=cfg",
        );
    }
}
