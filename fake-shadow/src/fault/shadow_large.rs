//! A shadow as large as may be.

use serde_json::{Value, json};

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use super::shadow_version::change_document;
use crate::answer;
use crate::operation::Operation;
use crate::shadow::ShadowError;

/// The answer to a GET holds a document of `bytes`; anything else is refused as too large and never seen by the service.
///
/// Few small devices can read the 8 KB that a shadow may have, and its metadata beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShadowLarge {
    /// The length of a text put into `reported`, under the key `filler`. Default: the limit of documents.
    pub bytes: Option<usize>,
}

impl Behavior for ShadowLarge {
    const NEEDS_FAKE: Option<&'static str> =
        Some("what its shadows hold is for the real one to say");

    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let bytes = params.number("bytes", 1..=1024 * 1024)?;
        Ok(Self { bytes: bytes.and_then(|bytes| usize::try_from(bytes).ok()) })
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let bytes = self.bytes.unwrap_or(met.limits.document_bytes_max);
        if matches!(met.operation, Some(Operation::GetThingShadow(_))) {
            return change_document(move |document| {
                let filler = Value::String("x".repeat(bytes));
                document["state"]["reported"]["filler"] = filler;
                document["metadata"]["reported"]["filler"] =
                    json!({ "timestamp": document["timestamp"] });
            });
        }
        let error =
            ShadowError::DocumentTooLarge { bytes, bytes_max: met.limits.document_bytes_max };
        Act::Answer(answer::shadow_error(met.request_id, &error))
    }
}
