//! An interim answer.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// Sends an interim answer that nobody asked for, and the answer behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interim {
    /// Its status, 100 to 199. Default: 100, `Continue`.
    pub code: u16,
}

impl Behavior for Interim {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let code = params.number("code", 100..=199)?.unwrap_or(100);
        Ok(Self { code: u16::try_from(code).unwrap_or(100) })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let code = self.code;
        Act::spoil(move |answer| {
            let reason = if code == 100 { "Continue" } else { "" };
            let interim = format!("HTTP/1.1 {code} {reason}\r\n\r\n");
            vec![WireStep::Send(interim.into_bytes()), WireStep::Send(answer.bytes())]
        })
    }
}
