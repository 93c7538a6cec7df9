//! What the engine watches beside the steps: triggers, guards, the limit of the case, what was armed, invariants.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::action::Action;
use super::event::Event;
use super::machine::{Engine, Owner, Phase};
use super::mismatch::{Mismatch, MismatchKind, NearMiss};
use super::search;
use super::trigger::Trigger;
use crate::invariant;
use crate::scenario::matcher::{Comparison, Strictness};
use crate::scenario::node::Span;
use crate::time::{self, Moment};

impl Engine {
    /// Takes out the triggers that wait for this event.
    pub(super) fn firing(&mut self, now: Moment, event: &Event) -> Vec<Trigger> {
        let unix_ms = self.book.unix_ms(now);
        let fires = |trigger: &mut Trigger| {
            let is_it = trigger.fires(event, &self.log, (&self.variables, unix_ms));
            let passes = is_it && trigger.after > 0;
            trigger.after -= u32::from(passes);
            is_it && !passes
        };
        self.triggers.extract_if(.., fires).collect()
    }

    /// Asks for what was to be done as soon as such an event comes.
    pub(super) fn fire(&mut self, now: Moment, firing: Vec<Trigger>, actions: &mut Vec<Action>) {
        for Trigger { id, what, actions: wanted, .. } in firing {
            self.log.push(now, Event::Fired { id, what });
            self.pending.extend(wanted.iter().map(|_| Owner::Trigger));
            actions.extend(wanted);
        }
    }

    pub(super) fn check_guards(&mut self, now: Moment) {
        if !matches!(self.phase, Phase::SetUp | Phase::Steps(_)) {
            return;
        }
        let index = self.log.len() - 1;
        let Some(entry) = self.log.entries().get(index) else { return };
        let comparison = Comparison {
            variables: &self.variables,
            strictness: Strictness::Partial,
            seen_at_ms: self.book.unix_ms(now),
        };
        let plan = Arc::clone(&self.plan);
        let broken = plan
            .guards
            .iter()
            .find(|guard| search::is_event(&guard.watch, &entry.event, &self.log, comparison));
        let Some(guard) = broken else { return };
        let what = guard.watch.words();
        let mismatch = Mismatch::new(
            MismatchKind::Guard,
            format!("{what} happened, and never should in this case"),
            "that it never happens",
            entry.event.words(),
        )
        .with_nearest(Some(NearMiss { index, differences: Vec::new(), explanation: None }))
        .with_window(index.saturating_sub(8)..index + 1);
        self.fail(now, guard.span, None, mismatch);
    }

    pub(super) fn check_timeout(&mut self, now: Moment) {
        let (Some(timeout), Phase::SetUp | Phase::Steps(_)) = (self.plan.timeout, self.phase)
        else {
            return;
        };
        let end = self.started_at.after(timeout);
        if now < end {
            self.next_tick = Some(end);
            return;
        }
        let limit = time::span(timeout);
        let mismatch = Mismatch::new(
            MismatchKind::Timeout,
            format!("the case took longer than its `timeout` of {limit}"),
            format!("an end within {limit}"),
            "it still ran",
        );
        let window = self.log.len().saturating_sub(10)..self.log.len();
        self.fail(now, Span::default(), None, mismatch.with_window(window));
    }

    pub(super) fn check_invariants(&mut self, now: Moment) {
        let unix_ms = |at| self.book.unix_ms(at);
        if let Some((span, mismatch)) = invariant::broken(&self.plan, &self.log, (now, &unix_ms)) {
            self.fail(now, span, None, mismatch);
        }
    }

    /// An armed fault that was never met fails the case: what it should have shown was not shown.
    pub(super) fn check_armed(&mut self, now: Moment) {
        let faults: BTreeSet<_> = self.armed.values().cloned().collect();
        let fault = faults
            .into_iter()
            .next()
            .map(|(what, span)| (span, Mismatch::fault_never_met(&what, self.log.len())));
        // A trigger may hold a request by a fault of its own; it stands in the file.
        let trigger = self.triggers.first().map(|trigger| trigger.unmet(self.log.len()));
        let Some((span, mismatch)) = trigger.or(fault) else { return };
        self.fail(now, span, None, mismatch);
    }
}
