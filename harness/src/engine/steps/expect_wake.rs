//! `expect-wake`: the device wakes up, for the right cause and after the right time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::expect_sleep::SleepLength;
use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::time;

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
                Mismatch::new(headline, self.causes.join(" or "), cause).with_window(window),
            );
        }
        let slept = slept_before(index, run).map(|began| at.since(began));
        if let (Some(wanted), actual) = (&self.after, slept)
            && !actual.is_some_and(|actual| wanted.accepts(actual))
        {
            let actual = actual.map_or_else(|| "no sleep was seen before it".into(), time::span);
            let headline = "the device slept for another time than expected";
            return Progress::failed(
                Mismatch::new(headline, wanted.words(), actual).with_window(window),
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
        Mismatch::new(format!("the device did not wake within {within}"), expected, "no wake")
            .with_window(start..run.log.len())
    }
}

fn slept_before(wake: usize, run: &Run<'_>) -> Option<crate::time::Moment> {
    let before = run.log.entries().get(..wake)?;
    before.iter().rev().find_map(|entry| match entry.event {
        Event::Sleep { .. } => Some(Some(entry.at)),
        Event::Wake { .. } => Some(None),
        _ => None,
    })?
}
