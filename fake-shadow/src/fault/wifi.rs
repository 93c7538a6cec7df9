//! A radio link that drops.

use super::act::{Act, Behavior, Elsewhere, Met};
use super::error::FaultError;
use super::params::Params;
use crate::message::WireStep;

/// The device's radio link drops, where somebody has it in hand: a bench, the cloud itself for what sends everything to it
/// ([`Carries`](super::Carries)), or an access point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wifi {
    /// How.
    pub flaw: WifiFlaw,
}

/// How a radio link drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WifiFlaw {
    /// The access point throws the device out when it wants to connect: it has joined, nothing goes through, and what is open breaks.
    Deauth,
    /// The access point is not there when the device wants to join, and until it sleeps.
    Drop,
}

impl Wifi {
    /// The name of its kind.
    pub const NAME: &'static str = "wifi";
}

impl Behavior for Wifi {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        const FLAWS: [(&str, WifiFlaw); 2] =
            [("deauth", WifiFlaw::Deauth), ("drop", WifiFlaw::Drop)];
        let flaw = params.choice("flaw", &FLAWS)?;
        Ok(Self { flaw: params.needed("flaw", flaw)? })
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Some(Elsewhere::Radio(self.flaw))
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::Sever(vec![WireStep::Close])
    }
}
