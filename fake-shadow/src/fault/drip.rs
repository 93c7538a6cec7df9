//! An answer in drops.

use std::time::Duration;

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, duration, number};
use crate::message::WireStep;

/// Sends the answer a few bytes at a time. The service does at once what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drip {
    /// How many bytes at a time, from 1. Default: 1.
    pub bytes: usize,
    /// How long it rests between two of them. Default: 100 ms.
    pub every: Duration,
}

impl Behavior for Drip {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let bytes =
            params.take("bytes").map(|value| number("bytes", value, &(1..=65536))).transpose()?;
        let every = params.take("every").map(|value| duration("every", value)).transpose()?;
        Ok(Self {
            bytes: bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(1),
            every: every.unwrap_or(Duration::from_millis(100)),
        })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let Self { bytes, every } = *self;
        Act::spoil(move |answer| in_pieces(&answer.bytes(), bytes, every))
    }
}

/// Sends bytes in pieces of a length, resting between two.
pub(super) fn in_pieces(bytes: &[u8], piece_bytes: usize, every: Duration) -> Vec<WireStep> {
    let mut steps = Vec::new();
    for piece in bytes.chunks(piece_bytes.max(1)) {
        if !steps.is_empty() {
            steps.push(WireStep::Wait(every));
        }
        steps.push(WireStep::Send(piece.to_vec()));
    }
    steps
}
