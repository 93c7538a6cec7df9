//! How the engine goes from step to step.

use std::sync::Arc;

use super::action::Action;
use super::event::StepState;
use super::machine::{Current, Engine, Owner, Phase};
use super::mismatch::Mismatch;
use super::step::{Memory, Progress, Run};
use crate::scenario::plan::{Common, Plan, PlannedStep};
use crate::time::Moment;

impl Engine {
    /// Looks at the step that runs, or begins the next one; `false` when there is nothing to do but wait.
    pub(super) fn advance_step(&mut self, now: Moment, actions: &mut Vec<Action>) -> bool {
        let (Phase::Steps(_) | Phase::Finally(_)) = self.phase else { return false };
        if self.current.is_none() && !self.begin_step(now) {
            return true;
        }
        let plan = Arc::clone(&self.plan);
        let Some(mut current) = self.current.take() else { return true };
        let Some(step) = planned(&plan, current.index) else { return true };
        let progress = self.with_run(now, actions, |run| run.look(step, &mut current.frame));
        self.current = Some(current);
        match progress {
            Progress::Passed(_) => {
                self.current = None;
                self.next_step();
            }
            Progress::Failed(mismatch) => self.fail_step(now, step, *mismatch),
            Progress::Waiting(tick) => {
                self.next_tick = [self.next_tick, tick].into_iter().flatten().min();
                return false;
            }
        }
        true
    }

    /// Lets the steps at the top do something, and takes what they want done.
    pub(super) fn with_run<T>(
        &mut self,
        now: Moment,
        actions: &mut Vec<Action>,
        act: impl FnOnce(&mut Run<'_>) -> T,
    ) -> T {
        let mut wanted = Vec::new();
        let plan = Arc::clone(&self.plan);
        let (common, mut memory) = (Common::default(), Memory::default());
        let mut run = Run {
            now,
            started_at: self.started_at,
            started_index: 0,
            plan: &plan,
            step_name: None,
            common: &common,
            log: &mut self.log,
            book: &mut self.book,
            number: "",
            shadows: &self.shadows,
            cursors: &mut self.cursors,
            variables: &mut self.variables,
            memory: &mut memory,
            actions: &mut wanted,
            triggers: &mut self.triggers,
        };
        let result = act(&mut run);
        for (id, action) in wanted {
            self.pending.push_back(Owner::Step(id));
            actions.push(action);
        }
        result
    }

    /// Begins the next step; `false` if its condition leaves it out.
    pub(super) fn begin_step(&mut self, now: Moment) -> bool {
        let Some(index) = self.next_index() else { return false };
        let plan = Arc::clone(&self.plan);
        let Some(step) = planned(&plan, index) else { return false };
        self.book.is_finally = index >= plan.steps.len();
        let begin = |run: &mut Run<'_>| run.begin(step, (index + 1).to_string());
        // Beginning asks for nothing; that comes with the first look.
        let frame = self.with_run(now, &mut Vec::new(), begin);
        self.current = frame.map(|frame| Current { index, frame });
        if self.current.is_none() {
            self.next_step();
        }
        self.current.is_some()
    }

    pub(super) fn fail_step(&mut self, now: Moment, step: &PlannedStep, mut mismatch: Mismatch) {
        let index = self.current.as_ref().map(|current| current.index);
        let (span, number) = match mismatch.step.take() {
            Some((span, number)) => (span, Some(number)),
            None => (step.span, None),
        };
        self.fail(now, span, number, mismatch);
        if let Phase::Finally(_) = self.phase
            && index.is_some_and(|index| index >= self.plan.steps.len())
        {
            self.next_step();
        }
    }

    pub(super) fn end_step(&mut self, now: Moment, state: StepState) {
        let Some(current) = self.current.take() else { return };
        self.with_run(now, &mut Vec::new(), |run| run.end(&current.frame, state));
    }

    pub(super) fn next_index(&self) -> Option<usize> {
        match self.phase {
            Phase::Steps(index) => Some(index),
            Phase::Finally(index) => Some(self.plan.steps.len() + index),
            Phase::Idle | Phase::SetUp | Phase::CleanUp | Phase::Over => None,
        }
    }

    pub(super) fn next_step(&mut self) {
        self.phase = match self.phase {
            Phase::Steps(index) => Phase::Steps(index + 1),
            Phase::Finally(index) => Phase::Finally(index + 1),
            other => other,
        };
    }
}

/// The step of that index; those of `finally` count on behind the others.
pub(super) fn planned(plan: &Plan, index: usize) -> Option<&PlannedStep> {
    plan.steps.get(index).or_else(|| plan.finally.get(index.checked_sub(plan.steps.len())?))
}
