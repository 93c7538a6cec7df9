//! The machine that runs a plan.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::action::{Action, ActionError, ClockOrder};
use super::event::{Event, Log, StepState};
use super::mismatch::Mismatch;
use super::nested::Frame;
use super::shadows::{self, Shadows};
use super::step::{Book, Cursors};
use super::stepping::planned;
use super::trigger::Trigger;
use super::verdict::{Failure, Outcome, StepReport, Verdict};
use crate::scenario::node::Span;
use crate::scenario::plan::{Plan, PlannedStep};
use crate::scenario::template::Variables;
use crate::time::Moment;

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
    pub(super) plan: Arc<Plan>,
    pub(super) phase: Phase,
    pub(super) log: Log,
    pub(super) cursors: Cursors,
    pub(super) variables: Variables,
    pub(super) shadows: Shadows,
    pub(super) book: Book,
    /// What waits for an event.
    pub(super) triggers: Vec<Trigger>,
    /// Faults that wait for their request, with the place of the step that armed them.
    pub(super) armed: BTreeMap<u64, (String, Span)>,
    pub(super) current: Option<Current>,
    /// Who waits for each action that is under way, oldest first.
    pub(super) pending: VecDeque<Owner>,
    pub(super) verdict: Verdict,
    pub(super) started_at: Moment,
    pub(super) ended_at: Option<Moment>,
    pub(super) next_tick: Option<Moment>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
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
pub(super) enum Owner {
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
pub(super) struct Current {
    /// Its index in the plan; that of `finally` counts on behind the others.
    pub(super) index: usize,
    pub(super) frame: Frame,
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
        if self.plan.hears_shadow() {
            actions.push(Action::HearShadow);
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
        let firing = self.firing(now, &event);
        self.log.push(now, event);
        self.check_guards(now);
        self.fire(now, firing, actions);
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
    pub(super) fn fail(
        &mut self,
        now: Moment,
        span: Span,
        step: Option<usize>,
        mismatch: Mismatch,
    ) {
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
