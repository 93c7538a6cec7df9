//! A version that is not the shadow's.

use serde_json::{Value, json};

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, bad};

/// Moves the version in the answer, as if the document were stale or from the future. The shadow itself stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShadowVersion {
    /// By how much; the version does not go below 0. Default: -1.
    pub by: i64,
}

impl Behavior for ShadowVersion {
    const NEEDS_FAKE: Option<&'static str> =
        Some("which version a shadow has is for the real one to say");

    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let Some((key, by)) = params.main("by") else { return Ok(Self { by: -1 }) };
        let by = by.as_i64().ok_or_else(|| bad(key, by, "a whole number, as -3"))?;
        Ok(Self { by })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let by = self.by;
        change_document(move |document| {
            if let Some(version) = document["version"].as_u64() {
                document["version"] = json!(version.saturating_add_signed(by));
            }
        })
    }
}

/// Changes the document in a good answer; any other answer stays as it is.
pub(super) fn change_document(change: impl FnOnce(&mut Value) + Send + 'static) -> Act {
    Act::change(|answer| {
        if answer.status != 200 {
            return;
        }
        if let Ok(mut document @ Value::Object(_)) = serde_json::from_slice(&answer.body) {
            change(&mut document);
            answer.set_body(document.to_string().into_bytes());
        }
    })
}
