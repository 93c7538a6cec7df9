//! The request document of an update, checked.

use serde_json::value::RawValue;

use super::error::ShadowError;
use super::limits::{CLIENT_TOKEN_BYTES_MAX, Limits};
use crate::json::{Json, JsonError, RawObject, parse, read};
use crate::members::Members;

/// The most that a limit of levels can be: documents are read level by level on the stack.
const LEVELS_CEILING: usize = 64;

/// An update that is well-formed; whether it fits the shadow is seen when it is applied.
#[derive(Debug, PartialEq)]
pub(super) struct UpdateRequest {
    pub(super) state: SentState,
    pub(super) client_token: Option<String>,
    pub(super) version: Option<u64>,
}

/// What stood under `state`.
#[derive(Debug, PartialEq)]
pub(super) enum SentState {
    /// `null`: both sections are cleared.
    Null,
    /// The sections in the order sent, each an object or `null`.
    Sections(Members<Json>),
}

impl SentState {
    /// The value as it was sent.
    pub(super) fn into_json(self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Sections(sections) => Json::Object(sections),
        }
    }
}

impl UpdateRequest {
    /// Reads a request document. The checks run in this order, and the first that fails is the answer: encoding,
    /// syntax, `state`, its nodes, depth, `clientToken`, `version`.
    pub(super) fn read(document: &[u8], limits: &Limits) -> Result<Self, ShadowError> {
        let text = std::str::from_utf8(document).map_err(|_| ShadowError::NotUtf8)?;
        // A document that is no object has no `state`: live answers to `66` say so.
        if !text.trim_ascii_start().starts_with('{') {
            let read = parse::<&RawValue>(text).map_err(|error| refusal(error, limits));
            return read.and(Err(ShadowError::MissingState));
        }
        let RawObject(members) = parse(text).map_err(|error| refusal(error, limits))?;
        let state = members.get("state").ok_or(ShadowError::MissingState)?;
        Ok(Self {
            state: read_state(state, limits)?,
            client_token: members.get("clientToken").map(|raw| read_token(raw)).transpose()?,
            version: members.get("version").map(|raw| read_version(raw)).transpose()?,
        })
    }
}

fn read_state(raw: &RawValue, limits: &Limits) -> Result<SentState, ShadowError> {
    match raw.get().as_bytes().first() {
        Some(b'n') => return Ok(SentState::Null),
        Some(b'{') => {}
        _ => return Err(ShadowError::StateNotObject),
    }
    let RawObject(nodes) = parse(raw.get()).map_err(|error| refusal(error, limits))?;
    for (key, node) in &nodes {
        let object_or_null = node.get().starts_with(['{', 'n']);
        match key.as_str() {
            "desired" if object_or_null => {}
            "desired" => return Err(ShadowError::DesiredNotObject),
            "reported" if object_or_null => {}
            "reported" => return Err(ShadowError::ReportedNotObject),
            _ => return Err(ShadowError::UnknownNode { key: key.to_string() }),
        }
    }
    let mut sections = Members::new();
    for (key, node) in nodes {
        let levels_max = limits.levels_max.min(LEVELS_CEILING);
        let section = read(node, levels_max).map_err(|error| refusal(error, limits))?;
        refuse_null_in_arrays(&section, &key)?;
        sections.insert(key, section);
    }
    Ok(SentState::Sections(sections))
}

/// "Arrays can't have null values": developer guide, "Device Shadow service documents".
fn refuse_null_in_arrays(value: &Json, key: &str) -> Result<(), ShadowError> {
    match value {
        Json::Object(members) => {
            members.iter().try_for_each(|(key, value)| refuse_null_in_arrays(value, key))
        }
        Json::Array(items) if items.contains(&Json::Null) => {
            Err(ShadowError::ArrayHoldsNull { key: key.to_owned() })
        }
        Json::Array(items) => items.iter().try_for_each(|item| refuse_null_in_arrays(item, key)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => Ok(()),
    }
}

fn read_token(raw: &RawValue) -> Result<String, ShadowError> {
    match read(raw, 0) {
        Ok(Json::Text(token)) if token.len() <= CLIENT_TOKEN_BYTES_MAX => Ok(token.into()),
        _ => Err(ShadowError::InvalidClientToken),
    }
}

fn read_version(raw: &RawValue) -> Result<u64, ShadowError> {
    match read(raw, 0) {
        Ok(Json::Number(number)) => number.as_version().ok_or(ShadowError::InvalidVersion),
        _ => Err(ShadowError::InvalidVersion),
    }
}

fn refusal(error: JsonError, limits: &Limits) -> ShadowError {
    match error {
        JsonError::Syntax(reason) => ShadowError::InvalidJson { reason },
        JsonError::TooDeep => ShadowError::TooDeep { levels_max: limits.levels_max },
    }
}
