//! What each kind of fault takes, for the reference and for editors. The cloud's own table reads it; a test compares the two.

use super::field::{Field, Shape, optional, required};

/// A kind of fault with its parameters. The first one may also stand behind the kind itself, as in `truncate: 60%`.
#[derive(Debug)]
pub struct FaultKeys {
    /// Its name.
    pub kind: &'static str,
    /// What it takes.
    pub keys: &'static [Field],
    /// As it stands behind `fault:`.
    pub examples: &'static [&'static str],
}

const fn fault(
    kind: &'static str,
    keys: &'static [Field],
    examples: &'static [&'static str],
) -> FaultKeys {
    FaultKeys { kind, keys, examples }
}

/// When a connection ends, for `close` and `reset`.
const MOMENTS: Shape = Shape::Choice(&["accept", "tls", "request", "after-headers", "mid-body"]);

/// All kinds, in the order of the cloud's table.
pub const KINDS: &[FaultKeys] = &[
    fault(
        "aws-error",
        &[required("name", Shape::Text, "the error, as `ThrottlingException`")],
        &["{ aws-error: ThrottlingException }"],
    ),
    fault(
        "bandwidth",
        &[required("rate", Shape::Whole, "bytes a second")],
        &["{ bandwidth: 100 }"],
    ),
    fault(
        "chunked",
        &[
            optional("bytes", Shape::Whole, "the length of a chunk; default 16"),
            optional("header", Shape::Text, "how `Transfer-Encoding` is written"),
        ],
        &["chunked", "{ chunked: 8, header: transfer-encoding }"],
    ),
    fault(
        "close",
        &[optional("at", MOMENTS, "when; default `request`: it is read, and not answered")],
        &["close", "{ close: request }"],
    ),
    fault("conflict", &[], &["conflict"]),
    fault(
        "dns",
        &[
            required(
                "flaw",
                Shape::Choice(&["nxdomain", "slow", "truncated", "wrong"]),
                "what is wrong with the answer",
            ),
            optional("by", Shape::Span, "with `slow`: how late; default 5s"),
            optional("address", Shape::Text, "with `wrong`: the address that is answered"),
        ],
        &["{ dns: nxdomain }", "{ dns: slow, by: 3s }", "{ dns: wrong, address: 192.0.2.1 }"],
    ),
    fault(
        "drip",
        &[
            optional("bytes", Shape::Whole, "so many at a time; default 1"),
            optional("every", Shape::Span, "so long apart; default 100ms"),
        ],
        &["drip", "{ drip: { bytes: 1, every: 400ms } }"],
    ),
    fault(
        "empty",
        &[optional(
            "part",
            Shape::Choice(&["answer", "body"]),
            "what is missing: all of the answer, the default, or its body",
        )],
        &["empty", "{ empty: body }"],
    ),
    fault(
        "garbage",
        &[optional("bytes", Shape::Whole, "how many; default 64")],
        &["garbage", "{ garbage: 300 }"],
    ),
    fault(
        "hang",
        &[
            optional("for", Shape::Span, "how long; default 60s"),
            optional(
                "at",
                Shape::Choice(&["accept", "tls", "request", "body"]),
                "when; default `request`: it is read, and not answered",
            ),
        ],
        &["hang", "{ hang: 30s, at: body }"],
    ),
    fault("html-error", &[], &["html-error"]),
    fault(
        "http-version",
        &[optional("version", Shape::OneOf(&[Shape::Text, Shape::Number]), "default 1.0")],
        &["http-version", "{ http-version: '2.0' }"],
    ),
    fault(
        "interim",
        &[optional("code", Shape::Whole, "its status, 100 to 199; default 100")],
        &["interim", "{ interim: 103 }"],
    ),
    fault(
        "keep-open",
        &[optional("for", Shape::Span, "how long; default 1h")],
        &["keep-open", "{ keep-open: 30s }"],
    ),
    fault(
        "latency",
        &[
            required("delay", Shape::Span, "how late"),
            optional("jitter", Shape::Span, "up to so much more, by chance"),
            optional(
                "before",
                Shape::Choice(&["headers", "body"]),
                "what comes late; default `headers`",
            ),
        ],
        &["{ latency: 3s }", "{ latency: { delay: 1s, jitter: 500ms, before: body } }"],
    ),
    fault(
        "lost-answer",
        &[optional(
            "by",
            Shape::Choice(&["close", "hang", "reset"]),
            "what the client sees instead of the answer; default `reset`",
        )],
        &["lost-answer", "{ lost-answer: reset }"],
    ),
    fault(
        "malformed",
        &[optional(
            "part",
            Shape::Choice(&["chunk", "header", "json"]),
            "what is broken; default `json`",
        )],
        &["malformed", "{ malformed: chunk }"],
    ),
    fault("no-reason-phrase", &[], &["no-reason-phrase"]),
    fault(
        "ntp",
        &[
            optional(
                "flaw",
                Shape::Choice(&["kiss-of-death", "rollover", "silent"]),
                "what is wrong with the answer",
            ),
            optional("code", Shape::Text, "with `kiss-of-death`: RATE, the default, DENY or RSTR"),
            optional("offset", Shape::SignedSpan, "instead of `flaw`: the time is off by this"),
            optional("drift", Shape::Integer, "instead of `flaw`: millionths that the time drifts"),
        ],
        &["{ ntp: silent }", "{ ntp: { offset: -20m } }", "{ ntp: kiss-of-death, code: DENY }"],
    ),
    fault(
        "profile",
        &[required("name", Shape::Choice(&["flaky-wifi", "busy-region"]), "which")],
        &["{ profile: flaky-wifi }"],
    ),
    fault("refuse", &[], &["refuse"]),
    fault(
        "reset",
        &[optional("at", MOMENTS, "when; default `request`: it is read, and not answered")],
        &["reset", "{ reset: accept }"],
    ),
    fault(
        "shadow-deep",
        &[optional("levels", Shape::Whole, "how deep, 1 to 100; default one too many")],
        &["shadow-deep", "{ shadow-deep: 8 }"],
    ),
    fault(
        "shadow-large",
        &[optional("bytes", Shape::Whole, "how large, up to 1 MiB; default as large as may be")],
        &["shadow-large", "{ shadow-large: 9000 }"],
    ),
    fault("shadow-missing", &[], &["shadow-missing"]),
    fault(
        "shadow-version",
        &[optional("by", Shape::Integer, "by so much; default -1")],
        &["shadow-version", "{ shadow-version: -3 }"],
    ),
    fault("skew", &[required("by", Shape::SignedSpan, "how far it is off")], &["{ skew: +20m }"]),
    fault(
        "status",
        &[
            required("code", Shape::Whole, "the status, 200 to 599"),
            optional("body", Shape::Json, "the body; default one as the service's own"),
            optional("headers", Shape::AnyKeys(&Shape::Text), "headers beside the usual ones"),
        ],
        &["{ status: 503 }", "{ status: 503, body: '', headers: { Retry-After: '5' } }"],
    ),
    fault(
        "throttle",
        &[optional("rate", Shape::Whole, "requests a second that pass; default 0")],
        &["throttle", "{ throttle: 1 }"],
    ),
    fault(
        "tls",
        &[
            required(
                "flaw",
                Shape::Choice(&[
                    "expired",
                    "large-cert",
                    "max-fragment",
                    "no-common-cipher",
                    "not-yet-valid",
                    "old-version",
                    "unknown-ca",
                    "wrong-host",
                ]),
                "what is wrong with the handshake",
            ),
            optional("bytes", Shape::Whole, "with `max-fragment`: the longest record that is sent"),
        ],
        &["{ tls: expired }", "{ tls: max-fragment, bytes: 512 }"],
    ),
    fault(
        "truncate",
        &[
            optional(
                "keep",
                Shape::OneOf(&[Shape::Percent, Shape::Whole]),
                "how much is sent, a share or bytes; default 50%",
            ),
            optional(
                "length",
                Shape::Choice(&["kept", "corrected"]),
                "what `Content-Length` says: the length of the whole, the default, or of what is sent",
            ),
        ],
        &["truncate", "{ truncate: 60% }", "{ truncate: { keep: 10, length: corrected } }"],
    ),
    fault(
        "wifi",
        &[required("flaw", Shape::Choice(&["deauth", "drop"]), "how the link is lost")],
        &["{ wifi: drop }"],
    ),
];

#[cfg(test)]
mod tests {
    use fake_shadow::fault::{Fault, Kind};
    use serde_json::json;

    use super::*;
    use crate::scenario::field::Need;
    use crate::scenario::{fault, yaml};

    fn names() -> Vec<&'static str> {
        KINDS.iter().map(|fault| fault.kind).collect()
    }

    #[test]
    fn the_kinds_are_those_of_the_cloud() {
        assert_eq!(names(), Kind::NAMES);
    }

    #[test]
    fn every_example_is_a_fault_of_its_kind_and_shows_its_keys() {
        for FaultKeys { kind, keys, examples } in KINDS {
            for example in *examples {
                let node = yaml::parse(example, 0).expect("the example is YAML");
                let read = Fault::read(&fault::description(&node));
                assert_eq!(read.map(|fault| fault.kind.name()), Ok(*kind), "{example}");
            }
            let needs_one = keys.iter().any(|key| key.need == Need::Required);
            assert_eq!(
                Fault::read(&json!({ *kind: true })).is_err(),
                needs_one || *kind == "ntp",
                "{kind}"
            );
        }
    }

    /// A key that the cloud does not take is refused as unknown; one that it takes may be refused for its value.
    #[test]
    fn the_cloud_takes_every_key_and_every_word_of_it() {
        for FaultKeys { kind, keys, examples } in KINDS {
            for key in *keys {
                let words = match key.shape {
                    Shape::Choice(words) => words.to_vec(),
                    _ => vec!["?"],
                };
                for word in words {
                    let is_taken = examples.iter().any(|example| {
                        let node = yaml::parse(example, 0).expect("the example is YAML");
                        let mut given = fault::description(&node);
                        // Where the first key may stand for itself, it stands once.
                        match keys.first().is_some_and(|first| first.name == key.name) {
                            true => given = json!({ *kind: { key.name: word } }),
                            false => given[key.name] = word.into(),
                        }
                        let read = Fault::read(&given).map_err(|error| error.to_string());
                        read.map_or_else(
                            |why| why.contains(word) && !why.contains("has no"),
                            |_| true,
                        )
                    });
                    assert!(is_taken, "{kind}: {}: {word}", key.name);
                }
            }
            let given = json!({ "kind": kind, "no-such-key": 1 });
            assert!(Fault::read(&given).is_err(), "{kind}");
        }
    }
}
