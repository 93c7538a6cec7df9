//! What becomes of a connection on the simulated network, of the name and of the time that a device asks for. That network carries no TLS: a fault of the handshake is what a
//! device hears of it that checks all that it must.

use std::time::Duration;

use fake_shadow::clock::UnixMillis;
use fake_shadow::fault::{ConnectFate, DnsFlaw, FaultRef, NtpFlaw, OnHandshake};
use fake_shadow::message::WireStep;

use thing::Input;

use super::wire::Wire;
use crate::engine::Event;

/// A connection that the device asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Whether the cloud sees it.
    pub(crate) is_opened: bool,
    /// The fault that it meets.
    pub(crate) met: Option<FaultRef>,
    /// How much later than usual the device hears of it.
    pub(crate) after: Duration,
    /// What the device hears.
    pub(crate) what: Wire,
    /// What the cloud does to it before any request.
    pub(crate) steps: Vec<WireStep>,
}

/// What a device hears of a connection that its access point does not let through.
pub(super) const THROWN_OUT: &str = "the access point has thrown the device out";

/// What a fate means on the simulated network.
pub(crate) fn accepted(fate: ConnectFate) -> Accepted {
    let plain = |met, what| Accepted {
        is_opened: true,
        met,
        after: Duration::ZERO,
        what,
        steps: Vec::new(),
    };
    match fate {
        ConnectFate::Serve => plain(None, Wire::Connected),
        ConnectFate::Lost(met) => {
            Accepted { is_opened: false, ..plain(met, Wire::Failed(THROWN_OUT)) }
        }
        ConnectFate::Refuse(met) => {
            Accepted { is_opened: false, ..plain(Some(met), Wire::Failed("connection refused")) }
        }
        ConnectFate::Perform(met, steps) => Accepted { steps, ..plain(Some(met), Wire::Connected) },
        ConnectFate::Handshake(met, OnHandshake::Flaw(flaw)) => {
            plain(Some(met), flaw.refused_as().map_or(Wire::Connected, Wire::Failed))
        }
        ConnectFate::Handshake(met, OnHandshake::Perform(steps)) => match steps.last() {
            Some(WireStep::Hold(span)) => Accepted {
                after: *span,
                ..plain(Some(met), Wire::Failed("tls: the server said nothing"))
            },
            Some(WireStep::Reset) => plain(Some(met), Wire::Failed("tls: connection reset")),
            _ => plain(Some(met), Wire::Failed("tls: connection closed")),
        },
    }
}

/// What becomes of a name that a device asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resolved {
    /// It leads to the cloud, so much later than usual.
    After(Duration),
    /// It leads nowhere, and the device is told so.
    Failed(&'static str),
    /// It leads to where nobody answers.
    Nowhere,
}

/// How long asking once more over TCP takes.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What a fault of the name server means on the simulated network, where there is nobody but the cloud.
pub(super) const fn resolved(flaw: DnsFlaw) -> Resolved {
    match flaw {
        DnsFlaw::NxDomain => Resolved::Failed("name not found"),
        DnsFlaw::Slow { by } => Resolved::After(by),
        DnsFlaw::Truncated => Resolved::After(ASK_AGAIN),
        DnsFlaw::Wrong { .. } => Resolved::Nowhere,
    }
}

/// What a device is told that asked for the time; none in silence. A kiss of death, and a time before 1970, tell it none.
pub(super) fn time_told(at: UnixMillis, met: Option<(NtpFlaw, i64)>) -> Option<Input<'static>> {
    let shown = match met {
        Some((NtpFlaw::KissOfDeath(_), _)) => return Some(Input::NoTime),
        Some((flaw, met_for_ms)) => flaw.shows(at, met_for_ms)?,
        None => at,
    };
    Some(u64::try_from(shown.0).map_or(Input::NoTime, |unix_ms| Input::Time { unix_ms }))
}

/// What a device is told that wants to join the network.
pub(super) const fn joined(met: Option<FaultRef>) -> Input<'static> {
    if met.is_some() { Input::NetworkDown("no access point") } else { Input::NetworkUp }
}

/// The event of a fault that is met.
pub(super) fn met_event(met: FaultRef) -> Event {
    Event::FaultMet { id: met.id.0, what: met.kind.to_owned() }
}

#[cfg(test)]
mod tests {
    use fake_shadow::fault::{FaultId, TlsFlaw};

    use super::*;

    fn check(act: OnHandshake, after_secs: u64, fails: bool) {
        let shown = format!("{act:?}");
        let met = FaultRef { id: FaultId(1), kind: "tls" };
        let accepted = accepted(ConnectFate::Handshake(met, act));
        let failed = matches!(accepted.what, Wire::Failed(_));
        assert_eq!((accepted.after.as_secs(), failed), (after_secs, fails), "{shown}");
    }

    #[test]
    fn a_device_refuses_what_it_must_and_copes_with_the_rest() {
        check(OnHandshake::Flaw(TlsFlaw::Expired), 0, true);
        check(OnHandshake::Flaw(TlsFlaw::LargeCert), 0, false);
        check(OnHandshake::Flaw(TlsFlaw::MaxFragment { bytes: 64 }), 0, false);
        check(OnHandshake::Perform(vec![WireStep::Reset]), 0, true);
        check(OnHandshake::Perform(vec![WireStep::Hold(Duration::from_secs(7))]), 7, true);
    }
}
