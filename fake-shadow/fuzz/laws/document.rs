//! The laws of documents hold for any bytes: the version counts, what is shown is JSON, and the same update twice changes nothing.
use fake_shadow::clock::UnixMillis;
use fake_shadow::shadow::{Before, Limits, apply, get_document};
use serde_json::Value;
use serde_json::value::RawValue;

const NOW: UnixMillis = UnixMillis::from_secs(1_767_323_045);

/// Panics where the law is broken.
pub(crate) fn check(bytes: &[u8]) {
    let limits = Limits::default();
    let Ok(first) = apply(Before::default(), bytes, NOW, &limits) else { return };
    assert_eq!(first.shadow.version(), 1);
    let shown = get_document(&first.shadow, NOW.secs());
    let _: &RawValue = serde_json::from_slice(&shown).expect("a document is JSON");
    assert_eq!(first.has_delta(), first.delta().is_some());
    assert_eq!(first.documents()["previous"], Value::Null);

    let before = Before { shadow: Some(&first.shadow), version: first.shadow.version() };
    match apply(before, bytes, NOW, &limits) {
        Ok(second) => {
            assert_eq!(second.shadow.version(), 2);
            let state = |applied: &fake_shadow::shadow::Applied| {
                applied.documents()["current"]["state"].to_string()
            };
            assert_eq!(
                state(&first),
                state(&second),
                "an update that came twice changed something"
            );
        }
        // Only a version can be wrong now.
        Err(error) => assert_eq!(error.status(), 409, "{error}"),
    }
}
