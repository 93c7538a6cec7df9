//! What an explanation holds, and its form for a page.

use serde_json::{Value, json};

use super::mistake::Topic;
use crate::clock::UnixMillis;
use crate::sigv4::timestamp;

/// Why a request was refused, as far as it can be known. `Display` draws it for a log, [`Explanation::to_json`] for a page.
///
/// It never holds a secret, a session token, a signing key or a signature that the client did not send itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The status of the answer.
    pub status: u16,
    /// The name of the error in the answer.
    pub code: &'static str,
    /// AWS's words, as in the answer.
    pub message: String,
    /// What all findings add up to.
    pub outcome: Outcome,
    /// What was found, the most certain first.
    pub findings: Vec<Finding>,
    /// What the service built from the request; nothing if the request has no complete signature.
    pub server: Option<ServerSide>,
    /// The time of the service.
    pub server_time: UnixMillis,
    /// How many signatures were computed to find this out.
    pub recomputations: usize,
}

/// What all findings add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What is wrong can be seen in the request, and its signature is right apart from that.
    OnlyThis,
    /// What is wrong can be seen in the request. Its signature could not be computed, or is wrong as well, unexplained.
    Seen,
    /// The signature comes out as sent with one mistake; several such findings mean the same here.
    Proven,
    /// The signature comes out as sent with two mistakes together.
    ProvenPair,
    /// The device told what it signed, and that differs from what it sent.
    Told,
    /// Nothing that was tried gives this signature.
    Unexplained,
}

impl Outcome {
    /// A stable name, as `proven-pair`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnlyThis => "only-this",
            Self::Seen => "seen",
            Self::Proven => "proven",
            Self::ProvenPair => "proven-pair",
            Self::Told => "told",
            Self::Unexplained => "unexplained",
        }
    }
}

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable name, as `path-signed-as-sent`; all are listed in `docs/signature-mistakes.md`.
    pub id: &'static str,
    /// How it is known.
    pub proof: Proof,
    /// What is wrong, in plain words.
    pub headline: String,
    /// Names with values that tell more, as `device time`.
    pub facts: Vec<Fact>,
    /// Where what was signed differs from what should have been.
    pub difference: Option<Difference>,
    /// What to do next.
    pub help: String,
}

/// How a finding is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It can be seen in the request.
    Seen,
    /// The signature comes out as sent when this is done wrong and nothing else.
    Recomputed,
    /// The signature comes out as sent when this and the mistake of that name are made together.
    RecomputedWith(&'static str),
    /// The hash of the canonical request that the device sent along comes out when this is done wrong.
    CanonicalHash,
    /// The canonical request that the device sent along shows it.
    CanonicalText,
}

/// A name with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name, as `server time`.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// A line of which the device signed another form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where the line stands, as `canonical request, line 2, the path`.
    pub place: String,
    /// The line as it should be; nothing if there should be none.
    pub expected: Option<String>,
    /// The line as the device signed it; nothing if it has none.
    pub signed: Option<String>,
    /// The first byte in which they differ, from 0.
    pub byte: usize,
}

/// What the service built from the request. Session tokens in it are blotted out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSide {
    /// The canonical request.
    pub canonical_request: String,
    /// Its length in bytes, before a token was blotted out.
    pub canonical_request_bytes: usize,
    /// Its hash in hexadecimal digits, before a token was blotted out.
    pub canonical_request_sha256: String,
    /// The string to sign.
    pub string_to_sign: String,
    /// What of it is known to be right in the device too.
    pub vouched: Vouched,
}

/// How much of the way to a signature is known to be right in the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// Nothing; the canonical request is the first part that may differ.
    Nothing,
    /// The canonical request; the string to sign is the first part that may differ.
    CanonicalRequest,
}

impl Explanation {
    /// The explanation for a page. Names of fields are stable.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "outcome": self.outcome.name(),
            "findings": self.findings.iter().map(Finding::to_json).collect::<Vec<_>>(),
            "server": self.server.as_ref().map(ServerSide::to_json),
            "server_time": timestamp::basic(self.server_time),
            "recomputations": self.recomputations,
        })
    }

    /// The explanation for a log; the same as `to_string`.
    #[must_use]
    pub fn render(&self) -> String {
        self.to_string()
    }
}

impl Finding {
    /// A finding that can be seen in the request.
    pub(super) fn seen(topic: &Topic) -> Self {
        Self::new(topic, Proof::Seen)
    }

    pub(super) fn new(topic: &Topic, proof: Proof) -> Self {
        Self {
            id: topic.id,
            proof,
            headline: topic.did.to_owned(),
            facts: Vec::new(),
            difference: None,
            help: topic.help.to_owned(),
        }
    }

    /// The same with one fact more.
    pub(super) fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name, value: value.into() });
        self
    }

    pub(super) fn is_proven(&self) -> bool {
        matches!(self.proof, Proof::Recomputed | Proof::RecomputedWith(_))
    }

    fn to_json(&self) -> Value {
        let (proof, with) = match self.proof {
            Proof::Seen => ("seen", None),
            Proof::Recomputed => ("recomputed", None),
            Proof::RecomputedWith(other) => ("recomputed-with", Some(other)),
            Proof::CanonicalHash => ("canonical-hash", None),
            Proof::CanonicalText => ("canonical-text", None),
        };
        let facts = self.facts.iter().map(|fact| json!({ "name": fact.name, "value": fact.value }));
        json!({
            "id": self.id,
            "proof": proof,
            "with": with,
            "headline": self.headline,
            "facts": facts.collect::<Vec<_>>(),
            "difference": self.difference.as_ref().map(|difference| json!({
                "place": difference.place,
                "expected": difference.expected,
                "signed": difference.signed,
                "byte": difference.byte,
            })),
            "help": self.help,
        })
    }
}

impl ServerSide {
    fn to_json(&self) -> Value {
        json!({
            "canonical_request": self.canonical_request,
            "canonical_request_bytes": self.canonical_request_bytes,
            "canonical_request_sha256": self.canonical_request_sha256,
            "string_to_sign": self.string_to_sign,
            "vouched": match self.vouched {
                Vouched::Nothing => "nothing",
                Vouched::CanonicalRequest => "canonical-request",
            },
        })
    }
}
