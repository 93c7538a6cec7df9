//! A time server that fails.

use super::act::{Act, Behavior, Elsewhere, Met};
use super::error::FaultError;
use super::params::{Params, bad, one_of, signed_duration};
use crate::message::WireStep;

/// The time server of the rig answers wrongly, or not at all. It meets the next request for the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ntp {
    /// What is wrong.
    pub flaw: NtpFlaw,
}

/// What is wrong with an answer of the time server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NtpFlaw {
    /// The server's clock is right when the fault is first met, and runs too fast from then on, or too slow.
    Drift {
        /// Millionths by which it is too fast; below zero it is too slow.
        ppm: i32,
    },
    /// The server wants to be left alone: RFC 5905, section 7.4.
    KissOfDeath(Kiss),
    /// The server's clock is off.
    Offset {
        /// How far it is ahead, in milliseconds; below zero it is behind.
        by_ms: i64,
    },
    /// The server's clock has just gone over the end of the first era, in February 2036.
    Rollover,
    /// Nothing is answered.
    Silent,
}

/// Why a server wants to be left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kiss {
    /// It serves others only.
    Deny,
    /// It is asked too often.
    #[default]
    Rate,
    /// It serves others only, by its policy.
    Rstr,
}

impl Kiss {
    const NAMES: [(&'static str, Self); 3] =
        [("DENY", Self::Deny), ("RATE", Self::Rate), ("RSTR", Self::Rstr)];

    /// The four letters in the packet.
    #[must_use]
    pub const fn code(self) -> [u8; 4] {
        match self {
            Self::Deny => *b"DENY",
            Self::Rate => *b"RATE",
            Self::Rstr => *b"RSTR",
        }
    }
}

/// The most that a clock may drift, in millionths: at ten times the true speed nothing is to be learned.
const DRIFT_PPM_MAX: i64 = 1_000_000;

impl Behavior for Ntp {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        const FLAWS: [(&str, NtpFlaw); 3] = [
            ("kiss-of-death", NtpFlaw::KissOfDeath(Kiss::Rate)),
            ("rollover", NtpFlaw::Rollover),
            ("silent", NtpFlaw::Silent),
        ];
        let (offset, drift) = (params.take("offset"), params.take("drift"));
        let flaw = match (params.choice("flaw", &FLAWS)?, offset, drift) {
            (None, Some(by), None) => {
                let by = signed_duration("offset", by)?.as_millis();
                NtpFlaw::Offset { by_ms: i64::try_from(by).unwrap_or(i64::MAX) }
            }
            (None, None, Some(drift)) => {
                let ppm = drift.as_i64().filter(|ppm| ppm.abs() <= DRIFT_PPM_MAX);
                let ppm = ppm.and_then(|ppm| i32::try_from(ppm).ok());
                let expected = "millionths, a whole number from -1000000 to 1000000";
                NtpFlaw::Drift { ppm: ppm.ok_or_else(|| bad("drift", drift, expected))? }
            }
            (Some(flaw), None, None) => flaw,
            (None, None, None) => return Err(FaultError::Missing { kind: "ntp", key: "flaw" }),
            (_, Some(value), _) => return Err(bad("offset", value, "to stand alone")),
            (_, None, Some(value)) => return Err(bad("drift", value, "to stand alone")),
        };
        if let (NtpFlaw::KissOfDeath(_), Some(code)) = (flaw, params.take("code")) {
            return Ok(Self { flaw: NtpFlaw::KissOfDeath(one_of("code", code, &Kiss::NAMES)?) });
        }
        Ok(Self { flaw })
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Some(Elsewhere::Time(self.flaw))
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::Sever(vec![WireStep::Close])
    }
}
