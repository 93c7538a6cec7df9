//! What a step is to the engine, and what it is given to look at.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use serde_json::Value;

use super::action::{Action, ActionError};
use super::event::{Event, Log};
use super::mismatch::Mismatch;
use super::nested::Nested;
use super::shadows::Shadows;
use super::trigger::Trigger;
use super::verdict::StepReport;
use crate::scenario::matcher::{Comparison, Strictness};
use crate::scenario::plan::{Common, Plan, PlannedStep, Since};
use crate::scenario::template::Variables;
use crate::time::Moment;

/// A step as planned. It holds no state: what a run of it must remember is in its [`Memory`].
pub trait Step: Debug + Send + Sync {
    /// Looks at what is known now. Called once at the beginning, and again after each event and when the time that it
    /// asked for has come. Never blocks, and does a bounded amount of work.
    fn poll(&self, run: &mut Run<'_>) -> Progress;

    /// Why it has not passed, when its time is up.
    fn late(&self, run: &Run<'_>) -> Mismatch;

    /// How long it may take if the scenario does not say.
    fn within(&self, common: &Common) -> Duration {
        common.limit()
    }

    /// What the bench must have for it, in the words of `board: { needs: [...] }`.
    fn needs(&self) -> &'static [&'static str] {
        &[]
    }

    /// The steps inside it, for those who look through a plan: what a bench cannot do is found before anything is touched.
    fn inner(&self) -> &[PlannedStep] {
        &[]
    }

    /// Whether it looks for messages that the shadow service publishes, which are told only to who wants them.
    fn hears_shadow(&self) -> bool {
        false
    }

    /// How many steps a run of it comes to, those inside it counted as often as they run.
    fn weight(&self) -> u64 {
        self.inner().iter().map(|step| step.step.weight()).fold(1, u64::saturating_add)
    }
}

/// How far a step is.
#[derive(Debug)]
pub enum Progress {
    /// It failed.
    Failed(Box<Mismatch>),
    /// It passed, having seen this.
    Passed(Value),
    /// It waits for an event, or for this point in time.
    Waiting(Option<Moment>),
}

impl Progress {
    /// It passed and saw nothing worth keeping.
    #[must_use]
    pub const fn passed() -> Self {
        Self::Passed(Value::Null)
    }

    /// It failed.
    #[must_use]
    pub fn failed(mismatch: Mismatch) -> Self {
        Self::Failed(Box::new(mismatch))
    }
}

/// What one run of a step remembers between two looks.
#[derive(Debug, Default)]
pub struct Memory {
    /// Its actions, in the order they were asked for: still under way, or how they ended.
    pub actions: Vec<Option<Result<(), ActionError>>>,
    /// The number of the first action and of those behind it, as the engine counts them.
    pub(super) action_ids: Vec<u64>,
    /// The steps inside it that run.
    pub(super) nested: Nested,
    /// A point in time or in the log that matters to the step.
    pub mark: Option<usize>,
}

/// Where each stream was read up to: indexes into the log.
#[derive(Debug, Default, Clone, Copy)]
pub struct Cursors {
    /// Console lines.
    pub console: usize,
    /// Wakes and sleeps.
    pub cycle: usize,
    /// Faults that were met.
    pub fault: usize,
    /// Messages.
    pub message: usize,
    /// Changes of pins.
    pub pin: usize,
    /// Requests and their answers.
    pub request: usize,
    /// Resets.
    pub reset: usize,
}

/// Everything that a step may look at, and the few things that it may change.
#[derive(Debug)]
pub struct Run<'a> {
    /// The time.
    pub now: Moment,
    /// When the step began.
    pub started_at: Moment,
    /// Where the log ended when the step began.
    pub started_index: usize,
    /// What is run.
    pub plan: &'a Plan,
    /// The name that the step gives itself.
    pub step_name: Option<&'a str>,
    /// The keys beside the verb.
    pub common: &'a Common,
    /// Everything observed so far.
    pub log: &'a mut Log,
    /// What is written down of the steps.
    pub book: &'a mut Book,
    /// The step's own number, as a person counts: `3.2`.
    pub number: &'a str,
    /// The latest documents of the shadows, as a GET answers them.
    pub shadows: &'a Shadows,
    /// Where each stream was read up to.
    pub cursors: &'a mut Cursors,
    /// The variables known so far; a step adds what it finds.
    pub variables: &'a mut Variables,
    /// What this run of the step remembers.
    pub memory: &'a mut Memory,
    /// What the step wants done; filled by [`Run::act`].
    pub actions: &'a mut Vec<(u64, Action)>,
    /// What is to be done as soon as an event comes; filled by [`Run::arm`].
    pub triggers: &'a mut Vec<Trigger>,
}

/// What is written down of all steps of a run.
#[derive(Debug, Default)]
pub struct Book {
    /// How each step did, in the order in which they began.
    pub steps: Vec<StepReport>,
    /// Where named steps began, as indexes into the log; the latest time where one began more than once.
    pub step_starts: BTreeMap<String, usize>,
    /// The number that the next action gets.
    pub next_action: u64,
    /// How many triggers were armed so far.
    pub armed: u64,
    /// When the run began: milliseconds since 1970.
    pub epoch_ms: i64,
    /// Whether steps that begin now are those of `finally`.
    pub is_finally: bool,
}

impl Book {
    /// A moment of the run in milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(&self, at: Moment) -> i64 {
        let since = i64::try_from(at.since_start().as_millis()).unwrap_or(i64::MAX);
        self.epoch_ms.saturating_add(since)
    }
}

impl Run<'_> {
    /// Asks for an action; its end comes into `memory.actions`.
    pub fn act(&mut self, action: Action) {
        let id = self.book.next_action;
        self.book.next_action += 1;
        self.memory.actions.push(None);
        self.memory.action_ids.push(id);
        self.actions.push((id, action));
    }

    /// Asks for actions as soon as an event comes; a trigger that never fires fails the case, like a fault that is never met.
    pub fn arm(&mut self, trigger: Trigger) {
        self.book.armed += 1;
        let id = self.book.armed;
        let Trigger { what, step, hold, .. } = trigger.clone();
        self.log.push(self.now, Event::Armed { id, what, step, hold });
        self.triggers.push(Trigger { id, ..trigger });
    }

    /// The step's own progress where it is only an action: asked for at the first look, over when it is done.
    pub fn act_once(&mut self, action: impl FnOnce(&Variables) -> Action) -> Progress {
        if self.memory.actions.is_empty() {
            let action = action(self.variables);
            self.act(action);
        }
        match self.memory.actions.first() {
            Some(Some(Ok(()))) => Progress::passed(),
            Some(Some(Err(error))) => Progress::failed(Mismatch::of_rig(error)),
            Some(None) | None => Progress::Waiting(None),
        }
    }

    /// The index in the log from which the step looks, where it says `since`.
    #[must_use]
    pub fn since(&self) -> Option<usize> {
        match self.common.since.as_ref()? {
            Since::Start => Some(0),
            Since::Step(name) => self.book.step_starts.get(name).copied(),
            Since::Wake => Some(self.last_wake().map_or(0, |wake| self.cycle_start(wake))),
        }
    }

    /// The index of the latest wake.
    #[must_use]
    pub fn last_wake(&self) -> Option<usize> {
        let entries = self.log.entries();
        entries.iter().rposition(|entry| matches!(entry.event, Event::Wake { .. }))
    }

    /// Where in the log the cycle begins that a wake belongs to: behind the sleep, reset or power cut before it.
    ///
    /// Not at the wake itself: a wake is known from a line on the console, which on a fast device comes in by another way, and
    /// later, than the request that follows it.
    #[must_use]
    pub fn cycle_start(&self, wake: usize) -> usize {
        let before = self.log.entries().get(..wake).unwrap_or_default();
        let ends = |event: &Event| {
            matches!(
                event,
                Event::Sleep { .. }
                    | Event::Reset { .. }
                    | Event::Power { .. }
                    | Event::Wake { .. }
            )
        };
        before.iter().rposition(|entry| ends(&entry.event)).map_or(0, |index| index + 1)
    }

    /// From where a search in a stream goes: behind its cursor, and not before `since`.
    #[must_use]
    pub fn search_from(&self, cursor: usize) -> usize {
        cursor.max(self.since().unwrap_or(0))
    }

    /// A comparison with the variables of now.
    #[must_use]
    pub fn comparison(&self, strictness: Strictness) -> Comparison<'_> {
        let seen_at_ms = self.book.unix_ms(self.now);
        Comparison { variables: self.variables, strictness, seen_at_ms }
    }
}
