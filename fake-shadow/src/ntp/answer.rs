//! From a request and the time to the answer.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::packet::{ERA_1, Packet, Timestamp};
use crate::clock::UnixMillis;
use crate::fault::NtpFlaw;

/// What there is to know about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// When it came, by the server's right clock.
    pub at: UnixMillis,
    /// The fault that it meets, and for how many milliseconds that one has been met.
    pub flaw: Option<(NtpFlaw, i64)>,
}

const CLIENT: u8 = 3;
const SERVER: u8 = 4;

/// The versions that are answered: RFC 5905 speaks version 4, section 5 of RFC 4330 those before.
const VERSIONS: std::ops::RangeInclusive<u8> = 1..=4;

/// How fine the clock is: 2^-10 s, about a millisecond.
const PRECISION: i8 = -10;

/// What the clock is set by: the local clock, in the words of RFC 4330, section 4, figure 2.
const REFERENCE_ID: [u8; 4] = *b"LOCL";

/// How long ago the clock was set, in milliseconds.
const SET_AGO_MS: i64 = -16_000;

/// The answer to a request; none if there is none: for bytes that are no request of a client, and in silence.
#[must_use]
pub fn answer(request: &[u8], asked: Asked) -> Option<Vec<u8>> {
    let request = Packet::read(request)?;
    if request.mode != CLIENT || !VERSIONS.contains(&request.version) {
        return None;
    }
    let shown = match asked.flaw {
        None => asked.at,
        Some((flaw, met_for_ms)) => flaw.shows(asked.at, met_for_ms)?,
    };
    // RFC 5905, section 9.2: version, poll interval and the client's own time go back as they came.
    let answer = Packet {
        leap: 0,
        mode: SERVER,
        stratum: 1,
        precision: PRECISION,
        reference_id: REFERENCE_ID,
        reference: Timestamp::of(shown.offset_by(SET_AGO_MS)),
        origin: request.transmit,
        receive: Timestamp::of(shown),
        transmit: Timestamp::of(shown),
        ..request
    };
    let answer = match asked.flaw {
        Some((NtpFlaw::KissOfDeath(kiss), _)) => kissed(answer, kiss.code()),
        _ => answer,
    };
    Some(answer.bytes().to_vec())
}

/// RFC 5905, section 7.4: stratum 0, the code in the reference id, the clock said to be not set; nothing but the client's own
/// time is to be believed.
fn kissed(answer: Packet, code: [u8; 4]) -> Packet {
    Packet { leap: 3, stratum: 0, reference_id: code, ..answer }
}

impl NtpFlaw {
    /// What the server's clock shows at a time; none in silence. A kiss of death shows the right time, which nobody is to
    /// believe.
    #[must_use]
    pub fn shows(self, at: UnixMillis, met_for_ms: i64) -> Option<UnixMillis> {
        match self {
            Self::Drift { ppm } => {
                let off = i128::from(met_for_ms) * i128::from(ppm) / 1_000_000;
                Some(at.offset_by(i64::try_from(off).unwrap_or(i64::MAX)))
            }
            Self::KissOfDeath(_) => Some(at),
            Self::Offset { by_ms } => Some(at.offset_by(by_ms)),
            Self::Rollover => Some(ERA_1.offset_by(met_for_ms)),
            Self::Silent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fault::Kiss;

    const NOW: UnixMillis = UnixMillis(1_795_190_924_500);

    /// A request of a client as small as RFC 4330, section 5, allows: the first byte and its own time.
    fn request(first: u8) -> [u8; 48] {
        let mut bytes = [0; 48];
        bytes[0] = first;
        bytes[40..].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
        bytes
    }

    fn answered(flaw: Option<(NtpFlaw, i64)>) -> Option<Packet> {
        answer(&request(0x23), Asked { at: NOW, flaw }).and_then(|bytes| Packet::read(&bytes))
    }

    /// What the clock shows under a fault.
    fn check(flaw: NtpFlaw, met_for_ms: i64, expected: Option<UnixMillis>) {
        let shown = answered(Some((flaw, met_for_ms))).map(|packet| packet.transmit.unix());
        assert_eq!(shown, expected, "{flaw:?}");
    }

    #[test]
    fn a_client_is_told_the_time_and_gets_its_own_back() {
        let packet = answered(None).unwrap();
        assert_eq!((packet.leap, packet.version, packet.mode, packet.stratum), (0, 4, 4, 1));
        assert_eq!(packet.origin, Timestamp { secs: 0x0102_0304, fraction: 0x0506_0708 });
        assert_eq!((packet.receive.unix(), packet.transmit.unix()), (NOW, NOW));
        assert!(packet.reference.unix() < NOW);
        assert_eq!(&packet.reference_id, b"LOCL");
    }

    #[test]
    fn the_version_of_the_client_is_answered_in() {
        for (first, version) in [(0x0b, 1), (0x13, 2), (0x1b, 3), (0x23, 4), (0xe3, 4)] {
            let bytes = answer(&request(first), Asked { at: NOW, flaw: None }).unwrap();
            assert_eq!(Packet::read(&bytes).unwrap().version, version, "{first:#x}");
        }
    }

    #[test]
    fn what_is_no_request_of_a_client_is_not_answered() {
        // A server's answer among them: two servers must not answer each other for ever.
        for first in [0x24, 0x22, 0x21, 0x26, 0x03, 0x3b] {
            assert_eq!(answer(&request(first), Asked { at: NOW, flaw: None }), None, "{first:#x}");
        }
        assert_eq!(answer(&request(0x23)[..47], Asked { at: NOW, flaw: None }), None);
    }

    #[test]
    fn faults_show_another_time_or_none() {
        check(NtpFlaw::Offset { by_ms: -90_000 }, 0, Some(UnixMillis(NOW.0 - 90_000)));
        check(NtpFlaw::Drift { ppm: 500 }, 0, Some(NOW));
        check(NtpFlaw::Drift { ppm: 500 }, 10_000_000, Some(UnixMillis(NOW.0 + 5000)));
        check(NtpFlaw::Rollover, 1000, Some(UnixMillis(ERA_1.0 + 1000)));
        check(NtpFlaw::Silent, 0, None);
    }

    #[test]
    fn behind_the_rollover_the_seconds_begin_anew() {
        let packet = answered(Some((NtpFlaw::Rollover, 0))).unwrap();
        assert_eq!(packet.transmit, Timestamp { secs: 0, fraction: 0 });
        assert!(packet.reference.secs > u32::MAX - 60, "the clock was set in the era before");
    }

    #[test]
    fn a_kiss_of_death_is_known_by_its_stratum_and_code() {
        for (kiss, code) in [(Kiss::Rate, b"RATE"), (Kiss::Deny, b"DENY"), (Kiss::Rstr, b"RSTR")] {
            let packet = answered(Some((NtpFlaw::KissOfDeath(kiss), 0))).unwrap();
            assert_eq!((packet.leap, packet.stratum, &packet.reference_id), (3, 0, code));
            assert_eq!(packet.origin, Timestamp { secs: 0x0102_0304, fraction: 0x0506_0708 });
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_answered_in_48_bytes_or_not_at_all(
            request in proptest::collection::vec(any::<u8>(), 0..100),
            at in any::<i64>(),
            by_ms in any::<i64>(),
        ) {
            let flaw = Some((NtpFlaw::Offset { by_ms }, 0));
            if let Some(bytes) = answer(&request, Asked { at: UnixMillis(at), flaw }) {
                prop_assert_eq!(bytes.len(), 48);
            }
        }
    }
}
