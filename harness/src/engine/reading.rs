//! What a current meter tells, and what is made of it: charge, average and peak over a stretch of time.

use std::time::Duration;

use serde_json::{Value, json};

use super::event::{Event, Log};
use crate::scenario::amount::Quantity;
use crate::time::Moment;

/// The share of a stretch that a meter may leave untold at its ends: its readings end where they end.
const UNTOLD_MAX: f64 = 0.001;

/// The current over a stretch of time. A meter tells one when the current changes, and one a second while it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// When the stretch ended.
    pub until: Moment,
    /// How long it was.
    pub length: Duration,
    /// The average in nanoamperes.
    pub average_na: i64,
    /// The highest sample in nanoamperes.
    pub peak_na: i64,
    /// Samples that the meter took and that never arrived: with any of them the stretch tells nothing.
    pub lost: u64,
}

impl Reading {
    /// The reading in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        let write = |amount: i64| Quantity::Current.write(amount as f64);
        let lost = match self.lost {
            0 => String::new(),
            lost => format!(", {lost} samples lost"),
        };
        let length = crate::time::span(self.length);
        format!("{} over {length}, peak {}{lost}", write(self.average_na), write(self.peak_na))
    }

    /// The reading as the members of a JSON object.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "until_us": self.until.micros(),
            "length_us": u64::try_from(self.length.as_micros()).unwrap_or(u64::MAX),
            "average_na": self.average_na, "peak_na": self.peak_na, "lost": self.lost,
        })
    }

    fn from(&self) -> Moment {
        Moment::at(self.until.since_start().saturating_sub(self.length))
    }
}

/// What was measured over stretches of time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// How much of the time is told.
    pub told: Duration,
    /// How long the stretches are.
    pub length: Duration,
    /// The charge in nanocoulombs.
    pub charge_nc: f64,
    /// The highest sample in nanoamperes.
    pub peak_na: f64,
    /// Samples that were lost.
    pub lost: u64,
}

impl Measured {
    /// The average in nanoamperes, over the time that is told.
    #[must_use]
    pub fn average_na(&self) -> f64 {
        let seconds = self.told.as_secs_f64();
        if seconds > 0.0 { self.charge_nc / seconds } else { 0.0 }
    }

    /// Why nothing may be made of it; `None` where something may.
    #[must_use]
    pub fn void(&self) -> Option<String> {
        if self.lost > 0 {
            return Some(format!("{} samples of the meter were lost in that time", self.lost));
        }
        let untold = self.length.saturating_sub(self.told).as_secs_f64();
        if self.length.is_zero() || untold > self.length.as_secs_f64() * UNTOLD_MAX {
            let (told, length) = (crate::time::span(self.told), crate::time::span(self.length));
            return Some(format!("the meter told {told} of {length}"));
        }
        None
    }
}

/// Adds up what the readings tell of some stretches of time, which do not overlap.
#[must_use]
pub fn measure(log: &Log, stretches: &[(Moment, Moment)]) -> Measured {
    let mut measured = Measured::default();
    for (from, to) in stretches {
        measured.length += to.since(*from);
    }
    for entry in log.entries() {
        let Event::Current(reading) = &entry.event else { continue };
        let overlap =
            |(from, to): &(Moment, Moment)| reading.until.min(*to).since(reading.from().max(*from));
        let told: Duration = stretches.iter().map(overlap).sum();
        if told.is_zero() {
            continue;
        }
        measured.told += told;
        measured.charge_nc += reading.average_na as f64 * told.as_secs_f64();
        measured.peak_na = measured.peak_na.max(reading.peak_na as f64);
        measured.lost += reading.lost;
    }
    measured
}

/// What the current does when a device wakes or goes to sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// It falls: a sleep begins.
    Fall,
    /// It rises: a wake begins.
    Rise,
}

/// When the current changed by which a phase begins that the console told of at `told`. A console is heard late: a chip boots before it
/// prints, and a busy machine reads when it can; the meter has its own clock. Where it shows no such change near that moment, that
/// moment stands.
#[must_use]
pub fn edge(log: &Log, told: Moment, edge: Edge) -> Moment {
    /// How long before it is told a change may have been.
    const BEFORE: Duration = Duration::from_secs(1);
    /// How far the clocks of meter and console may be apart.
    const AFTER: Duration = Duration::from_millis(100);
    /// A smaller change is none between waking and sleeping.
    const TIMES_MIN: f64 = 3.0;
    /// Changes that are apart by less than so many times are as large.
    const AS_MUCH: f64 = 10.0;
    let readings = log.entries().iter().filter_map(|entry| match &entry.event {
        Event::Current(reading) => Some(reading),
        _ => None,
    });
    let is_near = |at: Moment| at <= told.after(AFTER) && told <= at.after(BEFORE);
    // Nothing flows less than a nanoampere, nor backwards.
    let amount = |reading: &Reading| reading.average_na.max(1) as f64;
    let changes = readings.clone().zip(readings.skip(1)).filter_map(|(before, after)| {
        let times = match edge {
            Edge::Fall => amount(before) / amount(after),
            Edge::Rise => amount(after) / amount(before),
        };
        (times >= TIMES_MIN && is_near(before.until)).then_some((before.until, times))
    });
    // A radio that is turned on changes it as well, and less; an earlier wake changed it as much.
    let most = changes.clone().map(|(_, times)| times).fold(0.0, f64::max);
    changes.filter(|(_, times)| times * AS_MUCH >= most).last().map_or(told, |(at, _)| at)
}

/// Since when the meter tells; `None` before its first reading.
#[must_use]
pub fn told_from(log: &Log) -> Option<Moment> {
    log.entries().iter().find_map(|entry| match &entry.event {
        Event::Current(reading) => Some(reading.from()),
        _ => None,
    })
}

/// Up to when the meter has told.
#[must_use]
pub fn told_until(log: &Log) -> Moment {
    let last = log.entries().iter().rev().find_map(|entry| match &entry.event {
        Event::Current(reading) => Some(reading.until),
        _ => None,
    });
    last.unwrap_or(Moment::START)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: u64) -> Moment {
        Moment::at(Duration::from_millis(millis))
    }

    /// A log of readings as (length in ms, average in µA, lost), one behind the other.
    fn log(readings: &[(u64, i64, u64)]) -> Log {
        let mut log = Log::default();
        let mut until = 0;
        for (length, average, lost) in readings {
            until += length;
            let (length, average_na) = (Duration::from_millis(*length), average * 1000);
            let until = at(until);
            let reading =
                Reading { until, length, average_na, peak_na: average_na * 2, lost: *lost };
            log.push(until, Event::Current(reading));
        }
        log
    }

    #[test]
    fn a_stretch_takes_its_share_of_each_reading() {
        let log = log(&[(1000, 100, 0), (1000, 300, 0)]);
        let measured = measure(&log, &[(at(500), at(1500))]);
        assert_eq!(measured.void(), None);
        assert_eq!(measured.average_na().round(), 200_000.0);
        assert_eq!(measured.charge_nc.round(), 200_000.0);
        assert_eq!(measured.peak_na, 600_000.0);
    }

    fn log_of(readings: &[(u64, i64)]) -> Log {
        let readings: Vec<_> = readings.iter().map(|(length, of)| (*length, *of, 0)).collect();
        log(&readings)
    }

    #[test]
    fn a_phase_begins_where_the_current_changes_and_not_where_it_is_heard() {
        // Asleep for 5 s, awake for 400 ms with the radio on at the end, asleep again.
        let log = log(&[(5000, 8, 0), (300, 30_000, 0), (100, 82_000, 0), (5000, 8, 0)]);
        assert_eq!(edge(&log, at(5350), Edge::Rise), at(5000), "it booted before it printed");
        assert_eq!(edge(&log, at(5700), Edge::Fall), at(5400), "it was heard late");
        assert_eq!(edge(&log, at(5350), Edge::Fall), at(5400), "the clocks are apart");
        // Of two wakes within a second each has its own.
        let twice = log_of(&[(500, 8), (100, 82_000), (300, 8), (100, 40_000), (500, 8)]);
        assert_eq!(edge(&twice, at(1000), Edge::Rise), at(900));
        // Nothing near by: what the console says stands.
        assert_eq!(edge(&log, at(8000), Edge::Fall), at(8000));
        assert_eq!(edge(&log, at(4000), Edge::Rise), at(4000));
        assert_eq!(edge(&Log::default(), at(7), Edge::Rise), at(7));
    }

    #[test]
    fn a_gap_or_a_lost_sample_makes_it_void() {
        let lossy = log(&[(1000, 100, 0), (1000, 100, 3)]);
        let void = measure(&lossy, &[(at(0), at(2000))]).void().expect("samples are lost");
        assert_eq!(void, "3 samples of the meter were lost in that time");
        assert_eq!(measure(&lossy, &[(at(0), at(900))]).void(), None, "they were lost later");
        let short = log(&[(1000, 100, 0)]);
        let void = measure(&short, &[(at(0), at(2000))]).void().expect("half is untold");
        assert_eq!(void, "the meter told 1s of 2s");
    }

    proptest! {
        #[test]
        fn charge_does_not_depend_on_where_a_stretch_is_cut(
            readings in proptest::collection::vec((1_u64..5000, 0_i64..100_000, Just(0)), 1..20),
            cut in 0.0_f64..1.0,
        ) {
            let log = log(&readings);
            let end: u64 = readings.iter().map(|(length, ..)| length).sum();
            let middle = (end as f64 * cut) as u64;
            let whole = measure(&log, &[(at(0), at(end))]).charge_nc;
            let halves = measure(&log, &[(at(0), at(middle)), (at(middle), at(end))]).charge_nc;
            prop_assert!((whole - halves).abs() <= whole.abs() * 1e-9);
        }
    }
}
