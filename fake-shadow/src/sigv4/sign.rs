//! Signing a request anew, as the rig does where it passes on what a device has signed for the rig.

use super::canonical::{CanonicalRequest, PathRule, query_pairs};
use super::credential::Credential;
use super::parse::{ALGORITHM, Scope};
use super::refusal::EscapeFault;
use super::signing_key::{signature, signing_key, string_to_sign};
use super::timestamp;
use crate::clock::UnixMillis;
use crate::message::{Header, Request};

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignFor<'a> {
    /// The region, as `us-east-1`.
    pub region: &'a str,
    /// The name of the service in signatures: `iotdata` for shadows, `iot` for things and endpoints.
    pub service: &'a str,
    /// The time of the signature.
    pub at: UnixMillis,
}

/// The headers that a signature brings along; those of an older one make room.
const OWN_HEADERS: [&str; 4] =
    ["authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"];

/// Signs a request by headers; what it was signed with before goes. `Host` must be there, and is signed.
///
/// # Errors
///
/// If a `%` of the query is not followed by two hexadecimal digits.
pub fn sign(
    request: &mut Request,
    credential: &Credential,
    SignFor { region, service, at }: SignFor<'_>,
) -> Result<(), EscapeFault> {
    let query = query_pairs(request.query().unwrap_or_default())?;
    let is_own =
        |header: &Header| OWN_HEADERS.iter().any(|name| header.name.eq_ignore_ascii_case(name));
    request.headers.retain(|header| !is_own(header));
    let date = timestamp::basic(at);
    request.headers.push(Header::new("x-amz-date", date.as_str()));
    let mut signed_headers = "host;x-amz-date".to_owned();
    if let Some(token) = &credential.session_token {
        request.headers.push(Header::new("x-amz-security-token", token.reveal()));
        signed_headers += ";x-amz-security-token";
    }
    let canonical = CanonicalRequest::new(request, query, &signed_headers, PathRule::Normalized);
    let access_key_id = credential.access_key_id.as_str();
    let day = date.get(..8).unwrap_or_default();
    let scope = Scope { access_key_id, date: day, region, service, terminator: "aws4_request" };
    let text = string_to_sign(&date, &scope, &canonical.sha256());
    let signature = signature(&signing_key(credential.secret.reveal(), &scope), &text);
    let authorization = format!(
        "{ALGORITHM} Credential={access_key_id}/{day}/{region}/{service}/aws4_request, \
         SignedHeaders={signed_headers}, Signature={signature}"
    );
    request.headers.push(Header::new("authorization", authorization));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::HttpVersion;
    use crate::sigv4::{Keyring, Rules, verify};

    const AT: UnixMillis = UnixMillis::from_secs(1_795_190_924);

    fn check(target: &str, body: &str, credential: Credential) {
        let mut request = Request {
            method: "POST".to_owned(),
            target: target.to_owned(),
            version: HttpVersion::Http11,
            headers: vec![
                Header::new("Host", "prefix-ats.iot.eu-west-1.amazonaws.com"),
                Header::new("Authorization", "what stood there before"),
                Header::new("X-Amz-Content-Sha256", "of something else"),
            ],
            body: body.into(),
        };
        let scope = SignFor { region: "eu-west-1", service: "iotdata", at: AT };
        sign(&mut request, &credential, scope).unwrap();
        let keyring: Keyring = [credential].into_iter().collect();
        let identity = verify(&request, AT, &keyring, &Rules::data_plane("eu-west-1"));
        assert_eq!(identity.map(|identity| identity.access_key_id), Ok("AKID".to_owned()));
    }

    #[test]
    fn what_is_signed_here_the_verifier_takes() {
        let long_term = Credential::long_term("AKID", "secret");
        check("/things/lamp/shadow", "", long_term.clone());
        check("/things/my%3Athing/shadow?name=a%20b&z=&a=1", "{\"state\":null}", long_term);
        check("/things/lamp/shadow", "{}", Credential::temporary("AKID", "secret", "token/+="));
    }

    #[test]
    fn a_query_that_cannot_be_read_is_not_signed() {
        let mut request = crate::raw_request::parse(b"GET /?a=%zz HTTP/1.1\nHost: h\n\n").unwrap();
        let scope = SignFor { region: "r", service: "iotdata", at: AT };
        assert!(sign(&mut request, &Credential::long_term("A", "s"), scope).is_err());
    }
}
