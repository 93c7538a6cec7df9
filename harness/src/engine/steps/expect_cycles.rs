//! `expect-cycles`: several cycles in a row, each as described.

use std::sync::Arc;

use serde_json::json;

use super::expect_cycle::{self, CycleWant};
use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::Data;
use crate::time;

const FIELDS: &[Field] = &[
    required("count", Shape::Whole, "how many"),
    optional("each", Shape::Map(expect_cycle::FIELDS), "what each of them must be like"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-cycles",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Passes when the next `count` cycles are over and each was as described.",
    example: "expect-cycles: { count: 5, each: { requests: [GET shadow], awake: { below: 6s } } }",
    read: |context, problems| {
        let Data::Number(count) = &context.node.get("count")?.data else { return None };
        let count = usize::try_from(count.as_u64()?).ok()?;
        let each = context.node.get("each").unwrap_or(context.node);
        Some(Arc::new(ExpectCycles { count, each: CycleWant::read(each, problems) }))
    },
};

#[derive(Debug)]
struct ExpectCycles {
    count: usize,
    each: CycleWant,
}

impl Step for ExpectCycles {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let mut done = run.memory.mark.unwrap_or(0);
        while done < self.count {
            match self.each.look(run) {
                None => return Progress::Waiting(None),
                Some(Ok(_)) => done += 1,
                Some(Err(mismatch)) => {
                    let headline =
                        format!("cycle {} of {}: {}", done + 1, self.count, mismatch.headline);
                    return Progress::failed(Mismatch { headline, ..mismatch });
                }
            }
            run.memory.mark = Some(done);
        }
        Progress::Passed(json!({ "count": done }))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let done = run.memory.mark.unwrap_or(0);
        let mismatch = expect_cycle::late(&time::span(self.within(run.common)), run);
        let headline = format!("{done} of {} cycles; {}", self.count, mismatch.headline);
        Mismatch { headline, ..mismatch }
    }

    fn needs(&self) -> &'static [&'static str] {
        self.each.needs()
    }
}
