//! A late answer.

use std::time::Duration;

use rand_chacha::rand_core::RngCore as _;

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, duration, one_of};
use crate::message::WireStep;

/// Answers late. The service does at once what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Latency {
    /// How late at least.
    pub delay: Duration,
    /// By how much it may be later still, by chance. Default: 0.
    pub jitter: Duration,
    /// What waits. Default: the whole answer.
    pub before: LatencyBefore,
}

/// What waits for a [`Latency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LatencyBefore {
    /// The whole answer.
    #[default]
    Headers,
    /// The body, the head being sent at once.
    Body,
}

impl Behavior for Latency {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let jitter = params.take("jitter").map(|value| duration("jitter", value)).transpose()?;
        let before = match params.take("before") {
            None => LatencyBefore::default(),
            Some(value) => one_of(
                "before",
                value,
                &[("headers", LatencyBefore::Headers), ("body", LatencyBefore::Body)],
            )?,
        };
        let delay = params.duration("delay")?;
        Ok(Self {
            delay: params.needed("delay", delay)?,
            jitter: jitter.unwrap_or_default(),
            before,
        })
    }

    fn rolls(&self) -> bool {
        !self.jitter.is_zero()
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let jitter_ms = u64::try_from(self.jitter.as_millis()).unwrap_or(u64::MAX - 1);
        let more = Duration::from_millis(met.chance.next_u64() % (jitter_ms + 1));
        let wait = WireStep::Wait(self.delay.saturating_add(more));
        let before = self.before;
        Act::spoil(move |answer| match before {
            LatencyBefore::Headers => vec![wait, WireStep::Send(answer.bytes())],
            LatencyBefore::Body => {
                vec![WireStep::Send(answer.head()), wait, WireStep::Send(answer.body)]
            }
        })
    }
}
