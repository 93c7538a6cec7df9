//! An early end.

use super::act::{Act, Behavior, Elsewhere, Met, Moment};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// Ends the connection in order (FIN), too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// When. Default: when the request has been read.
    pub at: Moment,
}

impl Behavior for Close {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        Ok(Self { at: params.choice("at", &Moment::NAMES)?.unwrap_or_default() })
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        self.at.end_early_with(WireStep::Close)
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        self.at.end_with(WireStep::Close)
    }
}
