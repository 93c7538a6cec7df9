//! The parameters of a fault, taken one by one; what is left over is a mistake.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value;

use super::error::FaultError;
use crate::clock::parse_signed_duration;

/// Keys and values that nobody has taken yet.
pub(super) struct Params<'a> {
    kind: &'static str,
    members: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Params<'a> {
    pub(super) const fn new(kind: &'static str, members: BTreeMap<&'a str, &'a Value>) -> Self {
        Self { kind, members }
    }

    pub(super) fn take(&mut self, key: &str) -> Option<&'a Value> {
        self.members.remove(key)
    }

    /// The value that may also stand behind the kind itself, as in `truncate: 60%`.
    pub(super) fn main(&mut self, key: &'static str) -> Option<(&'static str, &'a Value)> {
        let kind = self.kind;
        match self.take(key) {
            Some(value) => Some((key, value)),
            None => self.take(kind).map(|value| (kind, value)),
        }
    }

    pub(super) fn needed<T>(&self, key: &'static str, value: Option<T>) -> Result<T, FaultError> {
        value.ok_or(FaultError::Missing { kind: self.kind, key })
    }

    /// One of some names.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        names: &[(&str, T)],
    ) -> Result<Option<T>, FaultError> {
        self.main(key).map(|(key, value)| one_of(key, value, names)).transpose()
    }

    pub(super) fn duration(&mut self, key: &'static str) -> Result<Option<Duration>, FaultError> {
        self.main(key).map(|(key, value)| duration(key, value)).transpose()
    }

    /// A whole number in a range.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, FaultError> {
        self.main(key).map(|(key, value)| number(key, value, &range)).transpose()
    }

    pub(super) fn finish(self) -> Result<(), FaultError> {
        match self.members.into_keys().next() {
            None => Ok(()),
            Some(key) => Err(FaultError::UnknownKey { kind: self.kind, key: key.to_owned() }),
        }
    }
}

pub(super) fn one_of<T: Copy>(
    key: &str,
    value: &Value,
    names: &[(&str, T)],
) -> Result<T, FaultError> {
    names.iter().find(|(name, _)| value == name).map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        bad(key, value, format!("one of {}", names.join(", ")))
    })
}

pub(super) fn duration(key: &str, value: &Value) -> Result<Duration, FaultError> {
    signed_duration(key, value)?
        .try_into()
        .map_err(|_| bad(key, value, "a duration from zero with its unit, as 250ms or 2m30s"))
}

pub(super) fn signed_duration(key: &str, value: &Value) -> Result<SignedDuration, FaultError> {
    let text = value.as_str().unwrap_or_default();
    parse_signed_duration(text)
        .ok_or_else(|| bad(key, value, "a duration with its unit, as 250ms or 2m30s"))
}

pub(super) fn number(
    key: &str,
    value: &Value,
    range: &std::ops::RangeInclusive<u64>,
) -> Result<u64, FaultError> {
    value.as_u64().filter(|number| range.contains(number)).ok_or_else(|| {
        bad(key, value, format!("a whole number from {} to {}", range.start(), range.end()))
    })
}

pub(super) fn bad(key: &str, value: &Value, expected: impl Into<String>) -> FaultError {
    FaultError::BadValue {
        key: key.to_owned(),
        value: value.to_string(),
        expected: expected.into(),
    }
}
