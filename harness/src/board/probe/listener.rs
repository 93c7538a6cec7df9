//! The thread that listens to a chip over RTT: through resets, and through sleeps in which the probe loses it.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::defmt::Wording;
use super::ear::Ear;
use super::error::ProbeError;
use super::link::Link;
use crate::board::Sink;
use crate::board::console::{Announced, Console, Patterns, Symbols};
use crate::board::started::{POWER_ON, RESET, Started};
use crate::engine::Event;
use crate::time::Moment;

/// How long an empty ring is left alone; so long an order may wait, too.
const GLANCE: Duration = Duration::from_millis(10);

/// How often a chip that is away is looked for.
const LOOK: Duration = Duration::from_millis(250);

/// How long a chip may be away before that is told: longer than things of ours sleep.
const AWAY_MAX: Duration = Duration::from_secs(900);

/// How long an order may take. A probe that hangs takes its thread along, and not the run.
const ORDER_MAX: Duration = Duration::from_secs(5);

/// What a firmware is known by on its console.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What its frames mean.
    pub(super) wording: Wording,
    /// What its crashes are decoded by.
    pub(super) symbols: Option<Symbols>,
    /// What it prints when it sleeps and wakes.
    pub(super) patterns: Patterns,
    /// Where its control block is; `None` to search the memory for it.
    pub(super) control_block: Option<u64>,
}

type Answer = Result<(), ProbeError>;

#[derive(Debug)]
enum Order {
    Reset,
    Write(Vec<u8>),
    Stop,
}

/// A thread that listens.
#[derive(Debug)]
pub(super) struct Listener {
    orders: Sender<(Order, Sender<Answer>)>,
    thread: JoinHandle<Box<dyn Link>>,
}

impl Listener {
    /// Listens to a chip that was just started.
    pub(super) fn start(link: Box<dyn Link>, heard: Heard, sink: Sink) -> Self {
        let (orders, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            let Heard { wording, symbols, patterns, control_block } = heard;
            let mut console = Console::new(patterns);
            console.set_symbols(symbols);
            console.announce(Moment::START, Announced::Silently);
            let owner = Owner {
                link,
                sink,
                console,
                ear: Ear::new(&wording, control_block),
                began: Instant::now(),
                away: None,
                started: Started::by(POWER_ON),
                is_broken_told: false,
            };
            owner.listen(&receiver)
        });
        Self { orders, thread }
    }

    /// Resets the chip.
    pub(super) fn reset(&self) -> Answer {
        self.order(Order::Reset)
    }

    /// Writes on its console.
    pub(super) fn write(&self, bytes: &[u8]) -> Answer {
        self.order(Order::Write(bytes.to_vec()))
    }

    /// Stops listening, and gives the way to the chip back; `None` where the probe hangs with it.
    pub(super) fn stop(self) -> Option<Box<dyn Link>> {
        if self.order(Order::Stop).is_err() {
            return None;
        }
        match self.thread.join() {
            Ok(link) => Some(link),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn order(&self, what: Order) -> Answer {
        let (answer, receiver) = mpsc::channel();
        let hangs =
            || ProbeError::Lost("the probe does not come back from what it was told".into());
        self.orders.send((what, answer)).map_err(|_| hangs())?;
        match receiver.recv_timeout(ORDER_MAX) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(hangs()),
        }
    }
}

/// A chip that is away.
#[derive(Debug, Clone, Copy)]
struct Away {
    since: Instant,
    look_at: Instant,
    is_told: bool,
}

/// What the thread owns.
struct Owner<'w> {
    link: Box<dyn Link>,
    sink: Sink,
    console: Console,
    ear: Ear<'w>,
    began: Instant,
    /// That the chip is away, if it is.
    away: Option<Away>,
    started: Started,
    is_broken_told: bool,
}

impl Owner<'_> {
    fn listen(mut self, orders: &Receiver<(Order, Sender<Answer>)>) -> Box<dyn Link> {
        loop {
            let wait = if self.hear() { Duration::ZERO } else { GLANCE };
            match orders.recv_timeout(wait) {
                Ok((Order::Stop, answer)) => {
                    let _nobody_waits = answer.send(Ok(()));
                    return self.link;
                }
                Ok((order, answer)) => {
                    // Whoever asked may have given up.
                    let _nobody_waits = answer.send(self.obey(order));
                }
                Err(RecvTimeoutError::Disconnected) => return self.link,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    fn obey(&mut self, order: Order) -> Answer {
        match order {
            Order::Reset => {
                // What it said before is told before.
                self.hear();
                self.link.reset()?;
                self.sink.tell(Event::Reset { cause: "external".into() });
                self.console.announce(self.now(), Announced::Silently);
                self.started = Started::by(RESET);
                self.ear.restart();
                if let Some(away) = &mut self.away {
                    away.look_at = Instant::now();
                }
                Ok(())
            }
            Order::Write(bytes) => self.ear.write(self.link.as_mut(), &bytes),
            Order::Stop => Ok(()),
        }
    }

    /// Takes in what there is; says whether there may be more at once.
    fn hear(&mut self) -> bool {
        if let Some(away) = self.away {
            self.look(away);
            return false;
        }
        let bytes = match self.ear.hear(self.link.as_mut()) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.lose(&error);
                return false;
            }
        };
        let now = self.now();
        let events = match bytes.as_slice() {
            [] => self.console.tick(now),
            bytes => self.console.feed(now, bytes),
        };
        self.tell(events);
        !bytes.is_empty()
    }

    fn lose(&mut self, error: &ProbeError) {
        if let ProbeError::BrokenRtt { .. } = error {
            // A chip that is starting has anything in its memory.
            if !std::mem::replace(&mut self.is_broken_told, true) {
                self.sink.tell(Event::Note { text: format!("the console is disturbed: {error}") });
            }
            return;
        }
        let events = self.console.end(self.now());
        self.tell(events);
        self.link.detach();
        let now = Instant::now();
        self.away = Some(Away { since: now, look_at: now + LOOK, is_told: false });
    }

    /// Looks for a chip that is away: one that sleeps comes back when it wakes, and says so itself.
    fn look(&mut self, away: Away) {
        if Instant::now() < away.look_at {
            return;
        }
        let is_told = match self.link.attach() {
            Ok(_) => {
                self.away = None;
                return;
            }
            Err(error) => {
                let is_lost = away.since.elapsed() > AWAY_MAX || !error.is_away();
                if is_lost && !away.is_told {
                    let text = format!("the link to the board is lost: {error}; {}", error.help());
                    self.sink.tell(Event::Note { text });
                }
                is_lost
            }
        };
        // Attaching takes its time, which is not spent again at once.
        self.away = Some(Away { look_at: Instant::now() + LOOK, is_told, ..away });
    }

    fn now(&self) -> Moment {
        Moment::at(self.began.elapsed())
    }

    fn tell(&mut self, events: Vec<Event>) {
        for event in events {
            self.sink.tell(self.started.told(event));
        }
    }
}
