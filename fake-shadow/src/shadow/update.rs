//! An update: the shadow before and a request document in, the shadow after and the messages about it out.

use serde_json::Value;

use super::delta::delta;
use super::document::{Section, Shadow, state_of};
use super::error::ShadowError;
use super::limits::Limits;
use super::merge::merge;
use super::metadata;
use super::request::{SentState, UpdateRequest};
use crate::clock::UnixMillis;
use crate::json::Json;

/// What an update meets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before<'a> {
    /// The shadow, if there is one.
    pub shadow: Option<&'a Shadow>,
    /// The current version: the shadow's, or one more than that of a shadow deleted within 48 h, or 0.
    pub version: u64,
}

/// What an accepted update made.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The shadow after it.
    pub shadow: Shadow,
    pub(crate) accepted: Json,
    pub(crate) documents: Json,
    pub(crate) delta: Option<Json>,
}

impl Applied {
    /// What was sent, with its times: the answer over REST, and `update/accepted`.
    #[must_use]
    pub fn accepted(&self) -> Value {
        Value::from(&self.accepted)
    }

    /// The document before and after: `update/documents`.
    #[must_use]
    pub fn documents(&self) -> Value {
        Value::from(&self.documents)
    }

    /// What is desired and not reported, if anything: `update/delta`.
    #[must_use]
    pub fn delta(&self) -> Option<Value> {
        self.delta.as_ref().map(Value::from)
    }
}

/// Applies an update to a shadow, or creates the shadow.
///
/// # Errors
/// [`ShadowError`] says which rule was broken; then nothing changes.
pub fn apply(
    before: Before<'_>,
    document: &[u8],
    now: UnixMillis,
    limits: &Limits,
) -> Result<Applied, ShadowError> {
    let request = UpdateRequest::read(document, limits)?;
    if let Some(given) = request.version.filter(|given| *given != before.version) {
        return Err(ShadowError::VersionConflict { given, current: before.version });
    }
    let shadow = merged(before, &request.state, now.secs());
    let bytes = shadow.document_bytes();
    if bytes > limits.document_bytes_max {
        return Err(ShadowError::DocumentTooLarge { bytes, bytes_max: limits.document_bytes_max });
    }
    Ok(announce(before.shadow, shadow, request, now.secs()))
}

fn merged(before: Before<'_>, sent: &SentState, now_secs: i64) -> Shadow {
    let (mut desired, mut reported) = before
        .shadow
        .map_or_else(Default::default, |shadow| (shadow.desired.clone(), shadow.reported.clone()));
    let update = |section: &mut Section, sent: Option<&Json>| match sent {
        Some(Json::Object(members)) => merge(section, members, now_secs),
        Some(_) => section.clear(),
        None => {}
    };
    match sent {
        SentState::Null => (desired, reported) = Default::default(),
        SentState::Sections(sections) => {
            update(&mut desired, sections.get("desired"));
            update(&mut reported, sections.get("reported"));
        }
    }
    Shadow { desired, reported, version: before.version.saturating_add(1) }
}

/// The three messages about an update, their keys in the order of captured ones.
fn announce(
    before: Option<&Shadow>,
    after: Shadow,
    request: UpdateRequest,
    now_secs: i64,
) -> Applied {
    let UpdateRequest { state, client_token, .. } = request;
    let with_token = |mut message: Json| {
        if let (Json::Object(members), Some(token)) = (&mut message, &client_token) {
            members.insert("clientToken".to_owned(), Json::text(token));
        }
        message
    };
    let sent = state.into_json();
    let metadata = metadata::of_sent(&sent, now_secs);
    let accepted = with_token(Json::object([
        ("state", sent),
        ("metadata", metadata),
        ("version", Json::integer(after.version)),
        ("timestamp", Json::integer(now_secs)),
    ]));
    let documents = with_token(Json::object([
        ("previous", before.map_or(Json::Null, snapshot)),
        ("current", snapshot(&after)),
        ("timestamp", Json::integer(now_secs)),
    ]));
    let difference = delta(&after.desired, &after.reported);
    let delta = (!difference.is_empty()).then(|| {
        with_token(Json::object([
            ("version", Json::integer(after.version)),
            ("timestamp", Json::integer(now_secs)),
            ("state", state_of(&difference)),
            ("metadata", metadata::of(&difference)),
        ]))
    });
    Applied { shadow: after, accepted, documents, delta }
}

fn snapshot(shadow: &Shadow) -> Json {
    let (state, metadata) = shadow.state_and_metadata();
    Json::object([
        ("state", Json::Object(state)),
        ("metadata", Json::Object(metadata)),
        ("version", Json::integer(shadow.version)),
    ])
}
