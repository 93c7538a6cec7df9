//! A status without its words.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;

/// Ends the status line behind the status, as `HTTP/1.1 200`, without even the space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoReasonPhrase;

impl Behavior for NoReasonPhrase {
    fn read(_params: &mut Params<'_>) -> Result<Self, FaultError> {
        Ok(Self)
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::change(|answer| answer.reason = None)
    }
}
