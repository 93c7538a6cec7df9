//! The way from a refusal to its explanation.

use super::channel::{Told, hit_findings};
use super::explanation::{Explanation, Fact, Finding, Outcome, Proof, ServerSide};
use super::made::Made;
use super::recipe::Recipe;
use super::redact::Redactor;
use super::search::Search;
use super::situation::Situation;
use super::{body, clock, credential, scope, shape};
use crate::clock::UnixMillis;
use crate::message::Request;
use crate::sigv4::canonical::{self, QueryPair};
use crate::sigv4::credential::Keyring;
use crate::sigv4::parse::Claim;
use crate::sigv4::refusal::Refusal;
use crate::sigv4::rules::{PresignedToken, Rules};

/// Says why [`crate::sigv4::verify()`] refused a request.
///
/// What cannot be seen in the request is proven: the signature is computed with each known mistake, then with pairs of
/// them, and those are named that give the signature that came. The work is bounded by
/// [`super::RECOMPUTATIONS_MAX`] signatures, some tenths of a second; do it after a failure, and not for each of many.
#[must_use]
pub fn explain(
    request: &Request,
    now: UnixMillis,
    keyring: &Keyring,
    rules: &Rules,
    refusal: &Refusal,
) -> Explanation {
    let told = Told::read(request);
    let redactor = Redactor::new(keyring, request, told.text.as_deref().unwrap_or_default());
    let pairs = canonical::query_pairs(request.query().unwrap_or_default()).unwrap_or_default();
    let claim = Claim::read(request, &pairs).ok();
    let mut explanation = Explanation {
        status: refusal.status(),
        code: refusal.code(),
        message: refusal.message(),
        outcome: Outcome::Seen,
        findings: shape::findings(refusal, request),
        server: None,
        server_time: now,
        recomputations: 0,
    };
    explanation.findings.extend(match refusal {
        Refusal::Expired(clocks) | Refusal::NotYetCurrent(clocks) => clock::findings(clocks, rules),
        Refusal::Scope(faults) => scope::findings(faults, rules),
        Refusal::KeyUnknown { access_key_id } => credential::key_findings(access_key_id, keyring),
        _ => Vec::new(),
    });
    if let Some(claim) = &claim {
        if let Refusal::TokenExpired { .. } | Refusal::TokenInvalid | Refusal::TokenMissing =
            refusal
        {
            let findings = credential::token_findings(refusal, claim, keyring, now);
            explanation.findings.extend(findings);
        }
        if let Some(situation) = Situation::new(request, now, rules, keyring, claim) {
            compute(&mut explanation, &situation, &told, &redactor);
        }
    }
    clean(&mut explanation, &redactor);
    explanation
}

/// Adds what can be found by computing signatures.
fn compute(
    explanation: &mut Explanation,
    situation: &Situation<'_>,
    told: &Told,
    redactor: &Redactor,
) {
    let right = Recipe::right(situation);
    let made = right.make(&[]);
    let sent_signature = situation.claim.signature.as_bytes();
    let sent = |made: &Made| made.signature() == sent_signature;
    let text = right.canonical().text();
    explanation.server = Some(ServerSide {
        canonical_request_bytes: text.len(),
        canonical_request_sha256: made.canonical_sha256(),
        canonical_request: String::from_utf8_lossy(&text).into_owned(),
        string_to_sign: String::from_utf8_lossy(&made.string_to_sign()).into_owned(),
        vouched: told.vouched(&made, &text),
    });
    explanation.findings.extend(origin_of_body_hash(situation, &right));

    let mut search = Search::new(situation);
    let bases = bases(situation, right);
    if bases.iter().any(|base| search.is_hit(base, &sent)) {
        explanation.outcome = Outcome::OnlyThis;
        explanation.recomputations = search.computed;
        return;
    }
    let was_seen = !explanation.findings.is_empty();
    let (outcome, findings) = find(&mut search, &bases, told, redactor, &sent);
    // What is proven need not be told a second time as seen.
    explanation.findings.retain(|seen| findings.iter().all(|finding| finding.id != seen.id));
    explanation.findings.extend(findings);
    explanation.recomputations = search.computed;
    explanation.outcome = match outcome {
        Outcome::Unexplained if was_seen => Outcome::Seen,
        outcome => outcome,
    };
}

/// Mistakes alone, then in pairs, then those that are made in very many ways, then the rarer pairs, then what the device told.
fn find(
    search: &mut Search<'_>,
    bases: &[Recipe],
    told: &Told,
    redactor: &Redactor,
    sent: &dyn Fn(&Made) -> bool,
) -> (Outcome, Vec<Finding>) {
    let mut findings = Vec::new();
    for base in bases {
        for hit in search.singles(base, sent) {
            findings.extend(hit_findings(&hit, base, redactor, Proof::Recomputed));
        }
    }
    if !findings.is_empty() {
        return (Outcome::Proven, findings);
    }
    for base in bases {
        for hit in search.pairs(base, sent) {
            findings.extend(hit_findings(&hit, base, redactor, Proof::Recomputed));
        }
    }
    if !findings.is_empty() {
        return (Outcome::ProvenPair, findings);
    }
    for base in bases {
        for hit in search.rare(base, sent) {
            findings.extend(hit_findings(&hit, base, redactor, Proof::Recomputed));
        }
    }
    if !findings.is_empty() {
        return (Outcome::Proven, findings);
    }
    for base in bases {
        for hit in search.rarer_pairs(base, sent) {
            findings.extend(hit_findings(&hit, base, redactor, Proof::Recomputed));
        }
    }
    if !findings.is_empty() {
        return (Outcome::ProvenPair, findings);
    }
    for base in bases {
        findings.extend(told.findings(search, base, redactor, sent));
    }
    let outcome = if findings.is_empty() { Outcome::Unexplained } else { Outcome::Told };
    (outcome, findings)
}

/// The ways to sign that are right: more than one where a session token may be in a presigned URL's signature or not.
fn bases(situation: &Situation<'_>, right: Recipe) -> Vec<Recipe> {
    let may_be_signed = situation.rules.presigned_token == PresignedToken::Anywhere;
    if situation.token_query.is_empty() || !may_be_signed {
        return vec![right];
    }
    let mut pairs: Vec<&QueryPair> = situation.canonical.query.iter().collect();
    pairs.extend(&situation.token_query);
    pairs.sort_unstable();
    let pieces: Vec<String> =
        pairs.iter().map(|pair| format!("{}={}", pair.name, pair.value)).collect();
    let mut with_token = right.clone();
    with_token.canonical_mut().query = Some(pieces.join("&").into_bytes());
    vec![right, with_token]
}

/// How the device arrived at a wrong `x-amz-content-sha256`, if that can be told.
fn origin_of_body_hash(situation: &Situation<'_>, right: &Recipe) -> Option<Finding> {
    let sent = situation.request.header("x-amz-content-sha256")?;
    if sent == situation.canonical.body_sha256.as_bytes() {
        return None;
    }
    let topic = body::origin_of(situation, right, sent)?;
    Some(Finding::new(&topic, Proof::Seen))
}

/// Blots out what must not be shown, wherever text of the request stands.
fn clean(explanation: &mut Explanation, redactor: &Redactor) {
    explanation.message = redactor.clean(&explanation.message);
    for finding in &mut explanation.findings {
        for Fact { value, .. } in &mut finding.facts {
            *value = redactor.clean(value);
        }
    }
    if let Some(server) = &mut explanation.server {
        server.canonical_request = redactor.clean(&server.canonical_request);
        server.string_to_sign = redactor.clean(&server.string_to_sign);
    }
}
