//! Nobody listens.

use super::act::{Act, Behavior, Elsewhere, Met, OnConnect};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// Refuses the connection, as if nobody listened.
///
/// A socket that listens cannot refuse a single connection: there the connection is made and reset at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refuse;

impl Behavior for Refuse {
    fn read(_params: &mut Params<'_>) -> Result<Self, FaultError> {
        Ok(Self)
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Some(Elsewhere::Connect(OnConnect::Refuse))
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::Sever(vec![WireStep::Reset])
    }
}
