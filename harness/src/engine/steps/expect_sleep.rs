//! `expect-sleep`: the device goes to sleep, for the time that it should.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, percent};
use crate::scenario::node::Node;
use crate::time::{self, Moment};

pub(super) const FIELDS: &[Field] = &[
    optional("for", Shape::Span, "how long the sleep must be"),
    optional("tolerance", Shape::Percent, "how much longer or shorter it may be; default 10%"),
];

/// The share by which a sleep may be off where the scenario does not say; slow clocks of ESP chips drift this much.
const TOLERANCE_DEFAULT: f64 = 10.0;

pub(super) const VERB: Verb = Verb {
    name: "expect-sleep",
    shape: Shape::OneOf(&[Shape::Map(FIELDS), Shape::Span]),
    beside: &[],
    doc: "Passes when the device goes to sleep. With `for`, the announced length must be right; where a device does not announce it, the \
          step waits for the wake and measures.",
    example: "expect-sleep: { for: 30s, tolerance: 5% }",
    read: |context, _| Some(Arc::new(ExpectSleep { length: SleepLength::read(context.node) })),
};

#[derive(Debug)]
struct ExpectSleep {
    length: Option<SleepLength>,
}

/// How long a sleep must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct SleepLength {
    length: Duration,
    tolerance_percent: f64,
}

impl SleepLength {
    /// Reads `{ for, tolerance }` or a bare span.
    pub(super) fn read(node: &Node) -> Option<Self> {
        let text = node.get("for").or(Some(node)).and_then(Node::text)?;
        let tolerance = node.get("tolerance").and_then(Node::text).and_then(percent);
        let length = time::parse_span(text)?;
        Some(Self { length, tolerance_percent: tolerance.unwrap_or(TOLERANCE_DEFAULT) })
    }

    /// Whether a length is right.
    pub(super) fn accepts(&self, actual: Duration) -> bool {
        let off = actual.as_secs_f64() - self.length.as_secs_f64();
        off.abs() <= self.length.as_secs_f64() * self.tolerance_percent / 100.0
    }

    /// The length in words: `30s ± 5%`.
    pub(super) fn words(&self) -> String {
        format!("{} ± {}%", time::span(self.length), self.tolerance_percent)
    }
}

/// A sleep in the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sleep {
    /// Where it begins in the log.
    pub(super) index: usize,
    /// How long it is: as announced, else as measured; `None` while it cannot be known.
    pub(super) length: Option<Duration>,
}

/// The first sleep from `start` on.
pub(super) fn find_sleep(start: usize, run: &Run<'_>) -> Option<Sleep> {
    let (index, began, announced) =
        run.log.from(start).find_map(|(index, entry)| match entry.event {
            Event::Sleep { announced } => Some((index, entry.at, announced)),
            _ => None,
        })?;
    Some(Sleep { index, length: announced.or_else(|| measured(index, began, run)) })
}

/// How long a sleep really was, if it is over.
pub(super) fn measured(index: usize, began: Moment, run: &Run<'_>) -> Option<Duration> {
    run.log.from(index).find_map(|(_, entry)| match entry.event {
        Event::Wake { .. } => Some(entry.at.since(began)),
        _ => None,
    })
}

impl Step for ExpectSleep {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.search_from(run.cursors.cycle);
        let Some(sleep) = find_sleep(start, run) else { return Progress::Waiting(None) };
        let Some(wanted) = self.length else {
            run.cursors.cycle = sleep.index + 1;
            return Progress::Passed(json!({ "for": sleep.length.map(|span| span.as_secs_f64()) }));
        };
        let Some(length) = sleep.length else { return Progress::Waiting(None) };
        run.cursors.cycle = sleep.index + 1;
        if wanted.accepts(length) {
            return Progress::Passed(json!({ "for": length.as_secs_f64() }));
        }
        let headline = "the device sleeps for another time than expected";
        Progress::failed(
            Mismatch::new(MismatchKind::SleepLength, headline, wanted.words(), time::span(length))
                .with_window(start..run.log.len()),
        )
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.search_from(run.cursors.cycle);
        let within = time::span(self.within(run.common));
        let expected = self.length.map_or_else(
            || "a sleep".to_owned(),
            |length| format!("a sleep of {}", length.words()),
        );
        Mismatch::new(
            MismatchKind::SleepMissing,
            format!("the device did not go to sleep within {within}"),
            expected,
            "still awake",
        )
        .with_window(start..run.log.len())
    }
}
