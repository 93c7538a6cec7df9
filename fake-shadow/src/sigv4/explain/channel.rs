//! What a device tells about its own canonical request, in headers made for that.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::difference;
use super::explanation::{Finding, Proof, Vouched};
use super::made::Made;
use super::mistake::{Family, Topic};
use super::recipe::Recipe;
use super::redact::Redactor;
use super::search::{Hit, Search};
use crate::message::Request;

/// The header with the hexadecimal SHA-256 of the device's canonical request. It must not be signed.
pub const HASH_HEADER: &str = "x-shadowrig-canonical-sha256";

/// The header with the device's canonical request in base64. It must not be signed.
pub const TEXT_HEADER: &str = "x-shadowrig-canonical";

pub(super) const FAMILY: Family = Family {
    title: "What the device tells in `x-shadowrig-canonical` and `x-shadowrig-canonical-sha256`",
    mistakes: &[],
    seen: &[&DIFFERS, &NOT_SENT_HASH],
};

const DIFFERS: Topic = Topic {
    id: "canonical-request-differs",
    did: "the canonical request that the device sent along is not the right one",
    help: "make this line as expected; then look whether another differs",
};

const NOT_SENT_HASH: Topic = Topic {
    id: "canonical-hash-differs",
    did: "the hash of the canonical request that the device sent along is not the right one, and \
        no known mistake gives it",
    help: "send the whole canonical request in base64 in `x-shadowrig-canonical` to see the line \
        that differs",
};

/// What the device told, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) hash: Option<String>,
    pub(super) text: Option<Vec<u8>>,
}

impl Told {
    pub(super) fn read(request: &Request) -> Self {
        let hash = request.header(HASH_HEADER).map(String::from_utf8_lossy);
        let text = request.header(TEXT_HEADER).and_then(|value| STANDARD.decode(value).ok());
        Self { hash: hash.map(|hash| hash.trim().to_ascii_lowercase()), text }
    }

    /// What is known to be right.
    pub(super) fn vouched(&self, right: &Made, right_text: &[u8]) -> Vouched {
        let is_same_text = self.text.as_deref() == Some(right_text);
        let is_same_hash = self.hash.as_deref() == Some(right.canonical_sha256().as_str());
        if is_same_text || is_same_hash { Vouched::CanonicalRequest } else { Vouched::Nothing }
    }

    /// What the device told is wrong, and what is wrong besides, as far as it can be found.
    pub(super) fn findings(
        &self,
        search: &mut Search<'_>,
        right: &Recipe,
        redactor: &Redactor,
        sent: &dyn Fn(&Made) -> bool,
    ) -> Vec<Finding> {
        if let Some(text) = &self.text {
            return text_findings(text, search, right, redactor, sent);
        }
        let Some(hash) = &self.hash else { return Vec::new() };
        let right_hash = right.make(&[]).canonical_sha256();
        if *hash == right_hash {
            return Vec::new();
        }
        let is_told = |made: &Made| made.canonical_sha256() == *hash;
        let mut hits = search.singles(right, &is_told);
        if hits.is_empty() {
            hits = search.pairs(right, &is_told);
        }
        if hits.is_empty() {
            let finding = Finding::new(&NOT_SENT_HASH, Proof::CanonicalHash);
            return vec![finding.fact("sent", hash.clone()).fact("right", right_hash)];
        }
        let mut findings = Vec::new();
        for hit in &hits {
            findings.extend(hit_findings(hit, right, redactor, Proof::CanonicalHash));
        }
        let rest = hits.first().map(|hit| rest(search, &hit.recipe, redactor, sent));
        findings.extend(rest.unwrap_or_default());
        findings
    }
}

fn text_findings(
    text: &[u8],
    search: &mut Search<'_>,
    right: &Recipe,
    redactor: &Redactor,
    sent: &dyn Fn(&Made) -> bool,
) -> Vec<Finding> {
    let Some(difference) = difference::canonical_text(right.canonical(), text, redactor) else {
        return Vec::new();
    };
    let mut told = right.clone();
    told.canonical_mut().whole = Some(text.to_vec());
    let mut finding = Finding::new(&DIFFERS, Proof::CanonicalText);
    finding.difference = Some(difference);
    if search.is_hit(&told, sent) {
        return vec![finding.fact("besides", "everything else about the signature is right")];
    }
    let mut findings = vec![finding];
    findings.extend(rest(search, &told, redactor, sent));
    findings
}

/// What is wrong behind the canonical request, with that as the device made it.
fn rest(
    search: &mut Search<'_>,
    told: &Recipe,
    redactor: &Redactor,
    sent: &dyn Fn(&Made) -> bool,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for hit in search.singles(told, sent) {
        findings.extend(hit_findings(&hit, told, redactor, Proof::Recomputed));
    }
    findings
}

/// The findings of one or two mistakes that were found together.
pub(super) fn hit_findings(
    hit: &Hit,
    right: &Recipe,
    redactor: &Redactor,
    proof: Proof,
) -> Vec<Finding> {
    let id = |at: usize| hit.mistakes.get(at).map(|variant| variant.mistake.topic.id);
    let finding = |(at, variant): (usize, &super::search::Variant)| {
        let proof = match (proof, id(1 - at.min(1))) {
            (Proof::Recomputed, Some(other)) if hit.mistakes.len() == 2 => {
                Proof::RecomputedWith(other)
            }
            _ => proof,
        };
        let mut finding = Finding::new(&variant.mistake.topic, proof);
        finding.difference = difference::between(right, &variant.recipe, redactor);
        let [used, right] = [&variant.recipe, right].map(|recipe| recipe.key().secret.len());
        if used != right {
            finding =
                finding.fact("length of the secret", format!("{used} bytes instead of {right}"));
        }
        finding
    };
    hit.mistakes.iter().enumerate().map(finding).collect()
}
