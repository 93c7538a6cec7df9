//! A bench in real time: a board, and the fake cloud on a free port of this machine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use fake_shadow::Settings;
use fake_shadow::event::{CloudEvent, CloudEventKind, Served};

use super::answer_first::{AnswerFirst, Kind};
use super::bench::{Bench, Facts};
use super::cloud_server::CloudServer;
use super::cloud_side::{self, CloudSide};
use super::controlled;
use super::host_command;
use super::radio::{InHand, Radio};
use super::real_service::ServiceSide;
use super::seen::{Seen, What, system_time};
use super::wake_first::WakeFirst;
use crate::board::Board;
use crate::engine::event::ConnectionChange;
use crate::engine::reading::Reading;
use crate::engine::{Action, ActionError, Event};
use crate::scenario::plan::Sleeping;
use crate::time::Moment;

mod service;

/// How long one look at what is seen takes at least while something is held back.
const HELD_GLANCE: Duration = Duration::from_millis(5);

/// How long a sleep lasts at least that is measured: a meter has a clock of its own, and the ends of a sleep are no part of what is measured.
const MEASURED_SLEEP: Duration = Duration::from_secs(3);

/// A bench in real time.
pub struct RealBench {
    board: Box<dyn Board>,
    cloud: CloudServer,
    side: CloudSide,
    radio: Radio,
    settings: Settings,
    seen: Receiver<Seen>,
    /// What was seen and not told yet.
    waiting: VecDeque<(Instant, Event)>,
    /// What the cloud saw of a device whose wake is still on its way.
    wake_first: WakeFirst<CloudEvent>,
    /// What the cloud saw of a device whose answer is still being written.
    answer_first: AnswerFirst<CloudEvent>,
    began: Instant,
    /// The request that each connection is busy with, and its number.
    open: BTreeMap<u64, (u64, Arc<Served>)>,
    last_request: u64,
    /// Shadows of the real service that the device has changed, to be looked at.
    changed: VecDeque<(Instant, Option<String>)>,
    /// Whether sleeps are cut short where the board lets them.
    sleeping: Sleeping,
    /// Whether the current is measured.
    measures: bool,
    /// When a sleep is cut short that is measured.
    sleep_ends_at: Option<Instant>,
    /// What was asked for, and when.
    acts: Vec<(Moment, Action)>,
    /// Why the board cannot be used any more, until that is told.
    broken: Option<ActionError>,
}

impl RealBench {
    /// A bench of a board, whose radio link somebody has in hand, and a cloud that tell the same sink, whose other end is `seen`.
    #[must_use]
    pub fn new(
        (board, in_hand): (Box<dyn Board>, InHand),
        cloud: CloudServer,
        thing: &str,
        seen: Receiver<Seen>,
    ) -> Self {
        Self {
            board,
            radio: Radio::new(in_hand),
            side: CloudSide::new(thing),
            settings: cloud.settings.clone(),
            cloud,
            seen,
            waiting: VecDeque::new(),
            wake_first: WakeFirst::new(),
            answer_first: AnswerFirst::new(),
            began: Instant::now(),
            open: BTreeMap::new(),
            last_request: 0,
            changed: VecDeque::new(),
            sleeping: Sleeping::Real,
            measures: false,
            sleep_ends_at: None,
            acts: Vec::new(),
            broken: None,
        }
    }

    /// The time of the run.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment::at(self.began.elapsed())
    }

    /// Waits until something is seen, this long at most. The device has its cloud from the first wait on: all that steps arm before
    /// one waits is armed when the first packet of the device is taken in, however quick the device is.
    pub fn wait(&mut self, at_most: Duration) {
        self.cloud.open();
        let at_most = if self.holds() { at_most.max(HELD_GLANCE) } else { at_most };
        if self.waiting.is_empty()
            && self.changed.is_empty()
            && let Ok(seen) = self.seen.recv_timeout(at_most)
        {
            self.take_in(seen);
        }
    }

    /// Whether something was seen that is not told yet, since it has to come behind something else. No deadline may pass meanwhile.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wake_first.holds() || self.answer_first.holds()
    }

    /// The oldest thing that was seen and not told yet, with its time.
    pub fn next_seen(&mut self) -> Option<(Moment, Event)> {
        while let Ok(seen) = self.seen.try_recv() {
            self.take_in(seen);
        }
        for (at, event) in self.wake_first.expired(Instant::now()) {
            self.take_in_cloud(at, event);
        }
        for (at, event) in self.answer_first.expired(Instant::now()) {
            self.tell_of_cloud(at, &event);
        }
        if self.sleep_ends_at.take_if(|at| *at <= Instant::now()).is_some() {
            self.board.end_sleep();
        }
        let (at, event) = match self.waiting.pop_front() {
            Some(seen) => seen,
            None => self.look()?,
        };
        if self.sleeping == Sleeping::FastForward {
            self.shorten(&event);
        }
        Some((Moment::at(at.saturating_duration_since(self.began)), event))
    }

    /// Cuts a sleep short: at once, or when it has lasted long enough to be measured. A board that cannot sleeps on, which only costs time.
    fn shorten(&mut self, event: &Event) {
        match event {
            Event::Sleep { .. } if self.measures => {
                self.sleep_ends_at = Some(Instant::now() + MEASURED_SLEEP);
            }
            Event::Sleep { .. } => {
                self.board.end_sleep();
            }
            Event::Wake { .. } | Event::Reset { .. } | Event::Power { .. } => {
                self.sleep_ends_at = None;
            }
            _ => {}
        }
    }

    /// Why the board cannot be used any more, once: what was seen before is told before.
    pub fn take_broken(&mut self) -> Option<ActionError> {
        self.broken.take()
    }

    /// Says whether sleeps may be cut short; they may not unless it is said.
    pub const fn set_sleeping(&mut self, sleeping: Sleeping) {
        self.sleeping = sleeping;
    }

    /// What the engine asked for so far, and when.
    #[must_use]
    pub fn acts(&self) -> &[(Moment, Action)] {
        &self.acts
    }

    /// Switches everything off, brings back the board's network, and puts back what the real service held before.
    ///
    /// # Errors
    ///
    /// The access point does not obey, or the real service does not let it be put back.
    pub fn stop(&mut self) -> Result<(), ActionError> {
        self.board.stop();
        // A request that is still on its way to the service must not come behind what is put back.
        if let Some(server) = self.cloud.server.take() {
            self.cloud.runtime.block_on(server.shutdown());
        }
        while let Ok(seen) = self.seen.try_recv() {
            self.take_in(seen);
        }
        for (at, event) in self.wake_first.rest() {
            self.take_in_cloud(at, event);
        }
        for (at, event) in self.answer_first.rest() {
            self.tell_of_cloud(at, &event);
        }
        let service = self.cloud.service.as_mut().map_or(Ok(()), ServiceSide::restore);
        self.radio.restore().and(service)
    }

    fn take_in(&mut self, seen: Seen) {
        let Seen { at, what } = seen;
        match what {
            What::Board(Event::Current(reading)) => {
                let until = Moment::at(at.saturating_duration_since(self.began));
                self.waiting.push_back((at, Event::Current(Reading { until, ..reading })));
            }
            What::Board(event) => {
                let met = self.radio.board(&self.cloud, &event);
                let met = self.or_broken(met).flatten();
                for (at, event) in self.wake_first.before(&event) {
                    self.take_in_cloud(at, event);
                }
                let behind = self.wake_first.board(at, &event);
                self.waiting.push_back((at, event));
                self.waiting.extend(met.map(|met| (at, met)));
                for (at, event) in behind {
                    self.take_in_cloud(at, event);
                }
            }
            What::Broken(error) => {
                self.broken.get_or_insert(error);
            }
            What::Cloud(event) => {
                if let Some((at, event)) = self.wake_first.cloud(at, event) {
                    self.take_in_cloud(at, event);
                }
            }
        }
    }

    /// What came of something that was done in passing; an error ends the case.
    fn or_broken<T>(&mut self, done: Result<T, ActionError>) -> Option<T> {
        match done {
            Ok(made) => Some(made),
            Err(error) => {
                self.broken.get_or_insert(error);
                None
            }
        }
    }

    fn take_in_cloud(&mut self, at: Instant, event: CloudEvent) {
        let obeyed = self.radio.cloud(&self.cloud, &event.kind);
        self.or_broken(obeyed);
        let kind = match &event.kind {
            // What a fault does to an answer may take its time.
            CloudEventKind::Request(served) if served.delivery.wire.is_none() => Kind::Asks,
            CloudEventKind::Answered { .. }
            | CloudEventKind::Closed { .. }
            | CloudEventKind::Reset { .. } => Kind::Ends,
            _ => Kind::Other,
        };
        for (at, event) in self.answer_first.take(at, (event.connection.0, kind), event) {
            self.tell_of_cloud(at, &event);
        }
    }

    fn tell_of_cloud(&mut self, at: Instant, event: &CloudEvent) {
        let events = self.cloud_events(event);
        self.waiting.extend(events.into_iter().map(|event| (at, event)));
    }

    fn cloud_events(&mut self, event: &CloudEvent) -> Vec<Event> {
        let id = event.connection.0;
        let connection = |change| vec![Event::Connection { id, change }];
        match &event.kind {
            CloudEventKind::Opened { .. } => connection(ConnectionChange::Opened),
            CloudEventKind::Request(served) => {
                self.last_request += 1;
                let number = self.last_request;
                self.open.insert(id, (number, Arc::clone(served)));
                let Served { request, delivery, .. } = served.as_ref();
                self.take_in_passed(delivery);
                self.side.request_events(&self.settings, (number, id), request, delivery)
            }
            CloudEventKind::Controlled(done) => controlled::events(&self.side, done),
            // A fault on a request is told with the request.
            CloudEventKind::Fault(met) if !self.open.contains_key(&id) => {
                vec![Event::FaultMet { id: met.id.0, what: met.kind.to_owned() }]
            }
            CloudEventKind::Fault(_) => Vec::new(),
            CloudEventKind::Answered { .. } => {
                let answered = self.open.remove(&id);
                answered
                    .map(|(number, served)| cloud_side::answer_event(number, &served.delivery))
                    .into_iter()
                    .collect()
            }
            // What a device is told of time and names it shows by what it does; the faults of both are told.
            CloudEventKind::NameAsked { .. } | CloudEventKind::TimeAsked { .. } => Vec::new(),
            CloudEventKind::Unreadable { reason } => {
                vec![Event::Note { text: format!("the cloud could not read a request: {reason}") }]
            }
            CloudEventKind::NotKept { reason } => {
                vec![Event::Note { text: format!("the cloud could not keep a change: {reason}") }]
            }
            CloudEventKind::HandshakeFailed { reason } => {
                vec![Event::Note { text: format!("a TLS handshake failed: {reason}") }]
            }
            CloudEventKind::Closed { .. } => self.ended(id, ConnectionChange::Closed),
            CloudEventKind::Reset { .. } => self.ended(id, ConnectionChange::Reset),
        }
    }

    fn ended(&mut self, id: u64, change: ConnectionChange) -> Vec<Event> {
        self.open.remove(&id);
        vec![Event::Connection { id, change }]
    }
}

impl std::fmt::Debug for RealBench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RealBench").field("cloud", &self.cloud).finish_non_exhaustive()
    }
}

impl Bench for RealBench {
    fn facts(&self) -> Facts {
        self.board.facts()
    }

    fn began_ms(&self) -> i64 {
        let since = i64::try_from(self.now().since_start().as_millis()).unwrap_or(0);
        system_time().0.saturating_sub(since)
    }

    fn perform(&mut self, now: Moment, action: &Action) -> Result<Vec<Event>, ActionError> {
        self.acts.push((now, action.clone()));
        if let Some(service) = &mut self.cloud.service {
            service.begin()?;
            if matches!(
                action,
                Action::DeleteShadow { .. }
                    | Action::SetShadow { .. }
                    | Action::UpdateShadow { .. }
            ) {
                return service.perform(action);
            }
        }
        match action {
            Action::Brownout { to_mv, length } => {
                self.board.brownout(*to_mv, *length)?;
                return Ok(vec![Event::Brownout { to_mv: *to_mv, length: *length }]);
            }
            Action::CutAtStateWrite(order) => self.board.cut_at_state_write(*order)?,
            Action::Flash(firmware) => self.board.flash(firmware)?,
            Action::Measure => {
                self.board.measure()?;
                self.measures = true;
            }
            Action::Power(order) => self.board.power(*order)?,
            Action::Reset => self.board.reset()?,
            Action::RunCommand(order) => {
                // It may be a client.
                self.cloud.open();
                return host_command::run(order);
            }
            Action::SetPin { pin, value } => self.board.set_pin(pin, *value)?,
            Action::Wake => self.board.wake()?,
            Action::WriteConsole { text } => self.board.write_console(text)?,
            Action::ArmFault(_)
            | Action::ClearFaults
            | Action::Clock(_)
            | Action::DeleteShadow { .. }
            | Action::HearShadow
            | Action::Publish(_)
            | Action::SetShadow { .. }
            | Action::UpdateShadow { .. } => {
                let side = &mut self.side;
                let done = self.cloud.shared.with(|cloud, now| side.perform(cloud, now, action))?;
                match action {
                    Action::ArmFault(_) => self.radio.armed(&self.cloud)?,
                    Action::ClearFaults => self.radio.disarmed(&self.cloud)?,
                    _ => {}
                }
                return Ok(done);
            }
        }
        Ok(Vec::new())
    }

    fn wake_at(&self) -> Option<Moment> {
        let until = self.side.wake_at()?.0.saturating_sub(system_time().0);
        Some(self.now().after(Duration::from_millis(u64::try_from(until).unwrap_or(0))))
    }

    fn advance(&mut self, _now: Moment) -> Vec<Event> {
        let side = &mut self.side;
        self.cloud.shared.with(|cloud, now| side.expire(cloud, now));
        let brought_back = self.radio.disarmed(&self.cloud);
        self.or_broken(brought_back);
        std::iter::from_fn(|| self.next_seen()).map(|(_, event)| event).collect()
    }
}
