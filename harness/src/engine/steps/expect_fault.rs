//! `expect-fault`: an armed fault met what it waited for.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
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
        // A request that the cloud holds for a power cut met no fault of the scenario.
        let is_hold = |id: u64| {
            let holds = |event: &Event| matches!(event, Event::Armed { hold: Some(hold), .. } if *hold == id);
            run.log.entries().iter().any(|entry| holds(&entry.event))
        };
        let met = run.log.from(start).find_map(|(index, entry)| match &entry.event {
            Event::FaultMet { id, what } if !is_hold(*id) => Some((index, what.clone())),
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
        let headline = format!("no fault was met within {within}");
        let armed = armed(run);
        let (expected, actual, help) = match armed.as_slice() {
            [] => (
                "an armed fault is met".to_owned(),
                "none is armed",
                "arm one before by `fault`; one that has acted as often as its `times` say is spent",
            ),
            armed => (
                format!("a request or connection that meets {}", armed.join(", or ")),
                "none came",
                "did the device ask for something else? `to`, `after` and `within` say what is waited for, and how long",
            ),
        };
        Mismatch::new(MismatchKind::FaultMissing, headline, expected, actual)
            .with_window(start..run.log.len())
            .with_help(help)
    }
}

/// The faults that wait, in words.
fn armed(run: &Run<'_>) -> Vec<String> {
    let mut armed: BTreeMap<u64, String> = BTreeMap::new();
    for entry in run.log.entries() {
        match &entry.event {
            Event::FaultArmed { id, what, .. } => drop(armed.insert(*id, what.clone())),
            Event::FaultMet { id, .. } | Event::Armed { hold: Some(id), .. } => {
                drop(armed.remove(id));
            }
            Event::FaultsCleared => armed.clear(),
            _ => {}
        }
    }
    armed.into_values().collect()
}
