//! Done, and nobody hears of it.

use std::time::Duration;

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// The service does and keeps what was asked, and not a byte of its answer arrives.
///
/// A device that repeats its report must not harm anything by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostAnswer {
    /// How the connection ends. Default: by a reset.
    pub by: LostBy,
}

/// How a connection ends whose answer is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LostBy {
    /// In order.
    Close,
    /// After a minute of silence, unless the client leaves before.
    Hang,
    /// By a reset.
    #[default]
    Reset,
}

impl Behavior for LostAnswer {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        const WAYS: [(&str, LostBy); 3] =
            [("close", LostBy::Close), ("hang", LostBy::Hang), ("reset", LostBy::Reset)];
        Ok(Self { by: params.choice("by", &WAYS)?.unwrap_or_default() })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let end = match self.by {
            LostBy::Close => WireStep::Close,
            LostBy::Hang => WireStep::Hold(Duration::from_secs(60)),
            LostBy::Reset => WireStep::Reset,
        };
        Act::spoil(|_| vec![end])
    }
}
