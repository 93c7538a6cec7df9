//! `expect-gap`: the time between two events of a kind.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::Node;
use crate::scenario::watch::{self, Watch};
use crate::time;

const FIELDS: &[Field] = &[
    required("of", watch::SHAPE, "the events between which time is measured"),
    optional("below", Shape::Span, "less than this"),
    optional("above", Shape::Span, "more than this"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-gap",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Passes when the latest two of these events since `since:` (by default the beginning of the run) are so far apart; waits until there \
          are two.",
    example: "expect-gap: { of: GET shadow, above: 28s, below: 40s }",
    read: |context, _| {
        let span =
            |key: &str| context.node.get(key).and_then(Node::text).and_then(time::parse_span);
        let of = Watch::read(context.node.get("of")?)?;
        Some(Arc::new(ExpectGap { of, below: span("below"), above: span("above") }))
    },
};

#[derive(Debug)]
struct ExpectGap {
    of: Watch,
    below: Option<Duration>,
    above: Option<Duration>,
}

impl Step for ExpectGap {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.since().unwrap_or(0);
        let places = search::all(&self.of, start, run);
        let [.., first, second] = places.as_slice() else { return Progress::Waiting(None) };
        let entries = run.log.entries();
        let (Some(first), Some(second)) = (entries.get(*first), entries.get(*second)) else {
            return Progress::Waiting(None);
        };
        let gap = second.at.since(first.at);
        let bounds = [
            self.below.filter(|below| gap >= *below).map(|below| ("less than", below)),
            self.above.filter(|above| gap <= *above).map(|above| ("more than", above)),
        ];
        match bounds.into_iter().flatten().next() {
            None => Progress::Passed(json!({ "gap": gap.as_secs_f64() })),
            Some((words, bound)) => {
                let headline = format!("the gap between two of {} is wrong", self.of.words());
                let expected = format!("{words} {}", time::span(bound));
                Progress::failed(
                    Mismatch::new(headline, expected, time::span(gap))
                        .with_window(start..run.log.len()),
                )
            }
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.since().unwrap_or(0);
        let count = search::all(&self.of, start, run).len();
        let within = time::span(self.within(run.common));
        Mismatch::new(
            format!("no two of {} within {within}", self.of.words()),
            "2",
            count.to_string(),
        )
        .with_window(start..run.log.len())
    }
}
