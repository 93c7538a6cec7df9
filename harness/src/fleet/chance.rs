//! Chance without a state: a number for each question, always the same for the same question.

/// What is asked of chance; each question has its own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// When in its first period a device starts.
    Start = 1,
    /// How long a way over the network takes.
    Latency,
    /// Whether something sent is lost, once more for each try.
    Loss,
    /// Whether a connection breaks.
    Reset,
    /// Whether a fault of the profile acts.
    Fault,
    /// Whether the power is cut in a wake.
    Cut,
    /// At which of the wake's edges it is cut.
    Edge,
    /// Whether the device is told a wrong date.
    WrongDate,
    /// How far the date is off that it is told.
    DateOff,
    /// How much too long or too short it sleeps.
    SleepOff,
    /// When the app side changes something next.
    Change,
    /// What it changes it to.
    Value,
    /// Whether a power cut at a write of the state leaves only a part of it.
    Torn,
}

/// The chance of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chance {
    seed: u64,
}

/// For which device, in which of its wakes, and at which place of the wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the device.
    pub device: u32,
    /// The number of its wake.
    pub wake: u32,
    /// The number of the place; what is counted depends on the question.
    pub number: u32,
}

impl Chance {
    /// The chance of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed: mix(seed) }
    }

    /// A number for a question at a place, any of 64 bits.
    #[must_use]
    pub const fn number(self, question: Question, place: Place) -> u64 {
        let who = (place.device as u64) << 32 | place.wake as u64;
        let what = (question as u64) << 32 | place.number as u64;
        mix(mix(self.seed ^ who) ^ what)
    }

    /// A number below a bound; 0 where the bound is 0. Bounds here are far below 2^32, so that the bias is too.
    #[must_use]
    pub const fn below(self, bound: u64, question: Question, place: Place) -> u64 {
        if bound == 0 { 0 } else { self.number(question, place) % bound }
    }

    /// Whether something happens that happens in so many of a million cases.
    #[must_use]
    pub const fn happens(self, per_million: u32, question: Question, place: Place) -> bool {
        per_million > 0 && self.below(1_000_000, question, place) < per_million as u64
    }
}

/// The finalizer of SplitMix64: each bit of what comes out depends on each bit of what goes in.
pub(super) const fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_of_splitmix64_is_the_published_one() {
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn something_happens_about_as_often_as_it_should() {
        for per_million in [0, 1_000, 30_000, 500_000, 1_000_000] {
            let chance = Chance::new(7);
            let happens = |wake| {
                let place = Place { device: wake % 17, wake, number: 0 };
                chance.happens(per_million, Question::Loss, place)
            };
            let count = (0..100_000).filter(|wake| happens(*wake)).count() as f64;
            let expected = f64::from(per_million) / 10.0;
            assert!((count - expected).abs() <= expected.sqrt() * 4.0, "{count} of {expected}");
        }
    }
}
