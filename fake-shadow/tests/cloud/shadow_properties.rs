//! Laws of shadow documents.

use std::sync::Arc;

use fake_shadow::clock::UnixMillis;
use fake_shadow::message::{Header, HttpVersion, Request};
use fake_shadow::shadow::{Before, Limits, Shadow, ShadowError, apply, get_document};
use fake_shadow::{FakeShadow, Faulty, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: UnixMillis = UnixMillis::from_secs(1_795_190_924);

/// Values of a few keys and kinds, so that updates often meet each other; nulls everywhere but in arrays.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-3_i64..3).prop_map(Value::from),
        (-3_i8..3).prop_map(|number| Value::from(f64::from(number) / 2.0)),
        "[a-z\"\\\\é\u{1}]{0,3}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(
                inner.clone().prop_filter("no null", |item| !item.is_null()),
                0..3
            )
            .prop_map(Value::from),
            section_of(inner),
        ]
    })
}

fn section_of(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map("[abc]", value, 0..3).prop_map(|members| json!(members))
}

/// The `state` of an update.
fn state() -> impl Strategy<Value = Value> {
    let section = || prop_oneof![1 => Just(Value::Null), 9 => section_of(value())];
    prop_oneof![
        section().prop_map(|desired| json!({ "desired": desired })),
        section().prop_map(|reported| json!({ "reported": reported })),
        (section(), section())
            .prop_map(|(desired, reported)| json!({ "desired": desired, "reported": reported })),
        Just(Value::Null),
    ]
}

fn update(
    shadow: Option<&Arc<Shadow>>,
    state: &Value,
    limits: &Limits,
) -> Result<Arc<Shadow>, ShadowError> {
    let version = shadow.map_or(0, |shadow| shadow.version());
    let document = json!({ "state": state }).to_string();
    apply(Before { shadow, version }, document.as_bytes(), NOW, limits)
        .map(|applied| applied.shadow)
}

/// The shadow after some updates; those that are refused change nothing.
fn after(states: &[Value]) -> Option<Arc<Shadow>> {
    let limits = Limits::default();
    states
        .iter()
        .fold(None, |shadow, state| update(shadow.as_ref(), state, &limits).ok().or(shadow))
}

fn seen(shadow: &Shadow) -> Value {
    serde_json::from_slice(&get_document(shadow, NOW.secs())).unwrap()
}

/// Bytes of both sections without white space.
fn document_bytes(shadow: &Shadow) -> usize {
    let state = &seen(shadow)["state"];
    let bytes = |section: &str| state.get(section).map_or(0, |value| value.to_string().len());
    bytes("desired") + bytes("reported")
}

proptest! {
    #[test]
    fn the_version_counts_the_updates(states in prop::collection::vec(state(), 1..6)) {
        let limits = Limits::default();
        let mut shadow: Option<Arc<Shadow>> = None;
        for state in &states {
            let before = shadow.as_ref().map_or(0, |shadow| shadow.version());
            if let Ok(next) = update(shadow.as_ref(), state, &limits) {
                prop_assert_eq!(next.version(), before + 1);
                shadow = Some(next);
            }
        }
    }

    #[test]
    fn reporting_what_is_desired_empties_the_delta(states in prop::collection::vec(state(), 1..5)) {
        let Some(shadow) = after(&states) else { return Ok(()) };
        let desired = seen(&shadow)["state"]["desired"].clone();
        prop_assume!(desired.is_object());
        let report = json!({ "reported": desired });
        let reported = update(Some(&shadow), &report, &Limits::default()).unwrap();
        let document = seen(&reported);
        prop_assert_eq!(document["state"].get("delta"), None);
    }

    #[test]
    fn an_update_sent_again_changes_no_value(states in prop::collection::vec(state(), 1..5)) {
        let once = after(&states);
        let mut again = states.clone();
        again.extend(states.last().cloned());
        prop_assert_eq!(once.map(|shadow| seen(&shadow)["state"].clone()), after(&again).map(|shadow| seen(&shadow)["state"].clone()));
    }

    #[test]
    fn metadata_has_the_tree_of_the_state(states in prop::collection::vec(state(), 1..5)) {
        let Some(shadow) = after(&states) else { return Ok(()) };
        let document = seen(&shadow);
        let mut state = document["state"].clone();
        state.as_object_mut().unwrap().remove("delta");
        prop_assert_eq!(stamped(&state), document["metadata"].clone());
    }

    #[test]
    fn no_null_and_no_empty_section_is_kept(states in prop::collection::vec(state(), 1..5)) {
        let Some(shadow) = after(&states) else { return Ok(()) };
        let document = seen(&shadow);
        prop_assert!(!document["state"].to_string().contains("null"), "{}", document);
        for section in document["state"].as_object().unwrap().values() {
            prop_assert_ne!(section, &json!({}));
        }
    }

    #[test]
    fn the_size_limit_counts_both_sections_after_the_merge(
        states in prop::collection::vec(state(), 2..5),
        bytes_max in 0_usize..80,
    ) {
        let limits = Limits { document_bytes_max: bytes_max, ..Limits::default() };
        let mut shadow: Option<Arc<Shadow>> = None;
        for state in &states {
            let unlimited = update(shadow.as_ref(), state, &Limits::default()).unwrap();
            let limited = update(shadow.as_ref(), state, &limits);
            prop_assert_eq!(limited.is_ok(), document_bytes(&unlimited) <= bytes_max);
            shadow = limited.ok().or(shadow);
        }
    }

    #[test]
    fn no_document_makes_it_panic(document in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = apply(Before::default(), &document, NOW, &Limits::default());
    }

    #[test]
    fn no_text_that_looks_like_a_document_makes_it_panic(
        inside in "[\\[\\]{}\",:0-9.eE+\\-a-f\\\\u ntrlsu]{0,60}",
    ) {
        for document in [
            format!("{{\"state\":{inside}}}"),
            format!("{{\"state\":{{\"desired\":{{\"a\":{inside}}}}}}}"),
            format!("{{\"state\":{{}},\"version\":{inside}}}"),
        ] {
            let _ = apply(Before::default(), document.as_bytes(), NOW, &Limits::default());
        }
    }

    #[test]
    fn no_request_makes_the_service_panic(
        method in "[A-Z]{0,6}",
        target in "(/things/|/topics/|/api/things/shadow/|\\*|http://)?[ -~é%/?&=]{0,60}",
        headers in prop::collection::vec(("[A-Za-z-]{0,20}", "[ -~é]{0,80}"), 0..4),
        body in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let headers = headers.into_iter().map(|(name, value)| Header::new(name, value)).collect();
        let request = Request { method, target, version: HttpVersion::Http11, headers, body };
        let delivery = Faulty::new(FakeShadow::new(Settings::default())).handle(NOW, &request);
        prop_assert!(delivery.status.is_some_and(|status| (400..500).contains(&status)));
    }
}

/// The state with a stamp in the place of each value.
fn stamped(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, value)| (key.clone(), stamped(value))).collect()
        }
        Value::Array(items) => items.iter().map(stamped).collect(),
        _ => json!({ "timestamp": NOW.secs() }),
    }
}

#[test]
fn deep_nesting_is_refused_without_deep_recursion() {
    let deep = format!(
        "{{\"state\":{{\"desired\":{{\"a\":{}}}}}}}",
        "[".repeat(60_000) + &"]".repeat(60_000)
    );
    let refused = apply(Before::default(), deep.as_bytes(), NOW, &Limits::default());
    assert_eq!(refused, Err(ShadowError::TooDeep { levels_max: 6 }));
}
