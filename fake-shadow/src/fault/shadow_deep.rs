//! A shadow nested too deep.

use serde_json::{Value, json};

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use super::shadow_version::change_document;
use crate::answer;
use crate::operation::Operation;
use crate::shadow::ShadowError;

/// The answer to a GET holds a document that is nested `levels` deep; anything else is refused as too deep and never seen
/// by the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShadowDeep {
    /// How many objects stand inside each other under the key `filler` of `reported`, 1 to 100. Default: one more than
    /// the service would take.
    pub levels: Option<usize>,
}

impl Behavior for ShadowDeep {
    const NEEDS_FAKE: Option<&'static str> =
        Some("what its shadows hold is for the real one to say");

    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let levels = params.number("levels", 1..=100)?;
        Ok(Self { levels: levels.and_then(|levels| usize::try_from(levels).ok()) })
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let levels_max = met.limits.levels_max;
        let levels = self.levels.unwrap_or(levels_max);
        if matches!(met.operation, Some(Operation::GetThingShadow(_))) {
            return change_document(move |document| {
                let nested = |innermost: Value| {
                    (0..levels).fold(innermost, |inner, _| json!({ "a": inner }))
                };
                document["state"]["reported"]["filler"] = nested(json!(1));
                let stamp = json!({ "timestamp": document["timestamp"] });
                document["metadata"]["reported"]["filler"] = nested(stamp);
            });
        }
        Act::Answer(answer::shadow_error(met.request_id, &ShadowError::TooDeep { levels_max }))
    }
}
