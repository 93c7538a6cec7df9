//! `expect-count`: so many of something, no more and no less.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::{Data, Node};
use crate::scenario::plan::Common;
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::watch::{self, Watch};
use crate::time;

const FIELDS: &[Field] = &[
    required("of", watch::SHAPE, "what is counted"),
    optional("exactly", Shape::Whole, "no more and no less"),
    optional("at-least", Shape::Whole, "this many or more"),
    optional("at-most", Shape::Whole, "this many or fewer"),
    optional("over", Shape::Span, "watch this long from the beginning of the step, then count"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-count",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Counts events since the beginning of the run, or `since:`. `at-least` waits for them; `exactly` and `at-most` look at what \
          there is so far, or at the end of `over`.",
    example: "expect-count: { of: POST shadow, exactly: 1, over: 30s }",
    read: |context, problems| {
        let number = |key: &str| match &context.node.get(key)?.data {
            Data::Number(number) => number.as_u64().and_then(|n| usize::try_from(n).ok()),
            _ => None,
        };
        let (least, most) = match (number("exactly"), number("at-least"), number("at-most")) {
            (Some(exactly), None, None) => (exactly, Some(exactly)),
            (None, Some(least), most) => (least, most),
            (None, None, Some(most)) => (0, Some(most)),
            _ => {
                let what = "`expect-count`, beside `of`,".to_owned();
                let kind = ProblemKind::Missing { key: "exactly, at-least or at-most", what };
                problems.push(Problem::new(context.node.span, kind));
                return None;
            }
        };
        let over = context.node.get("over").and_then(Node::text).and_then(time::parse_span);
        Some(Arc::new(ExpectCount { of: Watch::read(context.node.get("of")?)?, least, most, over }))
    },
};

#[derive(Debug)]
struct ExpectCount {
    of: Watch,
    least: usize,
    most: Option<usize>,
    over: Option<Duration>,
}

impl ExpectCount {
    fn start(&self, run: &Run<'_>) -> usize {
        run.since().unwrap_or(if self.over.is_some() { run.started_index } else { 0 })
    }

    fn wrong(&self, count: usize, run: &Run<'_>) -> Mismatch {
        let expected = match self.most {
            Some(most) if most == self.least => format!("{most}"),
            Some(most) if self.least == 0 => format!("at most {most}"),
            Some(most) => format!("{} to {most}", self.least),
            None => format!("at least {}", self.least),
        };
        let headline = format!("counted {count} of {}", self.of.filled(run.variables).words());
        Mismatch::new(MismatchKind::Count, headline, expected, count.to_string())
            .with_window(self.start(run)..run.log.len())
    }
}

impl Step for ExpectCount {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let count = search::all(&self.of, self.start(run), run).len();
        if self.most.is_some_and(|most| count > most) {
            return Progress::failed(self.wrong(count, run));
        }
        let end = self.over.map(|over| run.started_at.after(over));
        match end {
            Some(end) if run.now < end => Progress::Waiting(Some(end)),
            _ if count >= self.least => Progress::Passed(json!({ "count": count })),
            Some(_) => Progress::failed(self.wrong(count, run)),
            None => Progress::Waiting(None),
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        self.wrong(search::all(&self.of, self.start(run), run).len(), run)
    }

    fn hears_shadow(&self) -> bool {
        self.of.hears_shadow()
    }

    fn within(&self, common: &Common) -> Duration {
        // Watching to the end of `over` is the step's job, so its limit may not come first.
        common.limit().max(self.over.unwrap_or_default())
    }
}
