//! From the shadow that was received to the report that is sent.

use crate::activity::{Bench, Event};
use crate::compare;
use crate::console::{self, Failure};
use crate::http::Method;
use crate::io::{Output, Sensor};
use crate::limits::SAMPLE_MS_MAX;
use crate::report::{Findings, write_report};
use crate::shadow::Shadow;
use crate::state::Status;
use crate::thing::{Phase, Thing, Turn};

impl Thing {
    /// Compares, and begins what is to be done once the state is safe.
    pub(crate) fn shadow_received(&mut self, turn: &mut Turn<'_>) {
        let document = turn.workspace.document.get(..self.document_bytes).unwrap_or_default();
        let (shadow, Some(state)) = (Shadow::parse(document), &mut self.state) else {
            return;
        };
        let shadow = match shadow {
            Ok(shadow) => shadow,
            Err(error) => {
                self.phase = Phase::Asleep;
                self.fail(turn, Failure::Shadow(error));
                return;
            }
        };
        let status_before = state.status;
        self.activity = compare::obey(self.kind, state, &shadow);
        let status = state.status;
        // That an operation begins is kept before it moves anything: a power cut in the middle of it
        // then ends it, instead of starting it again.
        if self.activity.is_some() {
            self.forget_persisted();
        }
        self.persist(turn);
        if self.activity.is_some() {
            self.phase = Phase::Acting;
            self.deadline = None;
            self.act(turn, Event::Begin);
        } else {
            if status != status_before {
                turn.print(&console::status(&status));
            }
            self.ask_condition(turn, 0);
        }
    }

    pub(crate) fn tick(&mut self, turn: &mut Turn<'_>) {
        if self.phase == Phase::Acting {
            self.act(turn, Event::Tick);
        }
    }

    pub(crate) fn sampled(&mut self, turn: &mut Turn<'_>, sensor: Sensor, value: Option<i32>) {
        match self.phase {
            Phase::Acting => self.act(turn, Event::Sample(sensor, value)),
            Phase::Sampling(index) if self.asks(index, sensor) => {
                self.next_condition(turn, index, value);
            }
            _ => {}
        }
    }

    fn asks(&self, index: usize, sensor: Sensor) -> bool {
        self.kind.conditions.get(index).is_some_and(|condition| condition.sensor == sensor)
    }

    fn act(&mut self, turn: &mut Turn<'_>, event: Event) {
        let (Some(activity), Some(state)) = (&mut self.activity, &mut self.state) else {
            return;
        };
        let mut bench = Bench { now: turn.now, params: &mut state.params, sink: turn.sink };
        if let Some(outcome) = activity.handle(&mut bench, event) {
            self.acted(turn, &outcome);
        }
    }

    /// Keeps the outcome until it is delivered.
    fn acted(&mut self, turn: &mut Turn<'_>, outcome: &Status) {
        if let Some(state) = &mut self.state {
            compare::finish(state, outcome);
            turn.print(&console::status(&state.status));
        }
        self.persist(turn);
        self.ask_condition(turn, 0);
    }

    /// Asks for the sensor of this condition, or goes on to the report after the last one.
    fn ask_condition(&mut self, turn: &mut Turn<'_>, index: usize) {
        match self.kind.conditions.get(index) {
            Some(condition) => {
                self.enter(Phase::Sampling(index), turn.now.after_ms(SAMPLE_MS_MAX));
                (turn.sink)(Output::Sample(condition.sensor));
            }
            None => self.report(turn),
        }
    }

    pub(crate) fn next_condition(&mut self, turn: &mut Turn<'_>, index: usize, value: Option<i32>) {
        if let (Some(condition), Some(reading)) =
            (self.kind.conditions.get(index), self.readings.get_mut(index))
        {
            *reading = (condition.value)(value);
        }
        self.ask_condition(turn, index + 1);
    }

    /// Sends what changed, or sleeps when nothing did.
    fn report(&mut self, turn: &mut Turn<'_>) {
        let document = turn.workspace.document.get(..self.document_bytes).unwrap_or_default();
        let (Ok(shadow), Some(state), Some(calendar)) =
            (Shadow::parse(document), &self.state, self.calendar)
        else {
            // The workspace is not the one of the beginning; its owner broke the contract.
            self.sleep(turn);
            return;
        };
        let findings = Findings {
            kind: self.kind,
            state,
            shadow,
            readings: &self.readings,
            activity: self.activity.as_ref(),
            unix_s: calendar.unix_s(turn.now),
        };
        let report = write_report(&mut turn.workspace.report, &findings);
        self.report_bytes = report.bytes;
        if let Some(state) = &mut self.state {
            state.is_brief = false;
        }
        if report.left_out > 0 {
            turn.print(&console::left_out(report.left_out));
        }
        if report.bytes == 0 {
            self.sleep(turn);
        } else {
            self.connect(turn, Method::Post);
        }
    }

    /// The server took the report, and with it the status.
    pub(crate) fn reported(&mut self, turn: &mut Turn<'_>) {
        if let Some(state) = &mut self.state {
            state.status = Status::new();
        }
        self.sleep(turn);
    }
}
