//! A refused request with all that is known about it.

use sha2::{Digest, Sha256};

use crate::clock::UnixMillis;
use crate::message::Request;
use crate::sigv4::canonical::{self, CanonicalRequest, PathRule, QueryPair};
use crate::sigv4::credential::{Credential, Keyring};
use crate::sigv4::parse::{Claim, Place, Scope};
use crate::sigv4::rules::Rules;
use crate::sigv4::signing_key::Code;
use crate::sigv4::timestamp;
use crate::sigv4::verify::signed_query;

/// How many other secrets of the keyring are tried.
const OTHER_SECRETS_MAX: usize = 16;

/// A request with a complete signature by a known key. It holds the secret and so has no `Debug`.
pub(super) struct Situation<'a> {
    pub(super) request: &'a Request,
    pub(super) now: UnixMillis,
    pub(super) rules: &'a Rules,
    pub(super) claim: &'a Claim<'a>,
    pub(super) scope: Scope<'a>,
    pub(super) signed_at: UnixMillis,
    /// The time of the signature in ISO 8601 basic format.
    pub(super) date: String,
    /// The right secret.
    pub(super) secret: &'a str,
    /// Secrets of other credentials.
    pub(super) other_secrets: Vec<&'a str>,
    /// The parameters of the query that are signed, in wire order.
    pub(super) query: Vec<QueryPair>,
    /// The parameters with the session token of a presigned URL.
    pub(super) token_query: Vec<QueryPair>,
    /// What should have been signed.
    pub(super) canonical: CanonicalRequest<'a>,
    pub(super) body_digest: Code,
}

impl<'a> Situation<'a> {
    /// Nothing if the key is unknown or a part of the signature cannot be read; then there is nothing to compute.
    pub(super) fn new(
        request: &'a Request,
        now: UnixMillis,
        rules: &'a Rules,
        keyring: &'a Keyring,
        claim: &'a Claim<'a>,
    ) -> Option<Self> {
        let scope = claim.scope().ok()?;
        let signed_at = claim.signed_at().ok()?;
        let credential = credential_for(keyring, scope.access_key_id, claim)?;
        let pairs = canonical::query_pairs(request.query().unwrap_or_default()).ok()?;
        let (query, token_query) = signed_query(pairs, &claim.place);
        let canonical = CanonicalRequest::new(
            request,
            query.clone(),
            &claim.signed_headers,
            PathRule::Normalized,
        );
        let others = keyring.iter().filter(|other| other.secret != credential.secret);
        Some(Self {
            request,
            now,
            rules,
            claim,
            scope,
            signed_at,
            date: timestamp::basic(signed_at),
            secret: credential.secret.reveal(),
            other_secrets: others
                .map(|other| other.secret.reveal())
                .take(OTHER_SECRETS_MAX)
                .collect(),
            query,
            token_query,
            canonical,
            body_digest: Sha256::digest(&request.body).into(),
        })
    }

    /// The path on the wire.
    pub(super) fn raw_path(&self) -> &'a str {
        canonical::raw_path(&self.request.target)
    }

    /// The pieces of the raw query that are signed, in wire order.
    pub(super) fn raw_query(&self) -> String {
        let is_presigned = self.claim.place == Place::Query;
        let is_signed = |piece: &&str| {
            let name = piece.split('=').next().unwrap_or_default();
            !(is_presigned && matches!(name, "X-Amz-Signature" | "X-Amz-Security-Token"))
        };
        let pieces = self.request.query().unwrap_or_default().split('&');
        pieces.filter(is_signed).collect::<Vec<_>>().join("&")
    }

    /// The first value of a header, as text.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.request.header(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }
}

/// The credential that the request means: of that id, if possible with its token.
fn credential_for<'k>(
    keyring: &'k Keyring,
    access_key_id: &str,
    claim: &Claim<'_>,
) -> Option<&'k Credential> {
    let known = keyring.find(access_key_id);
    let token = claim.token.as_deref();
    let has_token = |credential: &&Credential| {
        credential.session_token.as_ref().map(|right| right.reveal()) == token
    };
    known.iter().find(has_token).or_else(|| known.first())
}
