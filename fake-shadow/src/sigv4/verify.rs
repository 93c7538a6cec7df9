//! The check of a signature, in the order in which AWS checks.
//!
//! The order is the chart "AWS Auth Error Ordering" of the `scratchstack-aws-signature` project, measured on AWS's query
//! services; what AWS IoT was seen to say agrees with it. Checks 1 and 2 of the chart, that the request line is well-formed
//! and the method served, are done before and after this module.

use std::borrow::Cow;
use std::time::Duration;

use subtle::ConstantTimeEq;

use super::canonical::{self, CanonicalRequest, PathRule, QueryPair};
use super::credential::{Credential, Keyring};
use super::escape::hex_value;
use super::parse::{Claim, Place, Scope};
use super::refusal::{Clock, Refusal, ScopeFault};
use super::rules::{EXPIRES_MAX, PresignedToken, Rules};
use super::signing_key::{Code, SigningKeys, string_to_sign};
use super::timestamp;
use crate::clock::UnixMillis;
use crate::message::Request;

/// Who signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The access key id.
    pub access_key_id: String,
    /// The service name in the scope.
    pub service: String,
    /// The time of the signature, by the device's clock.
    pub signed_at: UnixMillis,
}

/// Says who signed a request, or why it is refused.
///
/// Always reads the whole body. Takes a time that depends on the request and not on how much of its signature is right.
///
/// # Errors
///
/// The first check that fails, in AWS's order.
pub fn verify(
    request: &Request,
    now: UnixMillis,
    keyring: &Keyring,
    rules: &Rules,
) -> Result<Identity, Refusal> {
    verify_by(&mut SigningKeys::default(), request, now, keyring, rules)
}

/// As [`verify`], with the keys that were used before.
///
/// # Errors
///
/// The first check that fails, in AWS's order.
pub fn verify_by(
    keys: &mut SigningKeys,
    request: &Request,
    now: UnixMillis,
    keyring: &Keyring,
    rules: &Rules,
) -> Result<Identity, Refusal> {
    // 3. Escapes in the query.
    let query =
        canonical::query_pairs(request.query().unwrap_or_default()).map_err(Refusal::Escape)?;

    // 4 to 7. One signature, complete.
    let claim = Claim::read(request, &query)?;

    // 8. The host is signed. AWS has named `:authority` in this message since 2022.
    let is_host =
        |name: &str| name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority");
    if !claim.signed_headers.split(';').any(is_host) {
        return Err(Refusal::HostNotSigned);
    }

    // 9. The date can be read.
    let signed_at = claim.signed_at()?;

    // 10 and 11. The clocks agree.
    check_clock(&claim, Clock { signed_at, now, window: rules.window })?;

    // 12 and 13. The scope is of five parts and the right one.
    let scope = claim.scope()?;
    let date = timestamp::basic(signed_at);
    check_scope(&scope, &date, rules)?;

    // 14. The key and its token are known.
    let credential = find_credential(keyring, &scope, claim.token.as_deref(), now)?;

    // 15. The signature.
    let signed = Signed { request, claim: &claim, scope, date: &date };
    check_signature(keys, &signed, query, credential, rules.presigned_token)?;
    Ok(Identity {
        access_key_id: scope.access_key_id.to_owned(),
        service: scope.service.to_owned(),
        signed_at,
    })
}

fn check_clock(claim: &Claim<'_>, clock: Clock) -> Result<(), Refusal> {
    let signed_at = clock.signed_at.secs();

    // `X-Amz-Expires` can shorten the life of a URL at AWS IoT, but not lengthen it.
    let life = match &claim.expires {
        Some(text) => parse_expires(text)?.min(clock.window),
        None => clock.window,
    };
    let for_age = Clock { window: life, ..clock };
    if signed_at < for_age.oldest().secs() {
        return Err(Refusal::Expired(for_age));
    }
    if signed_at > clock.newest().secs() {
        return Err(Refusal::NotYetCurrent(clock));
    }
    Ok(())
}

fn parse_expires(text: &str) -> Result<Duration, Refusal> {
    // In digits alone; the standard library would read a plus sign, too.
    let secs = text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    secs.map(Duration::from_secs)
        .filter(|life| *life <= EXPIRES_MAX)
        .ok_or_else(|| Refusal::ExpiresForm { sent: text.to_owned() })
}

/// All faults of the scope, in the order in which AWS lists them.
fn check_scope(scope: &Scope<'_>, date: &str, rules: &Rules) -> Result<(), Refusal> {
    let mut faults = Vec::new();
    if scope.region != rules.region {
        let (sent, right) = (scope.region.to_owned(), rules.region.clone());
        faults.push(ScopeFault::Region { sent, right });
    }
    if !rules.services.iter().any(|service| service == scope.service) {
        let right = rules.services.first().cloned().unwrap_or_default();
        faults.push(ScopeFault::Service { sent: scope.service.to_owned(), right });
    }
    if scope.terminator != "aws4_request" {
        faults.push(ScopeFault::Terminator { sent: scope.terminator.to_owned() });
    }
    if !date.starts_with(scope.date) || scope.date.len() != 8 {
        let (sent, signed_at) = (scope.date.to_owned(), date.to_owned());
        faults.push(ScopeFault::Date { sent, signed_at });
    }
    if faults.is_empty() { Ok(()) } else { Err(Refusal::Scope(faults)) }
}

fn find_credential<'k>(
    keyring: &'k Keyring,
    scope: &Scope<'_>,
    token: Option<&str>,
    now: UnixMillis,
) -> Result<&'k Credential, Refusal> {
    let known = keyring.find(scope.access_key_id);
    if known.is_empty() {
        return Err(Refusal::KeyUnknown { access_key_id: scope.access_key_id.to_owned() });
    }
    let has_token = |credential: &&Credential| match (&credential.session_token, token) {
        (None, None) => true,
        (Some(right), Some(sent)) => right.reveal().as_bytes().ct_eq(sent.as_bytes()).into(),
        _ => false,
    };
    let Some(credential) = known.iter().find(has_token) else {
        return Err(if token.is_none() { Refusal::TokenMissing } else { Refusal::TokenInvalid });
    };
    match credential.expires_at {
        Some(expired_at) if expired_at <= now => Err(Refusal::TokenExpired { expired_at }),
        _ => Ok(credential),
    }
}

/// What check 15 looks at.
struct Signed<'a> {
    request: &'a Request,
    claim: &'a Claim<'a>,
    scope: Scope<'a>,
    date: &'a str,
}

fn check_signature(
    keys: &mut SigningKeys,
    signed: &Signed<'_>,
    query: Vec<QueryPair>,
    credential: &Credential,
    presigned_token: PresignedToken,
) -> Result<(), Refusal> {
    let Signed { request, claim, scope, date } = signed;
    let (query, token_pairs) = signed_query(query, &claim.place);
    let mut canonical =
        CanonicalRequest::new(request, query, &claim.signed_headers, PathRule::Normalized);
    let sent = check_form(request, claim, &canonical)?;
    let mut is_right = |canonical: &CanonicalRequest<'_>| -> bool {
        let text = string_to_sign(date, scope, &canonical.sha256());
        keys.signature(&credential.secret, scope, &text).ct_eq(&sent).into()
    };
    if is_right(&canonical) {
        return Ok(());
    }
    if presigned_token == PresignedToken::Anywhere && !token_pairs.is_empty() {
        canonical.query.extend(token_pairs);
        canonical.query.sort_unstable();
        if is_right(&canonical) {
            return Ok(());
        }
    }
    Err(Refusal::Signature)
}

/// Takes out of a query what its signature does not cover: for a presigned URL the signature, and the session token,
/// which AWS IoT wants appended after signing. The token's parameters are the second value.
pub(crate) fn signed_query(
    mut query: Vec<QueryPair>,
    place: &Place,
) -> (Vec<QueryPair>, Vec<QueryPair>) {
    if *place != Place::Query {
        return (query, Vec::new());
    }
    query.retain(|pair| pair.name != "X-Amz-Signature");
    query.into_iter().partition(|pair| pair.name != "X-Amz-Security-Token")
}

/// The bytes of a signature of 64 lower-case digits; none if it is written otherwise.
fn read_code(signature: &str) -> Option<Code> {
    let digits: &[u8; 64] = signature.as_bytes().try_into().ok()?;
    let mut code = [0; 32];
    for (byte, pair) in code.iter_mut().zip(digits.chunks_exact(2)) {
        if pair.iter().any(u8::is_ascii_uppercase) {
            return None;
        }
        *byte = hex_value(pair[0])? * 16 + hex_value(pair[1])?;
    }
    Some(code)
}

/// What can be wrong with a signature before its value is looked at, and then that value. AWS says the same about all of it.
fn check_form(
    request: &Request,
    claim: &Claim<'_>,
    canonical: &CanonicalRequest<'_>,
) -> Result<Code, Refusal> {
    let code = read_code(&claim.signature)
        .ok_or_else(|| Refusal::SignatureForm { sent: claim.signature.clone().into_owned() })?;
    // AWS documents the list as sorted and in lower case; what it does with another is not known, so none is accepted.
    if !canonical.signed_headers.iter().map(Cow::as_ref).eq(claim.signed_headers.split(';')) {
        let right = canonical.signed_headers.join(";");
        let sent = claim.signed_headers.clone().into_owned();
        return Err(Refusal::SignedHeadersForm { sent, right });
    }
    if canonical.headers.len() < canonical.signed_headers.len() {
        let names = canonical.absent_headers().map(|name| name.clone().into_owned()).collect();
        return Err(Refusal::SignedHeadersAbsent { names });
    }
    // The hash of the body is always our own, so that this header cannot vouch for another body.
    match request.header("x-amz-content-sha256") {
        Some(sent) if sent != canonical.body_sha256.as_bytes() => Err(Refusal::BodyHash {
            sent: String::from_utf8_lossy(sent).into_owned(),
            computed: canonical.body_sha256.clone().into_owned(),
        }),
        _ => Ok(code),
    }
}
