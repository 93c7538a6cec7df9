//! What is counted while a fleet runs: totals, and series over time for the report.

use std::time::Duration;

use crate::time::Moment;

/// How many points a series has at most: as many as a plot can show side by side.
pub const BUCKETS_MAX: usize = 240;

/// Counts of a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Changes of desired states by the app side.
    pub changes: u32,
    /// Power cuts.
    pub cuts: u32,
    /// Faults that were met.
    pub faults: u32,
    /// The most requests within one second.
    pub peak: u32,
    /// New versions of shadows by devices.
    pub reports: u32,
    /// Requests that were not answered with 200.
    pub refused: u32,
    /// Requests.
    pub requests: u32,
    /// Wakes.
    pub wakes: u32,
}

/// What was counted.
#[derive(Debug, Clone)]
pub struct Tally {
    /// How long each bucket is.
    pub width: Duration,
    /// The stretches of the run, in order.
    pub buckets: Vec<Bucket>,
    /// How long each change waited until the device had reported it: the place of the bucket in which it did, and milliseconds.
    pub lags: Vec<(u16, u32)>,
    /// The requests of each second.
    seconds: Vec<u32>,
}

/// The sums over a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Changes of desired states by the app side.
    pub changes: u64,
    /// Power cuts.
    pub cuts: u64,
    /// Faults that were met.
    pub faults: u64,
    /// New versions of shadows by devices.
    pub reports: u64,
    /// Requests that were not answered with 200.
    pub refused: u64,
    /// Requests.
    pub requests: u64,
    /// Wakes.
    pub wakes: u64,
}

impl Bucket {
    /// All counts of both; the peak is of seconds, which the buckets do not know.
    const fn add(&mut self, other: &Self) {
        let Self { changes, cuts, faults, peak: _, reports, refused, requests, wakes } = self;
        *changes += other.changes;
        *cuts += other.cuts;
        *faults += other.faults;
        *reports += other.reports;
        *refused += other.refused;
        *requests += other.requests;
        *wakes += other.wakes;
    }
}

impl Tally {
    /// Nothing counted yet of a run of that length.
    #[must_use]
    pub fn new(span: Duration) -> Self {
        let seconds = span.as_secs().max(1);
        let width = seconds.div_ceil(BUCKETS_MAX as u64);
        let count = usize::try_from(seconds.div_ceil(width)).unwrap_or(BUCKETS_MAX);
        Self {
            width: Duration::from_secs(width),
            buckets: vec![Bucket::default(); count],
            lags: Vec::new(),
            seconds: Vec::new(),
        }
    }

    /// The counts of that time.
    pub fn at(&mut self, now: Moment) -> &mut Bucket {
        let index = self.index(now);
        &mut self.buckets[index]
    }

    /// Counts a request.
    pub fn request(&mut self, now: Moment) {
        let second = usize::try_from(now.since_start().as_secs()).unwrap_or(usize::MAX);
        if second >= self.seconds.len() {
            self.seconds.resize(second + 1, 0);
        }
        self.seconds[second] += 1;
        let in_second = self.seconds[second];
        let bucket = self.at(now);
        bucket.requests += 1;
        bucket.peak = bucket.peak.max(in_second);
    }

    /// Counts a change that the device has reported.
    pub fn lag(&mut self, now: Moment, changed_at: Moment) {
        let index = u16::try_from(self.index(now)).unwrap_or(u16::MAX);
        let millis = u32::try_from(now.since(changed_at).as_millis()).unwrap_or(u32::MAX);
        self.lags.push((index, millis));
    }

    /// Counts what was counted in another part of the same fleet as well.
    pub fn join(&mut self, other: &Self) {
        for (bucket, other) in self.buckets.iter_mut().zip(&other.buckets) {
            bucket.add(other);
        }
        self.lags.extend_from_slice(&other.lags);
        self.seconds.resize(self.seconds.len().max(other.seconds.len()), 0);
        for (count, other) in self.seconds.iter_mut().zip(&other.seconds) {
            *count += other;
        }
        for second in 0..self.seconds.len() {
            let count = self.seconds[second];
            let bucket = self.at(Moment::at(Duration::from_secs(second as u64)));
            bucket.peak = bucket.peak.max(count);
        }
    }

    /// The sums.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let sum = |count: fn(&Bucket) -> u32| {
            self.buckets.iter().map(|bucket| u64::from(count(bucket))).sum()
        };
        Totals {
            changes: sum(|bucket| bucket.changes),
            cuts: sum(|bucket| bucket.cuts),
            faults: sum(|bucket| bucket.faults),
            reports: sum(|bucket| bucket.reports),
            refused: sum(|bucket| bucket.refused),
            requests: sum(|bucket| bucket.requests),
            wakes: sum(|bucket| bucket.wakes),
        }
    }

    /// The lag that this share of the changes stayed below, in milliseconds; of one bucket, or of the whole run.
    #[must_use]
    pub fn lag_below(&self, share: f64, bucket: Option<usize>) -> Option<u32> {
        let wanted = |index: u16| bucket.is_none_or(|bucket| bucket == usize::from(index));
        let mut lags: Vec<u32> =
            self.lags.iter().filter(|(index, _)| wanted(*index)).map(|(_, lag)| *lag).collect();
        lags.sort_unstable();
        let place = (lags.len() as f64 * share).ceil() as usize;
        lags.get(place.saturating_sub(1)).copied()
    }

    fn index(&self, now: Moment) -> usize {
        let index = now.since_start().as_secs() / self.width.as_secs().max(1);
        usize::try_from(index).unwrap_or(usize::MAX).min(self.buckets.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    #[test]
    fn the_peak_is_the_fullest_second_of_a_bucket() {
        let mut tally = Tally::new(Duration::from_secs(480));
        for second in [0, 0, 1, 2, 2, 2, 3] {
            tally.request(at(second));
        }
        let peaks: Vec<_> = tally.buckets.iter().take(3).map(|bucket| bucket.peak).collect();
        assert_eq!((tally.width.as_secs(), peaks), (2, vec![2, 3, 0]));
        assert_eq!(tally.totals().requests, 7);
        let other = tally.clone();
        tally.join(&other);
        let peaks: Vec<_> = tally.buckets.iter().take(3).map(|bucket| bucket.peak).collect();
        assert_eq!((tally.totals().requests, peaks), (14, vec![4, 6, 0]));
    }

    #[test]
    fn a_share_of_the_lags_is_below() {
        let mut tally = Tally::new(Duration::from_secs(100));
        assert_eq!(tally.lag_below(0.5, None), None);
        for seconds in 1..=10 {
            tally.lag(at(50), at(50 - seconds));
        }
        assert_eq!(tally.lag_below(0.5, None), Some(5000));
        assert_eq!(tally.lag_below(0.95, Some(50)), Some(10_000));
        assert_eq!(tally.lag_below(0.95, Some(3)), None);
    }
}
