//! A name server that fails.

use std::net::IpAddr;
use std::time::Duration;

use super::act::{Act, Behavior, Elsewhere, Met};
use super::error::FaultError;
use super::params::{Params, bad, duration};
use crate::message::WireStep;

/// The name server of the rig answers wrongly, or late. It meets the next question for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dns {
    /// What is wrong.
    pub flaw: DnsFlaw,
}

/// What is wrong with an answer of the name server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DnsFlaw {
    /// There is no such name.
    NxDomain,
    /// The answer comes late.
    Slow {
        /// How late.
        by: Duration,
    },
    /// Over UDP the answer says that it is too long and is to be asked for over TCP; over TCP it is whole, and the fault is
    /// not met there.
    Truncated,
    /// The name has another address.
    Wrong {
        /// Which.
        address: IpAddr,
    },
}

impl Dns {
    /// An address at which nobody is, from the range for documentation: RFC 5737, section 3.
    const NOBODY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    const SLOW: Duration = Duration::from_secs(3);
}

impl Behavior for Dns {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        const FLAWS: [(&str, DnsFlaw); 4] = [
            ("nxdomain", DnsFlaw::NxDomain),
            ("slow", DnsFlaw::Slow { by: Dns::SLOW }),
            ("truncated", DnsFlaw::Truncated),
            ("wrong", DnsFlaw::Wrong { address: Dns::NOBODY }),
        ];
        let flaw = params.choice("flaw", &FLAWS)?;
        let flaw = match params.needed("flaw", flaw)? {
            DnsFlaw::Slow { by } => {
                let given = params.take("by").map(|value| duration("by", value)).transpose()?;
                DnsFlaw::Slow { by: given.unwrap_or(by) }
            }
            DnsFlaw::Wrong { address } => match params.take("address") {
                None => DnsFlaw::Wrong { address },
                Some(value) => {
                    let given = value.as_str().and_then(|text| text.parse().ok());
                    let expected = "an address, as 192.0.2.1";
                    DnsFlaw::Wrong {
                        address: given.ok_or_else(|| bad("address", value, expected))?,
                    }
                }
            },
            flaw @ (DnsFlaw::NxDomain | DnsFlaw::Truncated) => flaw,
        };
        Ok(Self { flaw })
    }

    fn elsewhere(&self) -> Option<Elsewhere> {
        Some(Elsewhere::Name(self.flaw))
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        Act::Sever(vec![WireStep::Close])
    }
}
