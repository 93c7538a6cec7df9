//! A broken answer.

use super::act::{Act, Behavior, Met, SETTLE};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// Breaks the answer. The service has done what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Malformed {
    /// A chunked body whose first chunk has no length.
    Chunk,
    /// A header line without a colon.
    Header,
    /// A body that lacks the end of its JSON, at its right length.
    #[default]
    Json,
}

impl Behavior for Malformed {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        const PARTS: [(&str, Malformed); 3] =
            [("chunk", Malformed::Chunk), ("header", Malformed::Header), ("json", Malformed::Json)];
        Ok(params.choice("part", &PARTS)?.unwrap_or_default())
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        match self {
            Self::Json => Act::change(|answer| {
                let mut body = std::mem::take(&mut answer.body);
                body.pop();
                answer.set_body(body);
            }),
            Self::Header => Act::spoil(|answer| {
                let mut bytes = answer.head();
                let empty_line = bytes.len().saturating_sub(2);
                bytes.splice(empty_line..empty_line, *b"a header without a colon\r\n");
                bytes.extend_from_slice(&answer.body);
                vec![WireStep::Send(bytes)]
            }),
            Self::Chunk => Act::spoil(|mut answer| {
                answer.set_header("content-length", None);
                answer.set_header("Transfer-Encoding", Some("chunked".to_owned()));
                let mut bytes = answer.head();
                bytes.extend_from_slice(b"no length\r\n");
                bytes.extend_from_slice(&answer.body);
                vec![WireStep::Send(bytes), WireStep::Wait(SETTLE), WireStep::Close]
            }),
        }
    }
}
