//! The faults of a sweep: every kind of the cloud's table, and each kind at every moment that it knows.

use serde_json::{Value, json};

/// What is tried at a connection or a request.
#[derive(Debug, Clone)]
pub struct Variant {
    /// What it is called in the matrix.
    pub name: String,
    /// The fault, in the words of a scenario.
    pub fault: Value,
    /// What it is tried at.
    pub meets: Meets,
}

/// What something is tried at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meets {
    /// A connection, before a request can be known.
    Connection,
    /// A request.
    Request,
    /// A wake, in which the device joins its network and asks for the time.
    Wake,
}

/// All variants, in the order of the matrix.
#[must_use]
pub fn variants() -> Vec<Variant> {
    let at =
        |meets| move |(name, fault): (&str, Value)| Variant { name: name.to_owned(), fault, meets };
    let on_wake = [
        ("wifi drop", json!({ "wifi": "drop" })),
        ("ntp silent", json!({ "ntp": "silent" })),
        ("ntp kiss-of-death", json!({ "ntp": "kiss-of-death" })),
        ("ntp offset +20m", json!({ "ntp": { "offset": "+20m" } })),
        ("ntp rollover", json!({ "ntp": "rollover" })),
    ];
    let on_connect = [
        ("wifi deauth", json!({ "wifi": "deauth" })),
        ("dns nxdomain", json!({ "dns": "nxdomain" })),
        ("dns slow 3s", json!({ "dns": { "flaw": "slow", "by": "3s" } })),
        ("dns wrong", json!({ "dns": "wrong" })),
        ("refuse", json!({ "kind": "refuse" })),
        ("reset at accept", json!({ "kind": "reset", "at": "accept" })),
        ("close at accept", json!({ "kind": "close", "at": "accept" })),
        ("hang at accept", json!({ "kind": "hang", "at": "accept", "for": "10m" })),
        ("tls expired", json!({ "tls": "expired" })),
    ];
    let mut all: Vec<_> = on_wake.into_iter().map(at(Meets::Wake)).collect();
    all.extend(on_connect.into_iter().map(at(Meets::Connection)));
    for kind in ["reset", "close"] {
        for when in ["request", "after-headers", "mid-body"] {
            let name = format!("{kind} at {when}");
            all.push(at(Meets::Request)((&name, json!({ "kind": kind, "at": when }))));
        }
    }
    let rest = [
        ("hang at request", json!({ "kind": "hang", "at": "request", "for": "10m" })),
        ("hang at body", json!({ "kind": "hang", "at": "body", "for": "10m" })),
        ("lost-answer by reset", json!({ "kind": "lost-answer", "by": "reset" })),
        ("lost-answer by hang", json!({ "kind": "lost-answer", "by": "hang" })),
        ("aws-error 429", json!({ "aws-error": "ThrottlingException" })),
        ("aws-error 500", json!({ "aws-error": "InternalFailureException" })),
        ("status 400", json!({ "status": 400 })),
        ("status 503", json!({ "status": 503 })),
        ("conflict", json!({ "kind": "conflict" })),
        ("html-error", json!({ "kind": "html-error" })),
        ("shadow-missing", json!({ "kind": "shadow-missing" })),
        ("shadow-version", json!({ "kind": "shadow-version", "by": -1 })),
        ("shadow-large", json!({ "kind": "shadow-large" })),
        ("shadow-deep", json!({ "kind": "shadow-deep" })),
        ("empty", json!({ "kind": "empty" })),
        ("garbage", json!({ "kind": "garbage" })),
        ("malformed json", json!({ "malformed": "json" })),
        ("malformed header", json!({ "malformed": "header" })),
        ("malformed chunk", json!({ "malformed": "chunk" })),
        ("truncate 50%", json!({ "truncate": "50%" })),
        ("chunked", json!({ "kind": "chunked" })),
        ("drip", json!({ "drip": { "bytes": 16, "every": "100ms" } })),
        ("bandwidth", json!({ "kind": "bandwidth", "rate": 1000 })),
        ("latency 5s", json!({ "latency": "5s" })),
        ("latency 30s", json!({ "latency": "30s" })),
        ("http-version", json!({ "http-version": "1.0" })),
        ("interim", json!({ "kind": "interim" })),
        ("keep-open", json!({ "kind": "keep-open" })),
        ("no-reason-phrase", json!({ "kind": "no-reason-phrase" })),
        ("skew", json!({ "skew": "+20m" })),
    ];
    all.extend(rest.into_iter().map(at(Meets::Request)));
    all
}

/// Kinds that a sweep leaves out, each with the reason.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("profile", "it draws other kinds by chance, each of which is tried by itself"),
    ("throttle", "it is a rate, not a moment; `aws-error 429` is the same answer"),
];

#[cfg(test)]
mod tests {
    use fake_shadow::fault::{Fault, Kind};

    use super::*;

    #[test]
    fn every_variant_is_a_fault_and_every_kind_is_tried_or_left_out() {
        let mut kinds: Vec<&str> = LEFT_OUT.iter().map(|(kind, _)| *kind).collect();
        for variant in variants() {
            let fault = Fault::read(&variant.fault);
            let fault = fault.unwrap_or_else(|error| panic!("{}: {error}", variant.name));
            kinds.push(fault.kind.name());
        }
        let missing: Vec<_> = Kind::NAMES.iter().filter(|kind| !kinds.contains(kind)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
