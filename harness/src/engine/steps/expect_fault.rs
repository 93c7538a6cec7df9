//! `expect-fault`: an armed fault met what it waited for.

use std::sync::Arc;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "expect-fault",
    shape: Shape::Choice(&["applied"]),
    beside: &[],
    doc: "Passes when the next armed fault has met its request or connection; the request that it hit counts as seen.",
    example: "expect-fault: applied",
    read: |_, _| Some(Arc::new(ExpectFault)),
};

#[derive(Debug)]
struct ExpectFault;

impl Step for ExpectFault {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.search_from(run.cursors.fault);
        let met = run.log.from(start).find_map(|(index, entry)| match &entry.event {
            Event::FaultMet { what, .. } => Some((index, what.clone())),
            _ => None,
        });
        let Some((index, what)) = met else { return Progress::Waiting(None) };
        run.cursors.fault = index + 1;
        run.cursors.request = run.cursors.request.max(index + 1);
        Progress::Passed(json!({ "fault": what }))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        let start = run.search_from(run.cursors.fault);
        Mismatch::new(
            format!("no fault was met within {within}"),
            "an armed fault is met",
            "none was",
        )
        .with_window(start..run.log.len())
    }
}
