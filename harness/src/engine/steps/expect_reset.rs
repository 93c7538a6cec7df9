//! `expect-reset`: the chip is reset, for the right cause.

use std::sync::Arc;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::scenario::watch::CAUSES;
use crate::time;

const FIELDS: &[Field] =
    &[optional("cause", Shape::List(&Shape::Choice(CAUSES)), "the cause must be one of these")];

pub(super) const VERB: Verb = Verb {
    name: "expect-reset",
    shape: Shape::OneOf(&[Shape::Map(FIELDS), Shape::Choice(CAUSES)]),
    beside: &[],
    doc: "Passes on the next reset of the chip; a bare word is the cause. A wake from deep sleep is a wake, not a reset.",
    example: "expect-reset: { cause: [power-on, brownout] }",
    read: |context, _| {
        let items = context.node.get("cause").unwrap_or(context.node).items();
        let causes = items.iter().filter_map(Node::text).map(str::to_owned).collect();
        Some(Arc::new(ExpectReset { causes }))
    },
};

#[derive(Debug)]
struct ExpectReset {
    causes: Vec<String>,
}

impl Step for ExpectReset {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.search_from(run.cursors.reset);
        let reset = run.log.from(start).find_map(|(index, entry)| match &entry.event {
            Event::Reset { cause } => Some((index, cause.clone())),
            _ => None,
        });
        let Some((index, cause)) = reset else { return Progress::Waiting(None) };
        run.cursors.reset = index + 1;
        if !self.causes.is_empty() && !self.causes.contains(&cause) {
            let headline = "the chip was reset for another cause than expected";
            let mismatch =
                Mismatch::new(MismatchKind::ResetCause, headline, self.causes.join(" or "), cause);
            return Progress::failed(mismatch.with_window(start..run.log.len()));
        }
        Progress::Passed(json!({ "cause": cause }))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        let expected = match self.causes.as_slice() {
            [] => "a reset".to_owned(),
            causes => format!("a reset by {}", causes.join(" or ")),
        };
        Mismatch::new(
            MismatchKind::ResetMissing,
            format!("no reset within {within}"),
            expected,
            "no reset",
        )
        .with_window(run.search_from(run.cursors.reset)..run.log.len())
    }
}
