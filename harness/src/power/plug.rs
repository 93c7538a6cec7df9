//! Plugs and relays that are switched over HTTP.

use std::time::Duration;

use super::{Power, PowerError, Supply, answers};

/// How long a plug may take; those on Wi-Fi sometimes need a second.
const WITHIN: Duration = Duration::from_secs(5);

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// Whose firmware a plug has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlugKind {
    /// Shelly's own, first generation, and the second by its compatible address.
    Shelly,
    /// Tasmota.
    Tasmota,
}

/// A plug on the network.
#[derive(Debug, Clone)]
pub struct Plug {
    kind: PlugKind,
    url: String,
    channel: u8,
    agent: ureq::Agent,
}

impl Plug {
    /// A plug by its address and which of its relays.
    #[must_use]
    pub fn new(kind: PlugKind, url: &str, channel: u8) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(WITHIN))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build();
        Self { kind, url: url.trim_end_matches('/').to_owned(), channel, agent: config.into() }
    }

    fn address(&self, to: Supply) -> String {
        let Self { kind, url, channel, .. } = self;
        match (kind, to) {
            (PlugKind::Shelly, Supply::Off) => format!("{url}/relay/{channel}?turn=off"),
            (PlugKind::Shelly, Supply::On) => format!("{url}/relay/{channel}?turn=on"),
            (PlugKind::Tasmota, Supply::Off) => format!("{url}/cm?cmnd=Power{channel}%20Off"),
            (PlugKind::Tasmota, Supply::On) => format!("{url}/cm?cmnd=Power{channel}%20On"),
        }
    }

    fn get(&self, address: &str) -> Result<(u16, String), ureq::Error> {
        let mut response = self.agent.get(address).call()?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string()?;
        Ok((status, body))
    }
}

impl Power for Plug {
    fn name(&self) -> String {
        let kind = match self.kind {
            PlugKind::Shelly => "shelly",
            PlugKind::Tasmota => "tasmota",
        };
        format!("{kind} {} relay {}", self.url, self.channel)
    }

    fn switch(&mut self, to: Supply) -> Result<(), PowerError> {
        let (status, body) = self.get(&self.address(to)).map_err(|error| match error {
            ureq::Error::Timeout(_) => PowerError::Slow { within: WITHIN },
            error => PowerError::Unreachable { at: self.url.clone(), why: error.to_string() },
        })?;
        if status != 200 {
            return Err(PowerError::Refused { said: format!("it answered {status}") });
        }
        match self.kind {
            PlugKind::Shelly => answers::shelly(&body, to),
            PlugKind::Tasmota => answers::tasmota(&body, self.channel, to),
        }
    }

    fn longest(&self) -> Duration {
        WITHIN
    }
}
