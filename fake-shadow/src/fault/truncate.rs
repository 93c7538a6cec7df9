//! Half an answer.

use serde_json::Value;

use super::act::{Act, Behavior, Met, SETTLE};
use super::error::FaultError;
use super::params::{Params, bad, one_of};
use crate::message::WireStep;

/// Sends a part of the answer's body. The service has done what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Truncate {
    /// How much is sent. Default: half.
    pub to: TruncateTo,
    /// What the head says about the length. Default: that of the whole.
    pub length: LengthHeader,
}

/// How much of a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TruncateTo {
    /// So many bytes.
    Bytes(usize),
    /// So many hundredths, up to 100, rounded down.
    Percent(u8),
}

/// What the head says about the length of a body cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LengthHeader {
    /// The length of the whole body; then the connection ends, as the rest will never come.
    #[default]
    Kept,
    /// The length of what is sent.
    Corrected,
}

impl Behavior for Truncate {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let length = match params.take("length") {
            None => LengthHeader::default(),
            Some(value) => one_of(
                "length",
                value,
                &[("kept", LengthHeader::Kept), ("corrected", LengthHeader::Corrected)],
            )?,
        };
        let to = match params.main("keep") {
            None => TruncateTo::Percent(50),
            Some((key, value)) => read_part(key, value)?,
        };
        Ok(Self { to, length })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let Self { to, length } = *self;
        Act::spoil(move |mut answer| {
            let kept = match to {
                TruncateTo::Bytes(bytes) => bytes.min(answer.body.len()),
                TruncateTo::Percent(percent) => {
                    answer.body.len() * usize::from(percent.min(100)) / 100
                }
            };
            let body = answer.body[..kept].to_vec();
            match length {
                LengthHeader::Corrected => {
                    answer.set_body(body);
                    vec![WireStep::Send(answer.bytes())]
                }
                LengthHeader::Kept => {
                    answer.body = body;
                    vec![WireStep::Send(answer.bytes()), WireStep::Wait(SETTLE), WireStep::Close]
                }
            }
        })
    }
}

fn read_part(key: &str, value: &Value) -> Result<TruncateTo, FaultError> {
    let percent = value.as_str().and_then(|text| text.strip_suffix('%')?.trim().parse().ok());
    let bytes = value.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
    match (percent, bytes) {
        (Some(percent @ 0..=100), _) => Ok(TruncateTo::Percent(percent)),
        (_, Some(bytes)) => Ok(TruncateTo::Bytes(bytes)),
        _ => Err(bad(key, value, "a number of bytes or a percentage, as 60%")),
    }
}
