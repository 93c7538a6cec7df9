//! A version conflict.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use crate::answer;
use crate::shadow::ShadowError;

/// Answers that the version is not the current one; the service never sees the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict;

impl Behavior for Conflict {
    const NEEDS_FAKE: Option<&'static str> = Some(
        "which versions conflict is for the real one to say, and an update with an old `version` does",
    );

    fn read(_params: &mut Params<'_>) -> Result<Self, FaultError> {
        Ok(Self)
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let conflict = ShadowError::VersionConflict { given: 0, current: 0 };
        Act::Answer(answer::shadow_error(met.request_id, &conflict))
    }
}
