//! A connection that nobody closes.

use std::time::Duration;

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// Leaves the connection open behind a full answer, though the client asked for its end or speaks HTTP/1.0.
///
/// AWS does so; a client that reads until the connection ends then waits for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeepOpen {
    /// How long, unless the client leaves before. Default: 1 h.
    pub lasts: Duration,
}

impl Behavior for KeepOpen {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let lasts = params.duration("for")?;
        Ok(Self { lasts: lasts.unwrap_or(Duration::from_hours(1)) })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let hold = WireStep::Hold(self.lasts);
        Act::spoil(|mut answer| {
            if answer.keeps_alive {
                return vec![WireStep::Send(answer.bytes())];
            }
            answer.set_header("connection", Some("keep-alive".to_owned()));
            vec![WireStep::Send(answer.bytes()), hold]
        })
    }
}
