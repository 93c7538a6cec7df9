//! The device's radio link where all of it comes to this cloud, so that the cloud can take it away.

use super::armed::{FaultId, FaultRef};
use super::wifi::WifiFlaw;

/// What of a device's radio link this cloud has in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carries {
    /// The network is somebody else's, as that of a simulated bench: the cloud takes nothing away.
    #[default]
    Nothing,
    /// The cloud sees a device connect whose access point is somebody else's: [`WifiFlaw::Deauth`] is met there.
    Connections,
    /// Whatever the device says to anybody comes here, as from a program on the loopback that asks this cloud for time and names,
    /// too: both flaws are met.
    Everything,
}

/// What becomes of something that the device sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// It comes through.
    Through,
    /// The link is gone, by this fault if it is met only now.
    Lost(Option<FaultRef>),
}

/// The link between one sleep of the device and the next. A device joins its network once in a wake, by the first thing that it sends.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Link {
    pub(super) carries: Carries,
    has_joined: bool,
    /// The fault that took it away until the device sleeps.
    gone_by: Option<FaultId>,
}

impl Link {
    /// The device sends something; `meets` says whether a fault with such a flaw acts now.
    pub(super) fn sends(
        &mut self,
        connects: bool,
        mut meets: impl FnMut(WifiFlaw) -> Option<FaultRef>,
    ) -> Carried {
        if self.gone_by.is_some() {
            return Carried::Lost(None);
        }
        if self.carries == Carries::Everything && !self.has_joined {
            if let Some(fault) = meets(WifiFlaw::Drop) {
                self.gone_by = Some(fault.id);
                return Carried::Lost(Some(fault));
            }
            self.has_joined = true;
        }
        if self.carries != Carries::Nothing
            && connects
            && let Some(fault) = meets(WifiFlaw::Deauth)
        {
            return Carried::Lost(Some(fault));
        }
        Carried::Through
    }

    /// The device sleeps or is off: it joins anew when it wakes.
    pub(super) const fn leaves(&mut self) {
        (self.has_joined, self.gone_by) = (false, None);
    }

    /// A fault is taken off; none for all of them.
    pub(super) fn disarmed(&mut self, id: Option<FaultId>) {
        if id.is_none() || self.gone_by == id {
            self.gone_by = None;
        }
    }
}
