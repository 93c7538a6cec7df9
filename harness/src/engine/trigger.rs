//! What is done as soon as something is observed: the mechanism behind verbs that are armed on an event.

use serde_json::Value;

use super::action::Action;
use super::event::{Event, Log};
use super::mismatch::Mismatch;
use super::search;
use crate::scenario::matcher::{Comparison, Strictness};
use crate::scenario::node::Span;
use crate::scenario::template::Variables;
use crate::scenario::watch::Watch;

/// Actions that wait for an event.
#[derive(Debug, Clone)]
pub struct Trigger {
    /// The event.
    pub watch: Watch,
    /// How many such events pass before.
    pub after: u32,
    /// What is done then, in order and before anything else is looked at.
    pub actions: Vec<Action>,
    /// What it is, in the words of a message: `the power cut at POST shadow`.
    pub what: String,
    /// The step that arms it, with what is known filled in.
    pub step: Value,
    /// The number of the fault by which the cloud holds the request that it waits for.
    pub hold: Option<u64>,
    /// Its number among those of the run; given by [`Run::arm`](super::step::Run::arm).
    pub id: u64,
    /// Where it stands in the scenario.
    pub span: Span,
}

impl Trigger {
    /// Where it stands, and what to say where it never fired.
    pub(super) fn unmet(&self, log_len: usize) -> (Span, Mismatch) {
        let what = format!("{} was", self.what);
        let mismatch = Mismatch::never_met(&what, self.watch.words(), log_len)
            .with_help("wait for what it should meet by an `expect-...` before the last step");
        (self.span, mismatch)
    }

    /// Whether an event is the one that it waits for.
    #[must_use]
    pub fn fires(
        &self,
        event: &Event,
        log: &Log,
        (variables, seen_at_ms): (&Variables, i64),
    ) -> bool {
        let strictness = Strictness::Partial;
        let comparison = Comparison { variables, strictness, seen_at_ms };
        search::is_event(&self.watch, event, log, comparison)
    }
}
