//! What a device on the simulated network hears of a fault of the TLS handshake. That network carries no TLS: the device is
//! taken to be one that checks all that it must.

use std::time::Duration;

use fake_shadow::fault::OnHandshake;
use fake_shadow::message::WireStep;

/// How long the handshake takes beyond an ordinary one, and why it fails; none if it does not.
pub(super) fn outcome(act: &OnHandshake) -> (Duration, Option<&'static str>) {
    match act {
        OnHandshake::Flaw(flaw) => (Duration::ZERO, flaw.refused_as()),
        OnHandshake::Perform(steps) => match steps.last() {
            Some(WireStep::Hold(span)) => (*span, Some("tls: the server said nothing")),
            Some(WireStep::Reset) => (Duration::ZERO, Some("tls: connection reset")),
            _ => (Duration::ZERO, Some("tls: connection closed")),
        },
    }
}

#[cfg(test)]
mod tests {
    use fake_shadow::fault::TlsFlaw;

    use super::*;

    fn check(act: &OnHandshake, after_secs: u64, fails: bool) {
        let (after, failure) = outcome(act);
        assert_eq!((after.as_secs(), failure.is_some()), (after_secs, fails), "{act:?}");
    }

    #[test]
    fn a_device_refuses_what_it_must_and_copes_with_the_rest() {
        check(&OnHandshake::Flaw(TlsFlaw::Expired), 0, true);
        check(&OnHandshake::Flaw(TlsFlaw::LargeCert), 0, false);
        check(&OnHandshake::Flaw(TlsFlaw::MaxFragment { bytes: 64 }), 0, false);
        check(&OnHandshake::Perform(vec![WireStep::Reset]), 0, true);
        check(&OnHandshake::Perform(vec![WireStep::Hold(Duration::from_secs(7))]), 7, true);
    }
}
