//! The machine: it decides what comes next, and asks the other modules how.

use crate::activity::Activity;
use crate::buffer::Buffer;
use crate::compare;
use crate::config::Config;
use crate::console::{self, Failure, Line};
use crate::http::{Answer, Method};
use crate::io::{Actuator, Input, Motor, Output, Switch, WakeCause};
use crate::kind::{CONDITIONS_MAX, Kind};
use crate::limits::{NETWORK_MS_MAX, SLEEP_S_DEFAULT, STATE_BYTES_MAX, TIME_MS_MAX};
use crate::prompt::Prompt;
use crate::report::Readings;
use crate::state::State;
use crate::time::{Calendar, Instant};
use crate::workspace::{Lent, Workspace};

/// Where a wake is, in the order of its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Nothing to do until the next [`Input::Wake`].
    Asleep,
    /// The network is asked for.
    Network,
    /// The time is asked for.
    Clock,
    /// A connection is asked for.
    Connecting(Method),
    /// The request was sent.
    Answering(Method),
    /// An operation is under way.
    Acting,
    /// The sensor of this condition is asked.
    Sampling(usize),
}

/// A thing: less than 2 KiB of its own, the rest is lent to it.
#[derive(Clone, Debug)]
pub struct Thing {
    pub(crate) kind: &'static Kind,
    pub(crate) phase: Phase,
    /// When the phase has lasted too long.
    pub(crate) deadline: Option<Instant>,
    pub(crate) state: Option<State>,
    /// The checksum of what was persisted last.
    persisted: Option<u32>,
    pub(crate) calendar: Option<Calendar>,
    pub(crate) answer: Answer,
    pub(crate) asked_at: Instant,
    /// Bytes of the shadow document in the workspace.
    pub(crate) document_bytes: usize,
    /// Bytes of the report in the workspace.
    pub(crate) report_bytes: usize,
    /// The operation of this wake, also after it has ended.
    pub(crate) activity: Option<Activity>,
    pub(crate) readings: Readings,
    pub(crate) prompt: Prompt,
}

/// One call of [`Thing::handle`].
pub(crate) struct Turn<'a> {
    pub(crate) config: &'a Config<'a>,
    pub(crate) workspace: &'a mut Workspace,
    pub(crate) now: Instant,
    pub(crate) sink: &'a mut dyn FnMut(Output<'_>),
}

impl Turn<'_> {
    pub(crate) fn print(&mut self, line: &Line) {
        (self.sink)(Output::Console(line.as_str()));
    }
}

impl Thing {
    /// A thing that sleeps until its first [`Input::Wake`].
    #[must_use]
    pub const fn new(kind: &'static Kind) -> Self {
        Self {
            kind,
            phase: Phase::Asleep,
            deadline: None,
            state: None,
            persisted: None,
            calendar: None,
            answer: Answer::new(),
            asked_at: Instant(0),
            document_bytes: 0,
            report_bytes: 0,
            activity: None,
            readings: [None; CONDITIONS_MAX],
            prompt: Prompt::new(),
        }
    }

    /// What kind of thing it is.
    #[must_use]
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// When [`Input::Tick`] is due, if nothing else comes before. `None` while asleep: the driver
    /// wakes a thing after [`Output::Sleep`] by [`Input::Wake`].
    #[must_use]
    pub fn wake_at(&self) -> Option<Instant> {
        match (&self.activity, self.phase) {
            (Some(activity), Phase::Acting) => activity.wake_at(),
            _ => self.deadline,
        }
    }

    /// Whether the thing sleeps, so that its workspace can be lent to another.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        self.phase == Phase::Asleep
    }

    /// Takes one input at `now` and gives all that follows from it to `sink`, in order.
    ///
    /// Always performs a bounded amount of work, and never panics. An input that does not belong to
    /// what the thing is doing is ignored. Each wake ends in [`Output::Sleep`] if `Tick` comes when
    /// [`Thing::wake_at`] says.
    pub fn handle(
        &mut self,
        lent: Lent<'_>,
        now: Instant,
        input: Input<'_>,
        sink: &mut dyn FnMut(Output<'_>),
    ) {
        let Lent { config, workspace } = lent;
        let turn = &mut Turn { config, workspace, now, sink };
        match input {
            Input::Wake { cause, state } => self.wake(turn, cause, state),
            Input::NetworkUp if self.phase == Phase::Network => {
                self.enter(Phase::Clock, now.after_ms(TIME_MS_MAX));
                (turn.sink)(Output::AskTime);
            }
            Input::NetworkDown(reason) => self.network_down(turn, reason),
            Input::Time { unix_ms } if self.phase == Phase::Clock => self.time_told(turn, unix_ms),
            Input::NoTime if self.phase == Phase::Clock => self.fail(turn, Failure::Time),
            Input::Connected => self.connected(turn),
            Input::ConnectFailed(reason) => self.connect_failed(turn, reason),
            Input::Received(bytes) => self.received(turn, bytes),
            Input::Closed => self.ended(turn, true),
            Input::Reset => self.ended(turn, false),
            Input::Sample { sensor, value } => self.sampled(turn, sensor, value),
            Input::Typed(bytes) => self.typed(turn, bytes),
            Input::NetworkUp | Input::Time { .. } | Input::NoTime => {}
            Input::Tick => self.tick(turn),
        }
        self.expire(turn);
    }

    pub(crate) const fn enter(&mut self, phase: Phase, deadline: Instant) {
        self.phase = phase;
        self.deadline = Some(deadline);
    }

    fn wake(&mut self, turn: &mut Turn<'_>, cause: WakeCause, kept: &[u8]) {
        let before = self.phase;
        *self = Self::new(self.kind);
        turn.print(&console::wake(self.kind.name, cause));
        // It may be woken in the middle of something by a driver that did not reset the hardware.
        match before {
            Phase::Connecting(_) | Phase::Answering(_) => (turn.sink)(Output::Disconnect),
            Phase::Acting => {
                (turn.sink)(Output::Drive(Actuator::Led(Switch::Off)));
                (turn.sink)(Output::Drive(Actuator::Motor(Motor::Stop)));
            }
            Phase::Asleep | Phase::Network | Phase::Clock | Phase::Sampling(_) => {}
        }
        self.restore(turn, kept);
        if let Err(error) = turn.config.check() {
            self.fail(turn, Failure::Config(error));
            return;
        }
        self.enter(Phase::Network, turn.now.after_ms(NETWORK_MS_MAX));
        (turn.sink)(Output::BringUpNetwork);
    }

    fn restore(&mut self, turn: &mut Turn<'_>, kept: &[u8]) {
        let mut state = State::fresh(self.kind.fresh);
        if kept.iter().all(|byte| *byte == 0) {
            turn.print(&console::no_state());
        } else {
            match State::read(self.kind.name, kept) {
                Ok(read) => {
                    self.persisted = Some(checksum(self.kind, &read));
                    state = read;
                }
                Err(error) => turn.print(&console::bad_state(error)),
            }
        }
        if state.unfinished.is_some() {
            compare::recover(&mut state);
            turn.print(&console::status(&state.status));
        }
        self.state = Some(state);
    }

    fn network_down(&mut self, turn: &mut Turn<'_>, reason: &str) {
        match self.phase {
            Phase::Network | Phase::Clock | Phase::Connecting(_) | Phase::Answering(_) => {
                self.fail(turn, Failure::Network(reason));
            }
            // What is under way needs no network; the report will find out.
            Phase::Asleep | Phase::Acting | Phase::Sampling(_) => {}
        }
    }

    fn time_told(&mut self, turn: &mut Turn<'_>, unix_ms: u64) {
        self.calendar = Calendar::told(unix_ms, turn.now);
        match self.calendar {
            Some(_) => self.connect(turn, Method::Get),
            None => self.fail(turn, Failure::TimeBeyondEnd),
        }
    }

    /// Acts on a deadline that has passed.
    fn expire(&mut self, turn: &mut Turn<'_>) {
        if self.deadline.is_none_or(|deadline| turn.now < deadline) {
            return;
        }
        match self.phase {
            Phase::Asleep | Phase::Acting => {}
            Phase::Network => self.fail(turn, Failure::NetworkTimeout),
            Phase::Clock => self.fail(turn, Failure::TimeTimeout),
            Phase::Connecting(method) => self.fail(turn, Failure::ConnectTimeout(method)),
            Phase::Answering(method) => self.fail(turn, Failure::AnswerTimeout(method)),
            Phase::Sampling(condition) => self.next_condition(turn, condition, None),
        }
    }

    /// Makes the next [`Thing::persist`] keep the state in any case.
    pub(crate) const fn forget_persisted(&mut self) {
        self.persisted = None;
    }

    /// Keeps the state if it differs from what was kept last.
    pub(crate) fn persist(&mut self, turn: &mut Turn<'_>) {
        let Some(state) = &self.state else {
            return;
        };
        let mut memory = [0; STATE_BYTES_MAX];
        let mut buffer = Buffer::new(&mut memory);
        let checksum = state.write(self.kind.name, &mut buffer);
        if self.persisted != Some(checksum) {
            self.persisted = Some(checksum);
            (turn.sink)(Output::Persist(buffer.written()));
        }
    }

    /// Ends a wake that cannot go on.
    pub(crate) fn fail(&mut self, turn: &mut Turn<'_>, failure: Failure<'_>) {
        let line = console::error(failure);
        if matches!(self.phase, Phase::Connecting(_) | Phase::Answering(_)) {
            (turn.sink)(Output::Disconnect);
        }
        turn.print(&line);
        self.sleep(turn);
    }

    /// Ends a wake.
    pub(crate) fn sleep(&mut self, turn: &mut Turn<'_>) {
        self.persist(turn);
        let sleep_s = self.state.as_ref().map_or(SLEEP_S_DEFAULT, |state| state.params.sleep_s);
        let seconds = u32::from(sleep_s);
        *self = Self::new(self.kind);
        turn.print(&console::sleep(seconds));
        (turn.sink)(Output::Sleep { seconds });
    }
}

/// The checksum of a state as it would be kept.
fn checksum(kind: &Kind, state: &State) -> u32 {
    let mut memory = [0; STATE_BYTES_MAX];
    state.write(kind.name, &mut Buffer::new(&mut memory))
}
