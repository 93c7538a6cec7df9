//! Where the time of a wake goes: awake time is battery.

use core::fmt;

use thing::{Instant, Output};

/// A part of a wake, in the order of its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Phase {
    /// From the reset to the wish for a network.
    Boot,
    /// Until the network is up.
    Network,
    /// Until the time is known.
    Time,
    /// Connecting, asking, the answer.
    Get,
    /// What was asked for is done, and the conditions are sampled.
    Act,
    /// Connecting, telling, the answer.
    Post,
}

impl Phase {
    const ALL: [Self; 6] =
        [Self::Boot, Self::Network, Self::Time, Self::Get, Self::Act, Self::Post];

    const fn name(self) -> &'static str {
        match self {
            Self::Boot => "boot",
            Self::Network => "network",
            Self::Time => "time",
            Self::Get => "get",
            Self::Act => "act",
            Self::Post => "post",
        }
    }
}

/// The time that each phase of a wake took, told by what the thing asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Awake {
    spent_ms: [u64; Phase::ALL.len()],
    phase: Phase,
    since: Instant,
}

impl Awake {
    /// A wake that began with the reset, at the zero of its clock.
    #[must_use]
    pub const fn new() -> Self {
        Self { spent_ms: [0; Phase::ALL.len()], phase: Phase::Boot, since: Instant(0) }
    }

    /// Notes what an output means for the phase.
    pub(crate) fn note(&mut self, now: Instant, output: &Output<'_>) {
        let phase = match (output, self.phase) {
            (Output::BringUpNetwork, _) => Phase::Network,
            (Output::AskTime, _) => Phase::Time,
            (Output::Connect, Phase::Act) => Phase::Post,
            (Output::Connect, _) => Phase::Get,
            (Output::Disconnect, Phase::Get) => Phase::Act,
            _ => return,
        };
        self.enter(now, phase);
    }

    /// Notes the end of the wake.
    pub(crate) fn end(&mut self, now: Instant) {
        self.enter(now, self.phase);
    }

    fn enter(&mut self, now: Instant, phase: Phase) {
        self.spent_ms[self.phase as usize] += now.ms_since(self.since);
        (self.phase, self.since) = (phase, now);
    }
}

impl Default for Awake {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Awake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total_ms: u64 = self.spent_ms.iter().sum();
        write!(formatter, "awake {total_ms} ms:")?;
        let mut separator = " ";
        for (phase, spent_ms) in Phase::ALL.iter().zip(self.spent_ms) {
            write!(formatter, "{separator}{} {spent_ms}", phase.name())?;
            separator = ", ";
        }
        Ok(())
    }
}
