//! A clock that is off for one request.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, signed_duration};

/// The cloud's clock is off for one request: its `Date`, its time stamps and its window for signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skew {
    /// How far it is ahead, in milliseconds; below zero it is behind.
    pub by_ms: i64,
}

impl Behavior for Skew {
    const NEEDS_FAKE: Option<&'static str> = Some("the clock of the real one cannot be moved");

    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let main = params.main("by");
        let (key, by) = params.needed("by", main)?;
        let by = signed_duration(key, by)?.as_millis();
        Ok(Self { by_ms: i64::try_from(by).unwrap_or(if by < 0 { i64::MIN } else { i64::MAX }) })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::Shift(self.by_ms)
    }
}
