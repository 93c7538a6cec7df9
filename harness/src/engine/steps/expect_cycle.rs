//! `expect-cycle`: one wake to sleep, the unit in which a sleeping device is thought of.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::expect_current::{self, Limits, Wants};
use super::expect_sleep::{self, SleepLength, find_sleep};
use super::{Context, Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::reading;
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::amount::Quantity;
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::scenario::problem::Problem;
use crate::scenario::request_pattern::{RequestPattern, parse_short};
use crate::time::{self, Moment};

/// What a cycle may be asked for.
pub(super) const FIELDS: &[Field] = &[
    optional("requests", Shape::List(&Shape::Request), "the complete list of requests, in order"),
    optional("awake", Shape::Map(AWAKE), "how long the device may be awake"),
    optional(
        "sleep",
        Shape::OneOf(&[Shape::Map(expect_sleep::FIELDS), Shape::Span]),
        "how long it must sleep",
    ),
    optional("cause", Shape::List(&Shape::Text), "why it woke, as `timer`"),
    optional(
        "charge",
        Shape::Map(expect_current::CHARGE),
        "what flowed from wake to sleep; needs a current meter",
    ),
    optional(
        "current",
        Shape::Map(expect_current::FIELDS),
        "what `expect-current` takes, from this wake to the next one; needs a current meter",
    ),
];

const AWAKE: &[Field] = &[
    optional("below", Shape::Span, "less than this"),
    optional("above", Shape::Span, "more than this"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-cycle",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Passes when the next cycle, from wake to sleep, is over and was as described; a cycle that has begun and that no step has \
          used to its end counts. `requests` is the complete list in order.",
    example: "expect-cycle: { requests: [GET shadow], awake: { below: 6s }, sleep: { for: 30s, tolerance: 5% } }",
    read,
};

fn read(context: &Context<'_>, problems: &mut Vec<Problem>) -> Option<Arc<dyn Step>> {
    Some(Arc::new(ExpectCycle { want: CycleWant::read(context.node, problems) }))
}

#[derive(Debug)]
struct ExpectCycle {
    want: CycleWant,
}

/// What a cycle must be like.
#[derive(Debug)]
pub(super) struct CycleWant {
    requests: Option<Vec<RequestPattern>>,
    below: Option<Duration>,
    above: Option<Duration>,
    sleep: Option<SleepLength>,
    causes: Vec<String>,
    charge: Option<Limits>,
    current: Option<Wants>,
}

impl CycleWant {
    /// Reads a checked node.
    pub(super) fn read(node: &Node, problems: &mut Vec<Problem>) -> Self {
        let texts = |node: &Node| {
            node.items().iter().filter_map(Node::text).map(str::to_owned).collect::<Vec<_>>()
        };
        let awake =
            |key: &str| node.get("awake")?.get(key).and_then(Node::text).and_then(time::parse_span);
        Self {
            requests: node
                .get("requests")
                .map(|node| texts(node).iter().filter_map(|text| parse_short(text).ok()).collect()),
            below: awake("below"),
            above: awake("above"),
            sleep: node.get("sleep").and_then(SleepLength::read),
            causes: node.get("cause").map(texts).unwrap_or_default(),
            charge: node
                .get("charge")
                .and_then(|node| Limits::read(node, Quantity::Charge, problems)),
            current: node.get("current").and_then(|node| Wants::read(node, problems)),
        }
    }

    /// What the bench must have.
    pub(super) const fn needs(&self) -> &'static [&'static str] {
        match (&self.charge, &self.current) {
            (None, None) => &[],
            _ => &["current-meter"],
        }
    }

    /// The next cycle as far as it is known: `None` while it is not over.
    pub(super) fn look(&self, run: &mut Run<'_>) -> Option<Result<Value, Mismatch>> {
        let (first_wake, ..) = find_wake(run.search_from(run.cursors.cycle), run)?;
        let sleep = find_sleep(first_wake, run)?;
        // A reset between the two begins the cycle again; what was cut short was no cycle.
        let (wake_index, woke_at, cause) =
            (first_wake..sleep.index).rev().find_map(|at| wake_at(at, run))?;
        let asleep_at = run.log.entries().get(sleep.index)?.at;
        if self.sleep.is_some() && sleep.length.is_none() {
            return None;
        }
        if self.charge.is_some() && reading::told_until(run.log) < asleep_at {
            return None;
        }
        let next_wake = run.log.from(sleep.index).find_map(|(_, entry)| match entry.event {
            Event::Wake { .. } => Some(entry.at),
            _ => None,
        });
        if self.current.is_some() && next_wake.is_none_or(|at| reading::told_until(run.log) < at) {
            return None;
        }
        run.cursors.cycle = sleep.index + 1;
        run.cursors.request = run.cursors.request.max(sleep.index + 1);
        let awake = asleep_at.since(woke_at);
        let range = run.cycle_start(wake_index)..sleep.index + 1;
        let requests = search::requests_between(run.log, range.clone());
        if let Some(mismatch) = self.wrong(&requests, awake, &cause, sleep.length) {
            return Some(Err(mismatch.with_window(range)));
        }
        let charge = self.charge.as_ref();
        if let Some(mismatch) =
            charge.and_then(|limits| expect_current::charge(limits, run, (woke_at, asleep_at)))
        {
            return Some(Err(mismatch.with_window(range)));
        }
        if let (Some(wants), Some(next_wake)) = (&self.current, next_wake)
            && let Err(mismatch) = wants.measured(run, (woke_at, next_wake))
        {
            return Some(Err((*mismatch).with_window(range)));
        }
        let shorts: Vec<_> = requests.into_iter().map(|(_, _, short)| short).collect();
        Some(Ok(json!({
            "cause": cause, "requests": shorts, "awake": awake.as_secs_f64(),
            "sleep": sleep.length.map(|span| span.as_secs_f64()),
        })))
    }

    fn wrong(
        &self,
        requests: &[(usize, Option<RequestPattern>, String)],
        awake: Duration,
        cause: &str,
        sleep: Option<Duration>,
    ) -> Option<Mismatch> {
        if let Some(wanted) = &self.requests {
            let right = wanted.len() == requests.len()
                && wanted.iter().zip(requests).all(|(want, (_, is, _))| Some(want) == is.as_ref());
            if !right {
                let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
                let actual: Vec<_> = requests.iter().map(|(_, _, short)| short.clone()).collect();
                return Some(Mismatch::new(
                    MismatchKind::CycleRequests,
                    "the cycle has other requests",
                    list(&wanted),
                    list(&actual),
                ));
            }
        }
        if let Some(below) = self.below.filter(|below| awake >= *below) {
            let expected = format!("less than {}", time::span(below));
            return Some(Mismatch::new(
                MismatchKind::AwakeTime,
                "the device was awake too long",
                expected,
                time::span(awake),
            ));
        }
        if let Some(above) = self.above.filter(|above| awake <= *above) {
            let expected = format!("more than {}", time::span(above));
            return Some(Mismatch::new(
                MismatchKind::AwakeTime,
                "the device was awake too short",
                expected,
                time::span(awake),
            ));
        }
        if let (Some(wanted), Some(actual)) = (&self.sleep, sleep)
            && !wanted.accepts(actual)
        {
            let headline = "the device sleeps for another time than expected";
            return Some(Mismatch::new(
                MismatchKind::SleepLength,
                headline,
                wanted.words(),
                time::span(actual),
            ));
        }
        if !self.causes.is_empty() && !self.causes.iter().any(|wanted| wanted == cause) {
            let headline = "the device woke for another cause than expected";
            return Some(Mismatch::new(
                MismatchKind::WakeCause,
                headline,
                self.causes.join(" or "),
                cause,
            ));
        }
        None
    }
}

fn list(items: &[String]) -> String {
    match items {
        [] => "none".into(),
        items => items.join(", "),
    }
}

/// The wake with which the next cycle begins: one that is still to come, or the one that the cursor has just passed.
fn find_wake(start: usize, run: &Run<'_>) -> Option<(usize, Moment, String)> {
    let running = (0..start).rev().find_map(|index| {
        match run.log.entries().get(index).map(|entry| &entry.event) {
            Some(Event::Sleep { .. }) => Some(None),
            Some(Event::Wake { .. }) => Some(wake_at(index, run)),
            _ => None,
        }
    });
    running.flatten().or_else(|| (start..run.log.len()).find_map(|index| wake_at(index, run)))
}

fn wake_at(index: usize, run: &Run<'_>) -> Option<(usize, Moment, String)> {
    let entry = run.log.entries().get(index)?;
    let Event::Wake { cause } = &entry.event else { return None };
    Some((index, entry.at, cause.clone()))
}

impl Step for ExpectCycle {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        match self.want.look(run) {
            None => Progress::Waiting(None),
            Some(Ok(seen)) => Progress::Passed(seen),
            Some(Err(mismatch)) => Progress::failed(mismatch),
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        late(&time::span(self.within(run.common)), run)
    }

    fn needs(&self) -> &'static [&'static str] {
        self.want.needs()
    }
}

/// Why a cycle did not end in time.
pub(super) fn late(within: &str, run: &Run<'_>) -> Mismatch {
    let start = run.search_from(run.cursors.cycle);
    let actual = match find_wake(start, run) {
        None => "no wake",
        Some(_) => "awake, and not asleep again",
    };
    Mismatch::new(
        MismatchKind::CycleMissing,
        format!("no cycle ended within {within}"),
        "a wake and a sleep",
        actual,
    )
    .with_window(start..run.log.len())
}
