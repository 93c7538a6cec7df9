//! Steps inside a step: begun, looked at and ended by the step that holds them.
//!
//! A step that holds others keeps their [`Frame`]s in its [`Memory`], so the engine knows one step at a time and nesting has no
//! bound but the parser's.

use std::time::Duration;

use serde_json::Value;

use super::action::ActionError;
use super::event::{Event, StepState};
use super::mismatch::{Mismatch, MismatchKind};
use super::step::{Cursors, Memory, Progress, Run};
use super::verdict::StepReport;
use crate::scenario::node::Span;
use crate::scenario::plan::{Common, PlannedStep};
use crate::scenario::template::{self, Variables};
use crate::time::Moment;

/// The limit of a step that only holds others, where the scenario gives it none: the limits inside bound it.
pub const NO_LIMIT: Duration = Duration::MAX;

/// One run of a step: when it began and what it remembers.
#[derive(Debug)]
pub struct Frame {
    /// Its index among the steps of the run.
    pub(super) index: usize,
    pub(super) started_at: Moment,
    pub(super) started_index: usize,
    pub(super) deadline: Moment,
    pub(super) number: String,
    pub(super) memory: Memory,
    /// Where it has read the streams up to, where steps beside it read for themselves.
    pub(super) cursors: Option<Cursors>,
}

/// The steps inside a step, as far as they have come.
#[derive(Debug, Default)]
pub struct Nested {
    /// How many are over, where they run one behind the other.
    pub(super) over: usize,
    /// Those that run, each with its place in the list.
    pub(super) frames: Vec<(usize, Frame)>,
    /// Up to where those that are over have read the streams.
    pub(super) read: Cursors,
    /// Why those failed that are out, where that ends nothing.
    pub(super) failed: Vec<Mismatch>,
}

impl Memory {
    /// Takes in how an action ended; gives the result back if no step waits for it any more.
    pub(super) fn settle(
        &mut self,
        id: u64,
        result: Result<(), ActionError>,
    ) -> Option<Result<(), ActionError>> {
        if let Some(at) = self.action_ids.iter().position(|known| *known == id)
            && let Some(slot) = self.actions.get_mut(at)
        {
            *slot = Some(result);
            return None;
        }
        let mut left = result;
        for (_, frame) in &mut self.nested.frames {
            left = frame.memory.settle(id, left)?;
        }
        Some(left)
    }
}

impl Run<'_> {
    /// Begins a step inside this one; `None` if its `if` leaves it out.
    pub fn begin(&mut self, step: &PlannedStep, number: String) -> Option<Frame> {
        let started_index = self.log.len();
        let wanted = is_wanted(&step.common, self.variables);
        let state = if wanted { StepState::Started } else { StepState::Skipped };
        let index = self.write_down((&step.title, step.span), &number, state);
        if !wanted {
            return None;
        }
        if let Some(name) = &step.name {
            self.book.step_starts.insert(name.clone(), started_index);
        }
        Some(Frame {
            index,
            started_at: self.now,
            started_index,
            deadline: self.now.after(step.step.within(&step.common)),
            number,
            memory: Memory::default(),
            cursors: None,
        })
    }

    /// Begins something that reports show like a step and that holds others, as a round of `repeat`.
    pub(super) fn begin_group(&mut self, title: &str, span: Span, number: String) -> Frame {
        let started_index = self.log.len();
        let index = self.write_down((title, span), &number, StepState::Started);
        let deadline = self.now.after(NO_LIMIT);
        let memory = Memory::default();
        let started_at = self.now;
        Frame { index, started_at, started_index, deadline, number, memory, cursors: None }
    }

    fn write_down(&mut self, (title, span): (&str, Span), number: &str, state: StepState) -> usize {
        let index = self.book.steps.len();
        self.log.push(self.now, Event::Step { index, state });
        self.book.steps.push(StepReport {
            number: number.to_owned(),
            is_finally: self.book.is_finally,
            title: title.to_owned(),
            span,
            state,
            started_at: self.now,
            took: Duration::ZERO,
        });
        index
    }

    /// One look at a step that has begun; it is written down when it is over, and late ones have failed.
    pub fn look(&mut self, step: &PlannedStep, frame: &mut Frame) -> Progress {
        let mut progress = step.step.poll(&mut self.inside_step(step, frame));
        if matches!(progress, Progress::Waiting(_)) && self.now >= frame.deadline {
            progress = Progress::failed(step.step.late(&self.inside_step(step, frame)));
        }
        if let Progress::Passed(seen) = &progress
            && let Err(mismatch) = self.capture(&step.common, seen)
        {
            progress = Progress::Failed(mismatch);
        }
        match progress {
            Progress::Passed(seen) => {
                self.end(frame, StepState::Passed);
                Progress::Passed(seen)
            }
            Progress::Failed(mut mismatch) => {
                mismatch.step.get_or_insert((step.span, frame.index));
                self.end(frame, StepState::Failed);
                Progress::Failed(mismatch)
            }
            Progress::Waiting(tick) => {
                let ticks = [tick, Some(frame.deadline)];
                Progress::Waiting(ticks.into_iter().flatten().min())
            }
        }
    }

    fn inside_step<'b>(&'b mut self, step: &'b PlannedStep, frame: &'b mut Frame) -> Run<'b> {
        Run { step_name: step.name.as_deref(), ..self.inside(&step.common, frame) }
    }

    /// What a step inside this one is given.
    pub(super) fn inside<'b>(&'b mut self, common: &'b Common, frame: &'b mut Frame) -> Run<'b> {
        Run {
            now: self.now,
            started_at: frame.started_at,
            started_index: frame.started_index,
            plan: self.plan,
            step_name: None,
            common,
            log: self.log,
            book: self.book,
            number: &frame.number,
            shadows: self.shadows,
            cursors: frame.cursors.as_mut().unwrap_or(self.cursors),
            variables: self.variables,
            memory: &mut frame.memory,
            actions: self.actions,
            triggers: self.triggers,
        }
    }

    fn capture(&mut self, common: &Common, seen: &Value) -> Result<(), Box<Mismatch>> {
        for (name, path) in &common.capture {
            let Some(value) = path.find(seen) else {
                let headline = format!("nothing to capture as `{name}`");
                let window = self.log.len().saturating_sub(5)..self.log.len();
                let mismatch = Mismatch::new(
                    MismatchKind::CaptureMissing,
                    headline,
                    "a value at the path",
                    seen.to_string(),
                );
                return Err(Box::new(mismatch.with_window(window)));
            };
            self.variables.insert(name.clone(), value.clone());
        }
        Ok(())
    }

    /// Writes down that a step is over. Steps inside it that still run are left: what they waited for matters no more.
    pub(super) fn end(&mut self, frame: &Frame, state: StepState) {
        let inner = if state == StepState::Passed { StepState::Skipped } else { state };
        for (_, inside) in &frame.memory.nested.frames {
            self.end(inside, inner);
        }
        let Some(report) = self.book.steps.get_mut(frame.index) else { return };
        if report.state != StepState::Started {
            return;
        }
        report.state = state;
        report.took = self.now.since(frame.started_at);
        self.log.push(self.now, Event::Step { index: frame.index, state });
    }
}

/// Runs steps one behind the other; passes when the last one has.
pub(super) fn in_order(steps: &[PlannedStep], run: &mut Run<'_>) -> Progress {
    let mut nested = std::mem::take(&mut run.memory.nested);
    let progress = loop {
        let Some(step) = steps.get(nested.over) else { break Progress::passed() };
        let frame = match nested.frames.pop() {
            Some((_, frame)) => Some(frame),
            None => run.begin(step, format!("{}.{}", run.number, nested.over + 1)),
        };
        let Some(mut frame) = frame else {
            nested.over += 1;
            continue;
        };
        match run.look(step, &mut frame) {
            Progress::Passed(_) => nested.over += 1,
            Progress::Failed(mismatch) => break Progress::Failed(mismatch),
            Progress::Waiting(tick) => {
                nested.frames.push((nested.over, frame));
                break Progress::Waiting(tick);
            }
        }
    };
    run.memory.nested = nested;
    progress
}

/// Begins all steps at once; each reads the streams for itself.
pub(super) fn begin_all(steps: &[PlannedStep], run: &mut Run<'_>) {
    for (at, step) in steps.iter().enumerate() {
        let cursors = Some(*run.cursors);
        if let Some(frame) = run.begin(step, format!("{}.{}", run.number, at + 1)) {
            run.memory.nested.frames.push((at, Frame { cursors, ..frame }));
        }
    }
}

/// Whether a step's `if` lets it run.
fn is_wanted(common: &Common, variables: &Variables) -> bool {
    let Some(condition) = &common.condition else { return true };
    let filled = template::plain(&template::fill(condition, variables));
    !matches!(filled.as_str(), "" | "0" | "false" | "null")
}

impl Cursors {
    /// Behind what either has read.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            console: self.console.max(other.console),
            cycle: self.cycle.max(other.cycle),
            fault: self.fault.max(other.fault),
            message: self.message.max(other.message),
            pin: self.pin.max(other.pin),
            request: self.request.max(other.request),
            reset: self.reset.max(other.reset),
        }
    }
}
