//! A board's radio link in real time: taken away by whoever has it in hand.
//!
//! What sends everything to the rig's own cloud loses its link there, as a program on the loopback does. Of any other board an access
//! point has to be in hand: it is gone from one sleep of the board to the next, so that the board does not find it when it wakes.

use fake_shadow::event::CloudEventKind;
use fake_shadow::fault::{Carries, FaultRef, Faulty, Wifi, WifiFlaw};

use super::cloud_server::CloudServer;
use crate::access_point::{AccessPoint, Order};
use crate::engine::event::PowerChange;
use crate::engine::{ActionError, Event};

/// Who can take a board's radio link away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InHand {
    /// An access point.
    AccessPoint(AccessPoint),
    /// The cloud, to which the board sends whatever it sends.
    Cloud,
    /// Nobody.
    Nobody,
}

impl InHand {
    /// What of the link the cloud has in hand.
    #[must_use]
    pub const fn carries(&self) -> Carries {
        match self {
            Self::AccessPoint(_) => Carries::Connections,
            Self::Cloud => Carries::Everything,
            Self::Nobody => Carries::Nothing,
        }
    }
}

/// The link of the board of a bench.
#[derive(Debug)]
pub(super) struct Radio {
    in_hand: InHand,
    /// Whether the board is awake, and has joined its network perhaps.
    is_awake: bool,
    /// The fault for which the access point is gone, and whether the board has missed it.
    gone: Option<(FaultRef, bool)>,
}

impl Radio {
    /// The link of a board that is not awake yet.
    pub(super) const fn new(in_hand: InHand) -> Self {
        Self { in_hand, is_awake: false, gone: None }
    }

    /// The board was seen to do something; says what that makes of the link.
    pub(super) fn board(
        &mut self,
        cloud: &CloudServer,
        event: &Event,
    ) -> Result<Option<Event>, ActionError> {
        match event {
            Event::Wake { .. } => {
                self.is_awake = true;
                let missed = self.gone.as_mut().filter(|(_, told)| !told);
                return Ok(missed.map(|(fault, told)| {
                    *told = true;
                    Event::FaultMet { id: fault.id.0, what: fault.kind.to_owned() }
                }));
            }
            Event::Sleep { .. }
            | Event::Reset { .. }
            | Event::Power { change: PowerChange::Cut } => self.is_awake = false,
            _ => return Ok(None),
        }
        match self.in_hand {
            InHand::AccessPoint(_) if self.gone.is_some_and(|(_, told)| told) => {
                self.restore()?;
                self.armed(cloud)?;
            }
            InHand::AccessPoint(_) => self.armed(cloud)?,
            InHand::Cloud => cloud.shared.with(|cloud, _| cloud.device_left()),
            InHand::Nobody => {}
        }
        Ok(None)
    }

    /// A fault may have been armed: an access point has to be gone before the board wakes.
    pub(super) fn armed(&mut self, cloud: &CloudServer) -> Result<(), ActionError> {
        let InHand::AccessPoint(point) = &self.in_hand else { return Ok(()) };
        if self.is_awake || self.gone.is_some() {
            return Ok(());
        }
        if let Some(fault) = cloud.shared.with(|cloud, now| cloud.radio(now, WifiFlaw::Drop)) {
            self.gone = Some((fault, false));
            point.obey(Order::Drop)?;
        }
        Ok(())
    }

    /// Faults may have been taken off: an access point is gone for one that is armed, and for no other.
    pub(super) fn disarmed(&mut self, cloud: &CloudServer) -> Result<(), ActionError> {
        let Some((fault, _)) = self.gone else { return Ok(()) };
        let is_armed = |cloud: &mut Faulty| cloud.armed().iter().any(|armed| armed.id == fault.id);
        if cloud.shared.with(|cloud, _| is_armed(cloud)) { Ok(()) } else { self.restore() }
    }

    /// The cloud saw something of the board.
    pub(super) fn cloud(
        &mut self,
        cloud: &CloudServer,
        kind: &CloudEventKind,
    ) -> Result<(), ActionError> {
        let InHand::AccessPoint(point) = &self.in_hand else { return Ok(()) };
        match kind {
            // Somebody has armed a fault on the live page, or taken one off.
            CloudEventKind::Controlled(_) => {
                self.disarmed(cloud)?;
                self.armed(cloud)
            }
            CloudEventKind::Fault(met) if met.kind == Wifi::NAME => point.obey(Order::Deauth),
            CloudEventKind::Request(_) if self.gone.is_some_and(|(_, told)| told) => {
                let what = format!("take the network away by `{}`", point.command(Order::Drop));
                Err(ActionError::new(what, "the board reached its cloud all the same")
                    .help("does the command take away the network that this board is on?"))
            }
            _ => Ok(()),
        }
    }

    /// Brings the access point back, if it is gone.
    pub(super) fn restore(&mut self) -> Result<(), ActionError> {
        match (&self.in_hand, self.gone.take()) {
            (InHand::AccessPoint(point), Some(_)) => point.obey(Order::Restore),
            _ => Ok(()),
        }
    }
}
