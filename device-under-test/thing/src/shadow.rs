//! A shadow document as a device sees it: what is desired, what it reported, and when.

use crate::json::{JsonError, Kind, Object, Value, parse};

/// Why an answer is no shadow.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ShadowError {
    /// It is JSON, but not an object.
    NotAnObject,
    /// It is not JSON.
    NotJson(JsonError),
    /// A section of the state is there, but is no object.
    SectionNotAnObject { section: &'static str },
    /// It has no object named `state`.
    StateMissing,
}

/// The sections of a shadow. One that is missing is empty: nobody ever wrote to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shadow<'a> {
    pub(crate) desired: Object<'a>,
    pub(crate) reported: Object<'a>,
    desired_times: Object<'a>,
    reported_times: Object<'a>,
}

impl<'a> Shadow<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, ShadowError> {
        let document = parse(bytes).map_err(ShadowError::NotJson)?;
        let document = document.object().ok_or(ShadowError::NotAnObject)?;
        let state = document.get_object("state").ok_or(ShadowError::StateMissing)?;
        let times = document.get_object("metadata").unwrap_or(Object::EMPTY);
        Ok(Self {
            desired: section(state, "desired")?,
            reported: section(state, "reported")?,
            desired_times: times.get_object("desired").unwrap_or(Object::EMPTY),
            reported_times: times.get_object("reported").unwrap_or(Object::EMPTY),
        })
    }

    /// When this key was last desired, in seconds since 1970 by the server's clock.
    pub(crate) fn desired_at_s(&self, key: &str) -> Option<u64> {
        timestamp(self.desired_times.get(key)?)
    }

    /// When this key was last reported, likewise.
    pub(crate) fn reported_at_s(&self, key: &str) -> Option<u64> {
        timestamp(self.reported_times.get(key)?)
    }

    /// When anything was last reported, likewise.
    pub(crate) fn last_reported_at_s(&self) -> Option<u64> {
        self.reported_times.members().filter_map(|(_, entry)| timestamp(entry)).max()
    }
}

fn section<'a>(state: Object<'a>, name: &'static str) -> Result<Object<'a>, ShadowError> {
    match state.get(name) {
        None => Ok(Object::EMPTY),
        Some(value) if value.kind() == Kind::Null => Ok(Object::EMPTY),
        Some(value) => value.object().ok_or(ShadowError::SectionNotAnObject { section: name }),
    }
}

fn timestamp(entry: Value<'_>) -> Option<u64> {
    u64::try_from(entry.object()?.get("timestamp")?.integer()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Result<(), ShadowError>) {
        assert_eq!(Shadow::parse(document.as_bytes()).map(|_| ()), expected, "{document}");
    }

    #[test]
    fn a_missing_section_is_empty() {
        check("{\"state\":{}}", Ok(()));
        check("{\"state\":{\"desired\":null}}", Ok(()));
        check("{\"state\":{\"reported\":{\"a\":1}},\"metadata\":7}", Ok(()));
    }

    #[test]
    fn what_is_no_shadow_is_told_why() {
        check("[]", Err(ShadowError::NotAnObject));
        check("", Err(ShadowError::NotJson(JsonError::Ended)));
        check("{\"message\":\"x\"}", Err(ShadowError::StateMissing));
        check("{\"state\":null}", Err(ShadowError::StateMissing));
        check("{\"state\":{\"desired\":[1]}}", {
            Err(ShadowError::SectionNotAnObject { section: "desired" })
        });
    }

    #[test]
    fn times_are_found_where_there_are_any() {
        let shadow = Shadow::parse(
            br#"{"state":{"desired":{"signal":2}},"metadata":{
                "desired":{"signal":{"timestamp":10},"deep":{"a":{"timestamp":1}},"odd":{"timestamp":-1}},
                "reported":{"signal":{"timestamp":7},"status":{"timestamp":9},"list":[{"timestamp":99}]}}}"#,
        )
        .unwrap();
        assert_eq!(shadow.desired_at_s("signal"), Some(10));
        assert_eq!(shadow.desired_at_s("deep"), None);
        assert_eq!(shadow.desired_at_s("odd"), None);
        assert_eq!(shadow.reported_at_s("signal"), Some(7));
        assert_eq!(shadow.last_reported_at_s(), Some(9));
    }
}
