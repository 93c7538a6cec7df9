//! Nothing for an answer.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use crate::answer;
use crate::message::WireStep;

/// Answers nothing at all, or 200 without a body; the service never sees the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Empty {
    /// What is empty. Default: the whole answer.
    pub part: EmptyPart,
}

/// What of an answer is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmptyPart {
    /// The connection ends in order without a byte.
    #[default]
    Answer,
    /// The answer is 200 and has no body.
    Body,
}

impl Behavior for Empty {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let part =
            params.choice("part", &[("answer", EmptyPart::Answer), ("body", EmptyPart::Body)])?;
        Ok(Self { part: part.unwrap_or_default() })
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        match self.part {
            EmptyPart::Answer => Act::Sever(vec![WireStep::Close]),
            EmptyPart::Body => Act::Answer(answer::success(met.request_id, Vec::new())),
        }
    }
}
