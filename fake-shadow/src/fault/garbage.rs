//! Random bytes.

use rand_chacha::rand_core::RngCore as _;

use super::act::{Act, Behavior, Met, SETTLE};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// Sends random bytes and ends the connection; the service never sees the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Garbage {
    /// How many bytes. Default: 64.
    pub bytes: usize,
}

impl Behavior for Garbage {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let bytes = params.number("bytes", 1..=1024 * 1024)?.unwrap_or(64);
        Ok(Self { bytes: usize::try_from(bytes).unwrap_or(64) })
    }

    fn rolls(&self) -> bool {
        true
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let mut garbage = vec![0; self.bytes];
        met.chance.fill_bytes(&mut garbage);
        Act::Sever(vec![WireStep::Send(garbage), WireStep::Wait(SETTLE), WireStep::Close])
    }
}
