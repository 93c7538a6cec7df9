//! The kinds of faults as the page offers them: each with parameters to start from.

use crate::fault::Kind;

/// Each kind that a cloud can do with an example of its parameters, as JSON; `{}` where it needs none.
pub(super) const EXAMPLES: &[(&str, &str)] = &[
    ("aws-error", r#"{"name": "ThrottlingException"}"#),
    ("bandwidth", r#"{"rate": 1000}"#),
    ("chunked", r#"{"bytes": 16}"#),
    ("close", r#"{"at": "request"}"#),
    ("conflict", "{}"),
    ("dns", r#"{"flaw": "nxdomain"}"#),
    ("drip", r#"{"bytes": 1, "every": "100ms"}"#),
    ("empty", r#"{"part": "answer"}"#),
    ("garbage", r#"{"bytes": 64}"#),
    ("hang", r#"{"for": "60s"}"#),
    ("html-error", r#"{"code": 502}"#),
    ("http-version", "{}"),
    ("interim", r#"{"code": 100}"#),
    ("keep-open", r#"{"for": "60s"}"#),
    ("latency", r#"{"delay": "3s"}"#),
    ("lost-answer", "{}"),
    ("malformed", "{}"),
    ("no-reason-phrase", "{}"),
    ("ntp", r#"{"flaw": "silent"}"#),
    ("profile", r#"{"name": "flaky-wifi"}"#),
    ("refuse", "{}"),
    ("reset", r#"{"at": "request"}"#),
    ("shadow-deep", "{}"),
    ("shadow-large", "{}"),
    ("shadow-missing", "{}"),
    ("shadow-version", r#"{"by": -1}"#),
    ("skew", r#"{"by": "+10m"}"#),
    ("status", r#"{"code": 503}"#),
    ("throttle", r#"{"rate": 0}"#),
    ("tls", r#"{"flaw": "expired"}"#),
    ("truncate", r#"{"keep": "50%"}"#),
];

/// What a kind does, in a sentence.
pub(super) fn sentence(name: &str) -> &'static str {
    Kind::SENTENCES.iter().find(|(kind, _)| *kind == name).map_or("", |(_, sentence)| *sentence)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fault::Fault;

    #[test]
    fn each_kind_is_offered_with_parameters_that_it_takes() {
        let names: Vec<&str> = EXAMPLES.iter().map(|(name, _)| *name).collect();
        let mut all = Kind::NAMES.to_vec();
        // A cloud has no radio.
        all.retain(|name| *name != "wifi");
        assert_eq!(names, all);
        for (name, example) in EXAMPLES {
            let mut fault: Value = serde_json::from_str(example).unwrap();
            fault["kind"] = json!(name);
            assert_eq!(Fault::read(&fault).unwrap().kind.name(), *name);
        }
    }
}
