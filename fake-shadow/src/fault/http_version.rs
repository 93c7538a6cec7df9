//! Another version of HTTP.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, bad};
use crate::message::WireStep;

/// Answers in another version of HTTP, right or wrong, and ends the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongVersion {
    /// What stands behind `HTTP/`. Default: `1.0`.
    pub version: String,
}

impl Behavior for WrongVersion {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let version = match params.main("version") {
            None => "1.0".to_owned(),
            Some((_, value)) if value.is_f64() => value.to_string(),
            Some((key, value)) => {
                let text = value.as_str().unwrap_or_default();
                let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
                if !is_word {
                    return Err(bad(key, value, "a version of HTTP, as 1.0"));
                }
                text.to_owned()
            }
        };
        Ok(Self { version })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let version = format!("HTTP/{}", self.version);
        Act::spoil(|mut answer| {
            answer.version = version;
            answer.set_header("connection", Some("close".to_owned()));
            vec![WireStep::Send(answer.bytes()), WireStep::Close]
        })
    }
}
