//! An update: the shadow before and a request document in, the shadow after and the messages about it out.

use std::sync::Arc;

use serde_json::Value;

use super::delta::{delta, differs};
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
    pub shadow: Option<&'a Arc<Shadow>>,
    /// The current version: the shadow's, or one more than that of a shadow deleted within 48 h, or 0.
    pub version: u64,
}

/// What an accepted update made. The messages that most updates are published to nobody with are put together when they
/// are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The shadow after it.
    pub shadow: Arc<Shadow>,
    before: Option<Arc<Shadow>>,
    accepted: Json,
    client_token: Option<String>,
    at_secs: i64,
}

impl Applied {
    /// What was sent, with its times: the answer over REST, and `update/accepted`.
    #[must_use]
    pub fn accepted(&self) -> Value {
        Value::from(&self.accepted)
    }

    /// As [`Applied::accepted`], as bytes.
    pub(crate) fn accepted_bytes(&self) -> Vec<u8> {
        self.accepted.to_compact()
    }

    /// The document before and after: `update/documents`.
    #[must_use]
    pub fn documents(&self) -> Value {
        let documents = Json::object([
            ("previous", self.before.as_deref().map_or(Json::Null, snapshot)),
            ("current", snapshot(&self.shadow)),
            ("timestamp", Json::integer(self.at_secs)),
        ]);
        Value::from(&with_token(documents, self.client_token.as_deref()))
    }

    /// Whether something is desired and not reported.
    #[must_use]
    pub fn has_delta(&self) -> bool {
        differs(&self.shadow.desired, &self.shadow.reported)
    }

    /// What is desired and not reported, if anything: `update/delta`.
    #[must_use]
    pub fn delta(&self) -> Option<Value> {
        let difference = delta(&self.shadow.desired, &self.shadow.reported);
        let message = (!difference.is_empty()).then(|| {
            Json::object([
                ("version", Json::integer(self.shadow.version)),
                ("timestamp", Json::integer(self.at_secs)),
                ("state", state_of(&difference)),
                ("metadata", metadata::of(&difference)),
            ])
        })?;
        Some(Value::from(&with_token(message, self.client_token.as_deref())))
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
    Ok(accept(before.shadow, shadow, request, now.secs()))
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

/// The keys of the messages are in the order of captured ones.
fn accept(
    before: Option<&Arc<Shadow>>,
    after: Shadow,
    request: UpdateRequest,
    at_secs: i64,
) -> Applied {
    let UpdateRequest { state, client_token, .. } = request;
    let sent = state.into_json();
    let metadata = metadata::of_sent(&sent, at_secs);
    let accepted = Json::object([
        ("state", sent),
        ("metadata", metadata),
        ("version", Json::integer(after.version)),
        ("timestamp", Json::integer(at_secs)),
    ]);
    let accepted = with_token(accepted, client_token.as_deref());
    Applied { shadow: Arc::new(after), before: before.cloned(), accepted, client_token, at_secs }
}

/// A message with the token of the request that it answers, if that had one.
fn with_token(mut message: Json, client_token: Option<&str>) -> Json {
    if let (Json::Object(members), Some(token)) = (&mut message, client_token) {
        members.insert("clientToken".to_owned(), Json::text(token));
    }
    message
}

fn snapshot(shadow: &Shadow) -> Json {
    let (state, metadata) = shadow.state_and_metadata();
    Json::object([
        ("state", Json::Object(state)),
        ("metadata", Json::Object(metadata)),
        ("version", Json::integer(shadow.version)),
    ])
}
