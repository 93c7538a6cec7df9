//! An update: the shadow before and a request document in, the shadow after and the messages about it out.

use std::sync::Arc;

use serde_json::Value;

use super::delta::{delta, differs};
use super::document::{Node, Section, Shadow, state_of};
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
    sent: Json,
    client_token: Option<String>,
    at_secs: i64,
}

impl Applied {
    /// What was sent, with its times: the answer over REST, and `update/accepted`.
    #[must_use]
    pub fn accepted(&self) -> Value {
        let accepted = Json::object([
            ("state", self.sent.clone()),
            ("metadata", metadata::of_sent(&self.sent, self.at_secs)),
            ("version", Json::integer(self.shadow.version)),
            ("timestamp", Json::integer(self.at_secs)),
        ]);
        Value::from(&with_token(accepted, self.client_token.as_deref()))
    }

    /// As [`Applied::accepted`], written straight.
    pub(crate) fn accepted_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(ACCEPTED_BYTES_USUAL);
        out.extend_from_slice(br#"{"state":"#);
        self.sent.write_compact(&mut out);
        out.extend_from_slice(br#","metadata":"#);
        metadata::write_stamps(&self.sent, self.at_secs, &mut out);
        metadata::write_end(self.shadow.version, self.at_secs, &mut out);
        if let Some(token) = &self.client_token {
            out.extend_from_slice(br#","clientToken":"#);
            Json::text(token).write_compact(&mut out);
        }
        out.push(b'}');
        out
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

/// Bytes that most answers to an update fit in.
const ACCEPTED_BYTES_USUAL: usize = 512;

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
    let update = |section: &mut Arc<Section>, sent: Option<&Json>| match sent {
        Some(Json::Object(members)) => {
            let section = Arc::make_mut(section);
            merge(section, members, now_secs);
            shrink(section);
        }
        Some(_) => *section = Arc::default(),
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

/// Gives back what merging took too much: shadows are many, and most rest.
fn shrink(section: &mut Section) {
    section.each_mut(|node| {
        if let Node::Object(inner) = node {
            shrink(inner);
        }
    });
    section.shrink();
}

fn accept(
    before: Option<&Arc<Shadow>>,
    after: Shadow,
    request: UpdateRequest,
    at_secs: i64,
) -> Applied {
    let UpdateRequest { state, client_token, .. } = request;
    let sent = state.into_json();
    Applied { shadow: Arc::new(after), before: before.cloned(), sent, client_token, at_secs }
}

/// A message, its keys in the order of captured ones, with the token of the request that it answers, if that had one.
fn with_token(mut message: Json, client_token: Option<&str>) -> Json {
    if let (Json::Object(members), Some(token)) = (&mut message, client_token) {
        members.insert("clientToken".into(), Json::text(token));
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered says what is published about it, key by key in the same order.
    fn check(document: &str) {
        let at = UnixMillis::from_secs(1_767_323_045);
        let applied = apply(Before::default(), document.as_bytes(), at, &Limits::default());
        let applied = applied.unwrap();
        let answered = String::from_utf8(applied.accepted_bytes()).unwrap();
        assert_eq!(answered, applied.accepted().to_string(), "{document}");
    }

    #[test]
    fn the_answer_to_an_update_is_what_is_published_about_it() {
        check(
            r#"{"state":{"reported":{"a":{"b":[1,{"c":"é\n"}],"d":{}},"n":null}},"clientToken":"\""}"#,
        );
        check(r#"{"state":{"desired":null,"reported":{}}}"#);
        check(r#"{"state":null}"#);
    }
}
