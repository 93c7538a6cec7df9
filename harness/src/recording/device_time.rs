//! The time of the device: that of the log, with the sleeps as long as the device announced them.
//!
//! A sleep that was cut short to save time costs its whole length where the scenario runs in virtual time, and limits must
//! allow for that.

use std::time::Duration;

use crate::engine::{Event, Log};
use crate::time::Moment;

/// The device's time of each entry of a log.
#[must_use]
pub(super) fn device_times(log: &Log) -> Vec<Moment> {
    let mut ahead = Duration::ZERO;
    let mut asleep: Option<(Moment, Duration)> = None;
    log.entries()
        .iter()
        .map(|entry| {
            match &entry.event {
                Event::Sleep { announced } => {
                    asleep = announced.map(|length| (entry.at, length));
                }
                Event::Wake { .. } => {
                    if let Some((began, length)) = asleep.take() {
                        ahead += length.saturating_sub(entry.at.since(began));
                    }
                }
                _ => {}
            }
            entry.at.after(ahead)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_that_was_cut_short_counts_whole() {
        let at = |secs| Moment::at(Duration::from_secs(secs));
        let mut log = Log::default();
        log.push(at(1), Event::Sleep { announced: Some(Duration::from_secs(30)) });
        log.push(at(2), Event::Wake { cause: "timer".into() });
        log.push(at(3), Event::Sleep { announced: Some(Duration::from_secs(5)) });
        log.push(at(9), Event::Wake { cause: "timer".into() });
        assert_eq!(device_times(&log), [at(1), at(31), at(32), at(38)]);
    }
}
