//! A shadow that is not there.

use super::act::{Act, Behavior, Met};
use super::aws_error::AwsError;
use super::error::FaultError;
use super::params::Params;
use crate::answer;
use crate::shadow::ShadowError;

/// Answers that there is no such shadow; the service never sees the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShadowMissing;

impl Behavior for ShadowMissing {
    const NEEDS_FAKE: Option<&'static str> = Some(
        "which shadows there are is for the real one to say, and `delete-shadow` takes one away",
    );

    fn read(_params: &mut Params<'_>) -> Result<Self, FaultError> {
        Ok(Self)
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        match met.shadow() {
            Some(shadow) => {
                let missing = ShadowError::NotFound { shadow: shadow.clone() };
                Act::Answer(answer::shadow_error(met.request_id, &missing))
            }
            None => Act::Answer(AwsError::RESOURCE_NOT_FOUND.response(met)),
        }
    }
}
