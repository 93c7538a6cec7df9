//! Silence.

use std::time::Duration;

use super::act::{Act, Behavior, Elsewhere, Met, OnConnect, OnHandshake};
use super::error::FaultError;
use super::params::{Params, duration, one_of};
use crate::message::WireStep;

/// Keeps the connection open and silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hang {
    /// How long, unless the client leaves before; then the connection ends. Default: 60 s.
    pub lasts: Duration,
    /// From when on. Default: when the request has been read.
    pub at: HangAt,
}

/// From when on a connection is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HangAt {
    /// When it was made, before any request.
    Accept,
    /// When the client has begun the TLS handshake; a connection without TLS does not meet it.
    Tls,
    /// When the request has been read; the service never sees it.
    #[default]
    Request,
    /// When the service has done what was asked and the head of the answer is sent.
    Body,
}

impl Behavior for Hang {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        const MOMENTS: [(&str, HangAt); 4] = [
            ("accept", HangAt::Accept),
            ("tls", HangAt::Tls),
            ("request", HangAt::Request),
            ("body", HangAt::Body),
        ];
        let at = params.take("at").map(|value| one_of("at", value, &MOMENTS)).transpose()?;
        let lasts = params.main("for").map(|(key, value)| duration(key, value)).transpose()?;
        Ok(Self { lasts: lasts.unwrap_or(Duration::from_secs(60)), at: at.unwrap_or_default() })
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        let hold = vec![WireStep::Hold(self.lasts)];
        match self.at {
            HangAt::Accept => Some(Elsewhere::Connect(OnConnect::Perform(hold))),
            HangAt::Tls => Some(Elsewhere::Handshake(OnHandshake::Perform(hold))),
            HangAt::Request | HangAt::Body => None,
        }
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let hold = WireStep::Hold(self.lasts);
        match self.at {
            HangAt::Accept | HangAt::Tls | HangAt::Request => Act::Sever(vec![hold]),
            HangAt::Body => Act::spoil(|answer| vec![WireStep::Send(answer.head()), hold]),
        }
    }
}
