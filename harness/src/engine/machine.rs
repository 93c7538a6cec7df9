//! The machine that runs a plan.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::action::{Action, ActionError, ClockOrder};
use super::event::{Event, Log, StepState};
use super::mismatch::{Mismatch, NearMiss};
use super::nested::Frame;
use super::search;
use super::shadows::{self, Shadows};
use super::step::{Book, Cursors, Memory, Progress, Run};
use super::trigger::Trigger;
use super::verdict::{Failure, Outcome, StepReport, Verdict};
use crate::invariant;
use crate::scenario::matcher::{Comparison, Strictness};
use crate::scenario::node::Span;
use crate::scenario::plan::{Common, Plan, PlannedStep};
use crate::scenario::template::Variables;
use crate::time::{self, Moment};

/// All that can happen to the engine.
#[derive(Debug)]
pub enum Input {
    /// The oldest action that is still under way is over.
    Done(Result<(), ActionError>),
    /// Somebody wants the run to stop.
    Interrupt,
    /// The bench saw something.
    Observed(Event),
    /// The bench is broken in a way that no action reports.
    RigFailed(ActionError),
    /// The run begins.
    Start,
    /// The time that [`Engine::wake_at`] named has come.
    Tick,
}

/// Runs one plan. Feed it with [`Engine::handle`], do what it returns, until [`Engine::is_over`].
///
/// It always ends: each step has a limit, there are finitely many, and the clean-up is a fixed list of actions.
#[derive(Debug)]
pub struct Engine {
    plan: Arc<Plan>,
    phase: Phase,
    log: Log,
    cursors: Cursors,
    variables: Variables,
    shadows: Shadows,
    book: Book,
    /// What waits for an event.
    triggers: Vec<Trigger>,
    /// Faults that wait for their request, with the place of the step that armed them.
    armed: BTreeMap<u64, (String, Span)>,
    current: Option<Current>,
    /// Who waits for each action that is under way, oldest first.
    pending: VecDeque<Owner>,
    verdict: Verdict,
    started_at: Moment,
    ended_at: Option<Moment>,
    next_tick: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Not begun.
    Idle,
    /// The bench is brought to its beginning.
    SetUp,
    /// The steps run; the index counts on through `finally`.
    Steps(usize),
    /// `finally` runs.
    Finally(usize),
    /// What outlives no case is taken away.
    CleanUp,
    /// It is over.
    Over,
}

/// Who waits for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The step that runs, or one inside it: the action of that number.
    Step(u64),
    /// A trigger: an error ends the case.
    Trigger,
    /// Set-up: an error ends the case.
    SetUp,
    /// Clean-up: an error is noted and nothing more.
    CleanUp,
}

/// The step that runs.
#[derive(Debug)]
struct Current {
    /// Its index in the plan; that of `finally` counts on behind the others.
    index: usize,
    frame: Frame,
}

impl Engine {
    /// An engine at its beginning.
    #[must_use]
    pub fn new(plan: Arc<Plan>) -> Self {
        Self {
            variables: plan.variables.clone(),
            plan,
            phase: Phase::Idle,
            log: Log::default(),
            cursors: Cursors::default(),
            shadows: Shadows::new(),
            book: Book::default(),
            triggers: Vec::new(),
            armed: BTreeMap::new(),
            current: None,
            pending: VecDeque::new(),
            verdict: Verdict::Passed,
            started_at: Moment::START,
            ended_at: None,
            next_tick: None,
        }
    }

    /// The same for a run that begins at this time: milliseconds since 1970.
    #[must_use]
    pub const fn begun_at(mut self, epoch_ms: i64) -> Self {
        self.book.epoch_ms = epoch_ms;
        self
    }

    /// Takes in what happened; returns what is to be done, in order. Does a bounded amount of work.
    #[must_use = "perform each action and hand its end back as `Input::Done`"]
    pub fn handle(&mut self, now: Moment, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        match input {
            Input::Start => self.start(now, &mut actions),
            Input::Observed(event) => self.observe(now, event, &mut actions),
            Input::Done(result) => self.done(now, result),
            Input::RigFailed(error) => {
                self.fail(now, Span::default(), None, Mismatch::of_rig(&error))
            }
            Input::Interrupt => self.interrupt(now),
            Input::Tick => {}
        }
        self.advance(now, &mut actions);
        actions
    }

    /// When the engine wants to be called next, if nothing is observed before.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        if self.is_over() { None } else { self.next_tick }
    }

    /// Whether the case is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// What was observed so far.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }

    /// The step that runs: its number from 1, how many there are, and its title.
    #[must_use]
    pub fn at_step(&self) -> Option<(usize, usize, &str)> {
        let index = self.current.as_ref()?.index;
        let count = self.plan.steps.len() + self.plan.finally.len();
        self.step(index).map(|step| (index + 1, count, step.title.as_str()))
    }

    /// Everything that is known, when it is over.
    #[must_use]
    pub fn into_outcome(self) -> Outcome {
        let ended_at = self.ended_at.unwrap_or(self.started_at);
        Outcome {
            verdict: self.verdict,
            steps: self.book.steps,
            log: self.log,
            took: ended_at.since(self.started_at),
        }
    }

    fn start(&mut self, now: Moment, actions: &mut Vec<Action>) {
        self.started_at = now;
        self.phase = Phase::SetUp;
        for (name, shadow) in &self.plan.shadows {
            actions.push(Action::SetShadow { name: name.clone(), shadow: shadow.clone() });
        }
        if self.plan.needs_meter() {
            actions.push(Action::Measure);
        }
        actions.push(Action::Flash(self.plan.firmware.filled(&self.variables)));
        self.pending.extend(actions.iter().map(|_| Owner::SetUp));
    }

    fn observe(&mut self, now: Moment, event: Event, actions: &mut Vec<Action>) {
        match &event {
            Event::Shadow { name, document, .. } => {
                shadows::take_in(&mut self.shadows, name, document);
            }
            Event::FaultArmed { id, what, .. } => {
                let running = |step: &&StepReport| step.state == StepState::Started;
                let step = self.book.steps.iter().rev().find(running);
                self.armed
                    .insert(*id, (what.clone(), step.map_or(Span::default(), |step| step.span)));
            }
            Event::FaultMet { id, .. } => {
                self.armed.remove(id);
            }
            Event::FaultsCleared => self.armed.clear(),
            _ => {}
        }
        self.fire(now, &event, actions);
        self.log.push(now, event);
        self.check_guards(now);
    }

    /// Asks for what was to be done as soon as such an event comes.
    fn fire(&mut self, now: Moment, event: &Event, actions: &mut Vec<Action>) {
        let unix_ms = self.book.unix_ms(now);
        let fires = |trigger: &mut Trigger| {
            let is_it = trigger.fires(event, &self.log, (&self.variables, unix_ms));
            let passes = is_it && trigger.after > 0;
            trigger.after -= u32::from(passes);
            is_it && !passes
        };
        let firing: Vec<_> = self.triggers.extract_if(.., fires).collect();
        for trigger in firing {
            self.log.push(now, Event::Note { text: format!("now comes {}", trigger.what) });
            self.pending.extend(trigger.actions.iter().map(|_| Owner::Trigger));
            actions.extend(trigger.actions);
        }
    }

    fn check_guards(&mut self, now: Moment) {
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
            format!("{what} happened, and never should in this case"),
            "that it never happens",
            entry.event.words(),
        )
        .with_nearest(Some(NearMiss { index, differences: Vec::new(), explanation: None }))
        .with_window(index.saturating_sub(8)..index + 1);
        self.fail(now, guard.span, None, mismatch);
    }

    fn done(&mut self, now: Moment, result: Result<(), ActionError>) {
        match (self.pending.pop_front(), result) {
            (Some(Owner::Step(id)), result) => {
                let left = match &mut self.current {
                    Some(current) => current.frame.memory.settle(id, result),
                    None => Some(result),
                };
                // Nobody waits for it any more, and a reader should know all the same.
                if let Some(Err(error)) = left {
                    self.log.push(now, Event::Note { text: error.to_string() });
                }
            }
            (Some(Owner::SetUp | Owner::Trigger), Err(error)) => {
                self.fail(now, Span::default(), None, Mismatch::of_rig(&error));
            }
            (Some(Owner::CleanUp), Err(error)) => {
                self.log.push(now, Event::Note { text: error.to_string() });
            }
            (Some(Owner::SetUp | Owner::CleanUp | Owner::Trigger) | None, _) => {}
        }
    }

    fn interrupt(&mut self, now: Moment) {
        self.end_step(now, StepState::Failed);
        self.verdict = Verdict::Interrupted;
        self.pending.retain(|owner| *owner == Owner::CleanUp);
        self.phase = Phase::Finally(0);
    }

    /// The case has failed; the first failure counts. What is left to do is `finally` and the clean-up.
    fn fail(&mut self, now: Moment, span: Span, step: Option<usize>, mismatch: Mismatch) {
        self.end_step(now, StepState::Failed);
        if self.verdict == Verdict::Passed {
            self.verdict = Verdict::Failed(Box::new(Failure { span, step, at: now, mismatch }));
        }
        if matches!(self.phase, Phase::Idle | Phase::SetUp | Phase::Steps(_)) {
            self.triggers.clear();
            self.phase = Phase::Finally(0);
        }
    }

    /// Goes on as far as it can without waiting.
    fn advance(&mut self, now: Moment, actions: &mut Vec<Action>) {
        self.next_tick = None;
        self.check_timeout(now);
        loop {
            match self.phase {
                Phase::Idle | Phase::Over => return,
                Phase::SetUp => {
                    if !self.pending.is_empty() {
                        return;
                    }
                    self.phase = Phase::Steps(0);
                }
                Phase::Steps(index) if index == self.plan.steps.len() => {
                    self.check_armed(now);
                    self.check_invariants(now);
                    self.phase = Phase::Finally(0);
                }
                Phase::Finally(index) if index == self.plan.finally.len() => self.clean_up(actions),
                Phase::Steps(_) | Phase::Finally(_) => {
                    if !self.advance_step(now, actions) {
                        return;
                    }
                }
                Phase::CleanUp => {
                    if !self.pending.is_empty() {
                        return;
                    }
                    self.phase = Phase::Over;
                    self.ended_at = Some(now);
                }
            }
        }
    }

    fn check_timeout(&mut self, now: Moment) {
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
            format!("the case took longer than its `timeout` of {limit}"),
            format!("an end within {limit}"),
            "it still ran",
        );
        let window = self.log.len().saturating_sub(10)..self.log.len();
        self.fail(now, Span::default(), None, mismatch.with_window(window));
    }

    /// Looks at the step that runs, or begins the next one; `false` when there is nothing to do but wait.
    fn advance_step(&mut self, now: Moment, actions: &mut Vec<Action>) -> bool {
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
    fn with_run<T>(
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
    fn begin_step(&mut self, now: Moment) -> bool {
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

    fn fail_step(&mut self, now: Moment, step: &PlannedStep, mut mismatch: Mismatch) {
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

    fn end_step(&mut self, now: Moment, state: StepState) {
        let Some(current) = self.current.take() else { return };
        self.with_run(now, &mut Vec::new(), |run| run.end(&current.frame, state));
    }

    fn next_index(&self) -> Option<usize> {
        match self.phase {
            Phase::Steps(index) => Some(index),
            Phase::Finally(index) => Some(self.plan.steps.len() + index),
            Phase::Idle | Phase::SetUp | Phase::CleanUp | Phase::Over => None,
        }
    }

    fn next_step(&mut self) {
        self.phase = match self.phase {
            Phase::Steps(index) => Phase::Steps(index + 1),
            Phase::Finally(index) => Phase::Finally(index + 1),
            other => other,
        };
    }

    fn check_invariants(&mut self, now: Moment) {
        let unix_ms = |at| self.book.unix_ms(at);
        if let Some((span, mismatch)) = invariant::broken(&self.plan, &self.log, (now, &unix_ms)) {
            self.fail(now, span, None, mismatch);
        }
    }

    /// An armed fault that was never met fails the case: what it should have shown was not shown.
    fn check_armed(&mut self, now: Moment) {
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

    fn clean_up(&mut self, actions: &mut Vec<Action>) {
        self.phase = Phase::CleanUp;
        let mut list = vec![Action::ClearFaults, Action::Clock(ClockOrder::Skew(0))];
        self.pending.extend(list.iter().map(|_| Owner::CleanUp));
        actions.append(&mut list);
    }

    fn step(&self, index: usize) -> Option<&PlannedStep> {
        planned(&self.plan, index)
    }
}

/// The step of that index; those of `finally` count on behind the others.
fn planned(plan: &Plan, index: usize) -> Option<&PlannedStep> {
    plan.steps.get(index).or_else(|| plan.finally.get(index.checked_sub(plan.steps.len())?))
}
