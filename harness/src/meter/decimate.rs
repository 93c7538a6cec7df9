//! Samples to readings: few while nothing changes, a new one where the current does. Pure.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::time::Duration;

use super::ppk2::{SAMPLES_A_SECOND, Sample};

/// Samples that are looked at together: 10 ms.
const BLOCK_SAMPLES: u64 = SAMPLES_A_SECOND / 100;

/// The longest reading.
const LENGTH_MAX: u64 = SAMPLES_A_SECOND;

/// A change by less than this many nanoamperes begins no new reading.
const EDGE_NA: f64 = 100_000.0;

/// A change by less than this share of what was before begins none either.
const EDGE_SHARE: f64 = 0.3;

/// A stretch of samples, its time counted from the first sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// When it ended.
    pub until: Duration,
    /// How long it was.
    pub length: Duration,
    /// The average in nanoamperes.
    pub average_na: f64,
    /// The highest sample.
    pub peak_na: f64,
    /// Samples that were lost in it.
    pub lost: u64,
}

/// Samples as they are added up.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    /// Samples, lost ones too: each is ten microseconds.
    count: u64,
    lost: u64,
    total_na: f64,
    peak_na: f64,
}

impl Sum {
    fn add(&mut self, sample: Sample) {
        match sample {
            Sample::Current { na, is_settled } => {
                self.count += 1;
                self.total_na += na;
                if is_settled {
                    self.peak_na = self.peak_na.max(na);
                }
            }
            Sample::Lost(lost) => {
                self.count += lost;
                self.lost += lost;
            }
        }
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        self.lost += other.lost;
        self.total_na += other.total_na;
        self.peak_na = self.peak_na.max(other.peak_na);
    }

    fn average(&self) -> f64 {
        let told = self.count - self.lost;
        if told == 0 { 0.0 } else { self.total_na / told as f64 }
    }
}

/// Samples to stretches, which follow each other without a gap.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decimator {
    /// Samples that were told already.
    told: u64,
    open: Sum,
    block: Sum,
}

impl Decimator {
    /// Takes in a sample; returns the stretch that it ends, if it ends one.
    pub fn feed(&mut self, sample: Sample) -> Option<Stretch> {
        self.block.add(sample);
        if self.block.count < BLOCK_SAMPLES {
            return None;
        }
        let block = std::mem::take(&mut self.block);
        let change = (block.average() - self.open.average()).abs();
        let is_edge = change > EDGE_NA.max(self.open.average().abs() * EDGE_SHARE);
        let ended =
            (self.open.count > 0 && (is_edge || self.open.count >= LENGTH_MAX)).then(|| self.end());
        self.open.join(&block);
        ended
    }

    /// The rest, at the end of a measurement.
    pub fn finish(&mut self) -> Option<Stretch> {
        let block = std::mem::take(&mut self.block);
        self.open.join(&block);
        (self.open.count > 0).then(|| self.end())
    }

    fn end(&mut self) -> Stretch {
        let sum = std::mem::take(&mut self.open);
        self.told += sum.count;
        let time = |samples: u64| Duration::from_micros(samples * (1_000_000 / SAMPLES_A_SECOND));
        Stretch {
            until: time(self.told),
            length: time(sum.count),
            average_na: sum.average(),
            peak_na: sum.peak_na,
            lost: sum.lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stretches of runs of samples, each (how many milliseconds, how many microamperes), as (ms, µA).
    fn check(runs: &[(u64, f64)], expected: &[(u64, f64)]) {
        let mut decimator = Decimator::default();
        let mut stretches = Vec::new();
        for (millis, ua) in runs {
            for _ in 0..millis * SAMPLES_A_SECOND / 1000 {
                let sample = Sample::Current { na: ua * 1000.0, is_settled: true };
                stretches.extend(decimator.feed(sample));
            }
        }
        stretches.extend(decimator.finish());
        let found: Vec<_> = stretches
            .iter()
            .map(|stretch| {
                (stretch.length.as_millis() as u64, (stretch.average_na / 1000.0).round())
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_steady_current_is_told_once_a_second() {
        check(&[(2500, 8.0)], &[(1000, 8.0), (1000, 8.0), (500, 8.0)]);
    }

    #[test]
    fn an_edge_begins_a_new_reading() {
        check(
            &[(200, 8.0), (300, 80_000.0), (100, 8.0)],
            &[(200, 8.0), (300, 80_000.0), (100, 8.0)],
        );
    }

    #[test]
    fn what_is_lost_is_counted_and_takes_its_time() {
        let mut decimator = Decimator::default();
        assert_eq!(decimator.feed(Sample::Lost(50)), None);
        let stretch = decimator.finish().expect("it has a length");
        assert_eq!((stretch.lost, stretch.length), (50, Duration::from_micros(500)));
    }

    proptest! {
        #[test]
        fn stretches_follow_each_other_and_keep_the_charge(
            runs in proptest::collection::vec((0.0_f64..1e8, 1_usize..3000), 1..20),
        ) {
            let mut decimator = Decimator::default();
            let mut stretches = Vec::new();
            let mut charge = 0.0;
            for (na, count) in runs {
                for _ in 0..count {
                    charge += na;
                    stretches.extend(decimator.feed(Sample::Current { na, is_settled: true }));
                }
            }
            stretches.extend(decimator.finish());
            let mut until = Duration::ZERO;
            let mut told = 0.0;
            for stretch in stretches {
                prop_assert_eq!(stretch.until - stretch.length, until);
                until = stretch.until;
                told += stretch.average_na * stretch.length.as_micros() as f64 / 10.0;
            }
            prop_assert!((told - charge).abs() <= charge * 1e-9 + 1e-6);
        }
    }
}
