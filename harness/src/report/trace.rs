//! `current.csv`: what the current meter told of a case, for spreadsheets and plots.

use super::CaseReport;
use crate::engine::Event;
use crate::time::Moment;

/// The head of the table.
const HEAD: &str = "from_s,until_s,average_ua,peak_ua,lost_samples\n";

/// One line a reading, in the order of time, with seconds of device time and microamperes; `None` where nothing was measured.
#[must_use]
pub fn render(case: &CaseReport) -> Option<String> {
    let mut lines = String::new();
    for entry in case.outcome.log.entries() {
        let Event::Current(reading) = &entry.event else { continue };
        let until = reading.until.since_start();
        let from = until.saturating_sub(reading.length);
        let micro = |na: i64| na as f64 / 1000.0;
        lines += &format!(
            "{},{},{},{},{}\n",
            seconds(Moment::at(from)),
            seconds(reading.until),
            micro(reading.average_na),
            micro(reading.peak_na),
            reading.lost
        );
    }
    (!lines.is_empty()).then(|| format!("{HEAD}{lines}"))
}

/// Seconds to the microsecond, so that sums of lengths stay what they were.
fn seconds(moment: Moment) -> String {
    let micros = moment.micros();
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
