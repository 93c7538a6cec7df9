//! Too many requests.

use std::collections::VecDeque;
use std::time::Duration;

use super::act::{Act, Behavior, Met};
use super::aws_error::AwsError;
use super::error::FaultError;
use super::params::Params;
use crate::clock::UnixMillis;

/// Answers 429 to all requests beyond a rate; the service never sees them. It does not end by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// How many requests pass within each second. Default: 0.
    pub rate: u32,
}

/// The span over which requests are counted.
const SPAN: Duration = Duration::from_secs(1);

impl Behavior for Throttle {
    const TIMES: Option<u32> = None;

    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let rate = params.number("rate", 0..=100_000)?.unwrap_or(0);
        Ok(Self { rate: u32::try_from(rate).unwrap_or(u32::MAX) })
    }

    fn spares(&self, passed: &mut VecDeque<UnixMillis>, now: UnixMillis) -> bool {
        while passed.front().is_some_and(|at| at.after(SPAN) <= now) {
            passed.pop_front();
        }
        let has_room = passed.len() < usize::try_from(self.rate).unwrap_or(usize::MAX);
        if has_room {
            passed.push_back(now);
        }
        has_room
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        Act::Answer(AwsError::THROTTLING.response(met))
    }
}
