//! `expect-wake`: the device wakes up, for the right cause and after the right time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::expect_sleep::SleepLength;
use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::time::{self, Moment};

const FIELDS: &[Field] = &[
    optional(
        "cause",
        Shape::List(&Shape::Text),
        "the cause must be one of these, as `timer`, `power-on`, `external`",
    ),
    optional("after", super::expect_sleep::VERB.shape, "how long it must have slept, measured"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-wake",
    shape: Shape::OneOf(&[Shape::Map(FIELDS), Shape::Text]),
    beside: &[],
    doc: "Passes on the next wake. A bare word is the cause; `true` or an empty map takes any.",
    example: "expect-wake: { cause: timer, after: { for: 30s, tolerance: 5% } }",
    read: |context, _| {
        let causes = context.node.text().map_or_else(
            || {
                context
                    .node
                    .get("cause")
                    .map_or(&[][..], Node::items)
                    .iter()
                    .filter_map(Node::text)
                    .collect()
            },
            |cause| vec![cause],
        );
        let causes = causes.into_iter().map(str::to_owned).collect();
        let after = context.node.get("after").and_then(SleepLength::read);
        Some(Arc::new(ExpectWake { causes, after }))
    },
};

#[derive(Debug)]
struct ExpectWake {
    causes: Vec<String>,
    after: Option<SleepLength>,
}

impl Step for ExpectWake {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.search_from(run.cursors.cycle);
        let wake = run.log.from(start).find_map(|(index, entry)| match &entry.event {
            Event::Wake { cause } => Some((index, entry.at, cause.clone())),
            _ => None,
        });
        let Some((index, at, cause)) = wake else { return Progress::Waiting(None) };
        run.cursors.cycle = index + 1;
        let window = start..run.log.len();
        if !self.causes.is_empty() && !self.causes.contains(&cause) {
            let headline = "the device woke for another cause than expected";
            return Progress::failed(
                Mismatch::new(MismatchKind::WakeCause, headline, self.causes.join(" or "), cause)
                    .with_window(window),
            );
        }
        let slept = slept_before(index, run).map(|began| at.since(began));
        if let (Some(wanted), actual) = (&self.after, slept)
            && !actual.is_some_and(|actual| wanted.accepts(actual))
        {
            let actual = actual.map_or_else(|| "no sleep was seen before it".into(), time::span);
            let headline = "the device slept for another time than expected";
            return Progress::failed(
                Mismatch::new(MismatchKind::SleepLength, headline, wanted.words(), actual)
                    .with_window(window),
            );
        }
        Progress::Passed(
            json!({ "cause": cause, "after": slept.map(|span: Duration| span.as_secs_f64()) }),
        )
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.search_from(run.cursors.cycle);
        let within = time::span(self.within(run.common));
        let expected = match self.causes.as_slice() {
            [] => "a wake".to_owned(),
            causes => format!("a wake by {}", causes.join(" or ")),
        };
        let headline = format!("the device did not wake within {within}");
        let window = start..run.log.len();
        let Some((began, announced)) = asleep(run) else {
            return Mismatch::new(MismatchKind::WakeMissing, headline, expected, "it is awake")
                .with_window(window)
                .with_help(
                    "wait for its sleep first, by `expect-sleep`, or look from `since: start`",
                );
        };
        let length = announced.map(|length| format!(", for {}", time::span(length)));
        let actual = format!("asleep since {began}{}", length.unwrap_or_default());
        let mismatch = Mismatch::new(MismatchKind::WakeMissing, headline, expected, actual);
        let mismatch = mismatch.with_window(window);
        match announced.map(|length| began.after(length)) {
            Some(end) if end > run.now => mismatch.with_help(format!(
                "it said that it sleeps until {end}: give it that long by `within`, or wake it by `wake: pin`"
            )),
            _ => mismatch,
        }
    }
}

/// Since when it sleeps, and how long it said that it would; `None` if it is awake.
fn asleep(run: &Run<'_>) -> Option<(Moment, Option<Duration>)> {
    run.log.entries().iter().rev().find_map(|entry| match entry.event {
        Event::Sleep { announced } => Some(Some((entry.at, announced))),
        Event::Wake { .. } | Event::Reset { .. } | Event::Power { .. } => Some(None),
        _ => None,
    })?
}

fn slept_before(wake: usize, run: &Run<'_>) -> Option<Moment> {
    let before = run.log.entries().get(..wake)?;
    before.iter().rev().find_map(|entry| match entry.event {
        Event::Sleep { .. } => Some(Some(entry.at)),
        Event::Wake { .. } => Some(None),
        _ => None,
    })?
}
