//! `expect-pin`: the device drives an output.

use std::sync::Arc;

use serde_json::json;

use super::set_pin::whole;
use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind, NearMiss};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::Node;
use crate::time;

const FIELDS: &[Field] = &[
    required("pin", Shape::Text, "the pin, or what hangs on it, by the board's name for it"),
    optional("value", Shape::Integer, "the value that it must get; any where it is left out"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-pin",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Passes on the next change of an output of the board to this value. The simulated board has `led` (0 or 1) and `motor` (percent of \
          full power, below zero backward). To count changes, use `expect-count: { of: { pin: ... } }`. Needs `pins`.",
    example: "expect-pin: { pin: led, value: 1 }",
    read: |context, _| {
        let pin = context.node.get("pin").and_then(Node::text)?.to_owned();
        Some(Arc::new(ExpectPin { pin, value: context.node.get("value").and_then(whole) }))
    },
};

#[derive(Debug)]
struct ExpectPin {
    pin: String,
    value: Option<i64>,
}

impl ExpectPin {
    fn words(&self) -> String {
        match self.value {
            Some(value) => format!("{}: {value}", self.pin),
            None => format!("a change of {}", self.pin),
        }
    }
}

impl Step for ExpectPin {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.search_from(run.cursors.pin);
        let found = run.log.from(start).find_map(|(index, entry)| match &entry.event {
            Event::Pin { pin, value } if *pin == self.pin => {
                self.value.is_none_or(|wanted| wanted == *value).then_some((index, *value))
            }
            _ => None,
        });
        let Some((index, value)) = found else { return Progress::Waiting(None) };
        run.cursors.pin = index + 1;
        Progress::Passed(json!({ "value": value }))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.search_from(run.cursors.pin);
        let within = time::span(self.within(run.common));
        let changes: Vec<_> = run
            .log
            .from(start)
            .filter(|(_, entry)| matches!(entry.event, Event::Pin { .. }))
            .collect();
        let actual = match changes.as_slice() {
            [] => "no pin changed".to_owned(),
            changes => {
                changes.iter().map(|(_, entry)| entry.event.words()).collect::<Vec<_>>().join(", ")
            }
        };
        let nearest = changes.iter().rev().find_map(|(index, entry)| match &entry.event {
            Event::Pin { pin, .. } if *pin == self.pin => {
                Some(NearMiss { index: *index, differences: Vec::new(), explanation: None })
            }
            _ => None,
        });
        Mismatch::new(
            MismatchKind::Pin,
            format!("the pin {} did not change as described within {within}", self.pin),
            self.words(),
            actual,
        )
        .with_nearest(nearest)
        .with_window(start..run.log.len())
    }

    fn needs(&self) -> &'static [&'static str] {
        &["pins"]
    }
}
