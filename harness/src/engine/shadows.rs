//! The latest documents of the shadows of a case.

use std::collections::BTreeMap;

use serde_json::Value;

/// The latest document of each shadow, as a GET answers it; the classic one has no name, one that is gone no document.
pub type Shadows = BTreeMap<Option<String>, Option<Value>>;

/// The version in a document.
#[must_use]
pub fn version(document: &Value) -> Option<u64> {
    document.get("version")?.as_u64()
}

/// Takes in a change. What the device changed may be told behind what a step changed after it; then it is known already.
pub fn take_in(shadows: &mut Shadows, name: &Option<String>, document: &Option<Value>) {
    let known = shadows.get(name).and_then(|known| known.as_ref().and_then(version));
    if document.as_ref().is_none_or(|document| version(document) >= known) {
        shadows.insert(name.clone(), document.clone());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_overtaken_is_not_taken_for_the_latest() {
        let mut shadows = Shadows::new();
        let mut check = |document: Option<Value>, expected: Option<u64>| {
            take_in(&mut shadows, &None, &document);
            assert_eq!(shadows[&None].as_ref().and_then(version), expected);
        };
        check(Some(json!({ "version": 2 })), Some(2));
        check(Some(json!({ "version": 4 })), Some(4));
        check(Some(json!({ "version": 3 })), Some(4));
        check(None, None);
        check(Some(json!({ "version": 5 })), Some(5));
    }
}
