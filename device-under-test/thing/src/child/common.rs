//! What every kind has: `sleep`, and tests that are asked for by name.

use crate::json::{Object, Value};
use crate::kind::{Begun, Current, Operation, Param, Request, Test, refusal};
use crate::limits::{SLEEP_S_MAX, SLEEP_S_MIN};
use crate::state::{Params, Status};

/// The params of every kind.
pub(crate) static PARAMS: &[Param] = &[
    Param {
        key: "sleep",
        current: |params| Current::Integer(i64::from(params.sleep_s)),
        adopt: |params, value| {
            if let Some(sleep_s) = sleep_s(value) {
                params.sleep_s = sleep_s;
            }
        },
    },
    Param {
        key: "test",
        current: |params| Current::Text(params.test.as_str()),
        adopt: |params, value| {
            if let Some(name) = value.string().and_then(|string| string.text()) {
                params.test = name;
            }
        },
    },
    Param {
        key: "test_param",
        current: |params| Current::Integer(params.test_param),
        adopt: |params, value| params.test_param = value.integer().unwrap_or(params.test_param),
    },
];

/// The operation that runs a test when `test` or `test_param` changes.
pub(crate) const TEST: Operation =
    Operation { key: "test", inputs: &["test_param"], is_due: test_is_due, begin: begin_test };

/// The test that every kind passes.
pub(crate) const NONE: Test =
    Test { name: "none", begin: |_| Begun::Done(Status::of(&["pass: test 'none'"])) };

/// A length of sleep, if it is one.
pub(crate) fn sleep_s(value: Value<'_>) -> Option<u16> {
    let sleep_s = value.integer_within(i64::from(SLEEP_S_MIN), i64::from(SLEEP_S_MAX))?;
    u16::try_from(sleep_s).ok()
}

/// The status for a `sleep` that is none.
pub(crate) fn sleep_refusal(value: Value<'_>) -> Status {
    const { assert!(SLEEP_S_MIN == 5 && SLEEP_S_MAX == 600, "the text names the bounds") };
    refusal("sleep", Some(value), &["not a whole number from 5 to 600"])
}

fn test_is_due(params: &Params, desired: Object<'_>) -> bool {
    let is_other_test =
        desired.get("test").is_some_and(|value| !Current::Text(params.test.as_str()).is(value));
    let is_other_param =
        desired.get("test_param").is_some_and(|value| value.integer() != Some(params.test_param));
    is_other_test || is_other_param
}

fn begin_test(request: &mut Request<'_>) -> Begun {
    let Some(test) = request.desired.get("test") else {
        let param = request.desired.get("test_param");
        return Begun::Refused(refusal("test_param", param, &["test is missing"]));
    };
    let Some(name) = test.string().and_then(|string| string.text()) else {
        return Begun::Refused(refusal("test", Some(test), &["not a text of at most 32 bytes"]));
    };
    let param = match request.desired.get("test_param") {
        None => Some(0),
        Some(value) => value.integer(),
    };
    let Some(param) = param else {
        let value = request.desired.get("test_param");
        return Begun::Refused(refusal("test_param", value, &["not a whole number"]));
    };
    request.params.test = name;
    request.params.test_param = param;
    match request.kind.tests.iter().find(|test| test.name == name.as_str()) {
        Some(test) => (test.begin)(request),
        None => Begun::Done(Status::of(&["Unrecognized test: ", name.as_str()])),
    }
}
