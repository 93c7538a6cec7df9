//! A slow line.

use std::time::Duration;

use super::act::{Act, Behavior, Met};
use super::drip::in_pieces;
use super::error::FaultError;
use super::params::Params;

/// Sends the answer at a rate. The service does at once what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bandwidth {
    /// Bytes in a second, from 1.
    pub rate: u32,
}

/// How many pieces a second of a rate above this many bytes is sent in.
const PIECES_PER_SECOND: u32 = 20;

impl Behavior for Bandwidth {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let rate = params.number("rate", 1..=1_000_000_000)?;
        let rate = params.needed("rate", rate)?;
        Ok(Self { rate: u32::try_from(rate).unwrap_or(u32::MAX) })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let rate = self.rate.max(1);
        let piece_bytes = (rate / PIECES_PER_SECOND).max(1);
        let every = Duration::from_secs(1) * piece_bytes / rate;
        let piece_bytes = usize::try_from(piece_bytes).unwrap_or(usize::MAX);
        Act::spoil(move |answer| in_pieces(&answer.bytes(), piece_bytes, every))
    }
}
