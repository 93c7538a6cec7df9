//! The thread that listens to a board: from the bytes of its port to what it does, through sleeps that take the port along.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::console::{Announced, Console, Patterns, Symbols};
use super::pins::Pins;
use super::port::{BootInto, Pace, PortError, SerialPort};
use super::started::{POWER_ON, RESET, Started};
use super::ways_out::{WAYS_OUT, WayOut};
use super::{Cycle, Sink};
use crate::engine::{ActionError, Event, Trouble};
use crate::flash::{self, IN_LOADER};
use crate::time::Moment;

/// How long one look at the port waits; so long an order may wait, too.
const GLANCE: Duration = Duration::from_millis(10);

/// How long one look for a port that is gone takes.
const LOOK: Duration = Duration::from_millis(50);

/// How long a port may be gone before its loss is told: longer than things of ours sleep.
const AWAY_MAX: Duration = Duration::from_secs(900);

/// What a wake is told to be by that is known by the port alone.
const TIMER: &str = "timer";

/// So often a start may end in a brownout before anything runs; then it is the supply, and no firmware is to blame.
const BROWNOUTS_MAX: u32 = 3;

/// How long a port that is back may still refuse: its owner and group are set a moment after it appears.
const REFUSED_MAX: Duration = Duration::from_secs(5);

/// How long after a port came back the firmware's own word about its wake may come.
const INFERRED_MAX: Duration = Duration::from_secs(2);

/// Bytes that are read at once.
const READ_BYTES: usize = 4096;

/// Looks at the port after which a line is not waited for any longer to fall silent.
const SETTLE_READS_MAX: usize = 20;

/// What a listener needs of a board: the way to it, which flashing needs, too.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) port: SerialPort,
    pub(super) pins: Box<dyn Pins>,
}

/// What is known of the firmware whose console is heard.
pub(super) struct Heard {
    /// What its crashes are decoded by.
    pub(super) symbols: Option<Symbols>,
    /// What it prints when it sleeps and wakes.
    pub(super) patterns: Patterns,
    /// Cuts its supply for a moment, where something does.
    pub(super) cycle: Option<Cycle>,
}

/// Orders, each with where to say that it is done.
type Orders = Sender<(Order, Sender<Result<(), PortError>>)>;

/// A thread that listens.
#[derive(Debug)]
pub(super) struct Listener {
    orders: Orders,
    thread: JoinHandle<Box<Way>>,
}

/// Tells a listener that the supply is about to be switched.
#[derive(Debug, Clone)]
pub(super) struct Announcer(Orders);

#[derive(Debug)]
enum Order {
    Announce,
    Reset,
    Settle,
    Write(Vec<u8>),
    Stop,
}

impl Listener {
    /// Resets the board into what was flashed, and listens from its first byte on.
    pub(super) fn start(
        mut way: Box<Way>,
        heard: Heard,
        sink: Sink,
    ) -> Result<Self, (PortError, Box<Way>)> {
        // What a loader said last is nobody's console.
        if let Err(error) = way.port.clear_input().and_then(|()| run(&mut way)) {
            return Err((error, way));
        }
        let mut ear = Ear::new(way, sink);
        ear.console.set_symbols(heard.symbols);
        ear.console.set_patterns(heard.patterns);
        ear.console.announce(Moment::START, Announced::Silently);
        ear.started = Started::by(POWER_ON);
        ear.cycle = heard.cycle;
        let (orders, receiver) = mpsc::channel();
        let thread = thread::spawn(move || ear.listen(&receiver));
        Ok(Self { orders, thread })
    }

    /// For whoever switches the supply.
    pub(super) fn announcer(&self) -> Announcer {
        Announcer(self.orders.clone())
    }

    /// Resets the board into what was flashed.
    pub(super) fn reset(&self) -> Result<(), PortError> {
        self.order(Order::Reset)
    }

    /// Writes on its console.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), PortError> {
        self.order(Order::Write(bytes.to_vec()))
    }

    /// Stops listening, and gives the way back.
    pub(super) fn stop(self) -> Box<Way> {
        let _ended = self.order(Order::Stop);
        match self.thread.join() {
            Ok(way) => way,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn order(&self, what: Order) -> Result<(), PortError> {
        order(&self.orders, what)
    }
}

impl Announcer {
    /// The supply was cut: waits until what the board had said before is told.
    pub(super) fn settle(&self) {
        // A thread that has ended has told all.
        let _ended = order(&self.0, Order::Settle);
    }

    /// The supply is about to be switched: what boots next is no surprise.
    pub(super) fn announce(&self) {
        // A thread that has ended has told why.
        let _ended = order(&self.0, Order::Announce);
    }
}

/// Gives an order and waits until it is done. A thread that has ended obeys nobody, and has told why.
fn order(orders: &Orders, what: Order) -> Result<(), PortError> {
    let (answer, receiver) = mpsc::channel();
    if orders.send((what, answer)).is_err() {
        return Ok(());
    }
    receiver.recv().unwrap_or(Ok(()))
}

/// Resets into what was flashed; a port that the reset takes along comes back later.
fn run(way: &mut Way) -> Result<(), PortError> {
    match way.pins.reset(&mut way.port, BootInto::Run, Pace::Quick) {
        Err(error) if error.is_gone() => Ok(()),
        result => result,
    }
}

/// A port that is gone.
#[derive(Debug, Clone, Copy)]
struct Gone {
    since: Instant,
    /// Since when it is there again and refuses.
    refused_since: Option<Instant>,
    is_told: bool,
}

/// What the thread owns.
struct Ear {
    way: Box<Way>,
    sink: Sink,
    console: Console,
    began: Instant,
    /// The port is gone.
    gone: Option<Gone>,
    /// What the rig has done to start the board.
    started: Started,
    /// It was told that its supply is too weak.
    is_weak_told: bool,
    /// It sleeps, as far as its console says.
    is_asleep: bool,
    /// A wake was told because the port came back; when, so that the firmware's own line is no second one.
    inferred: Option<Instant>,
    /// What is left to do about a board that stays in its loader.
    ways_out: std::array::IntoIter<WayOut, { WAYS_OUT.len() }>,
    /// Cuts its supply for a moment.
    cycle: Option<Cycle>,
}

impl Ear {
    fn new(way: Box<Way>, sink: Sink) -> Self {
        let console = Console::default();
        Self {
            way,
            sink,
            console,
            began: Instant::now(),
            gone: None,
            started: Started::default(),
            is_weak_told: false,
            is_asleep: false,
            inferred: None,
            ways_out: WAYS_OUT.into_iter(),
            cycle: None,
        }
    }

    fn listen(mut self, orders: &Receiver<(Order, Sender<Result<(), PortError>>)>) -> Box<Way> {
        loop {
            match orders.try_recv() {
                Ok((Order::Stop, answer)) => {
                    let _nobody_waits = answer.send(Ok(()));
                    return self.way;
                }
                Ok((order, answer)) => {
                    // Whoever asked may have gone.
                    let _nobody_waits = answer.send(self.obey(order));
                }
                Err(mpsc::TryRecvError::Disconnected) => return self.way,
                Err(mpsc::TryRecvError::Empty) => {}
            }
            match self.gone {
                Some(gone) => self.look(gone),
                None => {
                    self.hear();
                }
            }
        }
    }

    fn obey(&mut self, order: Order) -> Result<(), PortError> {
        let now = self.now();
        match order {
            Order::Announce => {
                self.started = Started::by(POWER_ON);
                self.console.announce(now, Announced::Silently);
                Ok(())
            }
            Order::Reset => {
                // What it said before is told before.
                self.hear();
                self.tell(vec![Event::Reset { cause: "external".into() }]);
                self.console.announce(now, Announced::Silently);
                self.started = Started::by(RESET);
                run(&mut self.way)
            }
            Order::Settle => {
                // A line that is never quiet is not waited for longer.
                let _heard = (0..SETTLE_READS_MAX).find(|_| !self.hear());
                Ok(())
            }
            Order::Write(bytes) => self.way.port.write(&bytes),
            Order::Stop => Ok(()),
        }
    }

    /// Takes in what came, and says whether anything did.
    fn hear(&mut self) -> bool {
        let mut buffer = [0; READ_BYTES];
        let heard = self.way.port.read(&mut buffer, GLANCE);
        let now = self.now();
        let has_heard = matches!(heard, Ok(1..));
        match heard {
            Ok(0) => {
                let events = self.console.tick(now);
                self.tell(events);
            }
            Ok(count) => {
                let events = self.console.feed(now, &buffer[..count]);
                self.tell(events);
            }
            Err(error) => {
                let events = self.console.end(now);
                self.tell(events);
                if !error.is_gone() {
                    self.tell(vec![Event::Note {
                        text: format!("the console is disturbed: {error}"),
                    }]);
                }
                self.gone =
                    Some(Gone { since: Instant::now(), refused_since: None, is_told: false });
            }
        }
        has_heard
    }

    /// Looks for a port that is gone: that of a chip that sleeps comes back when it wakes.
    fn look(&mut self, gone: Gone) {
        match self.way.port.reopen(LOOK) {
            Ok(()) => {
                self.gone = None;
                if self.is_asleep {
                    // What it said first was said while nobody could hear it.
                    self.tell(vec![Event::Wake { cause: TIMER.into() }]);
                    self.inferred = Some(Instant::now());
                }
            }
            Err(error) if !gone.is_told => {
                let refused_since = match error.is_gone() {
                    true => None,
                    false => gone.refused_since.or_else(|| Some(Instant::now())),
                };
                let is_refused =
                    refused_since.is_some_and(|refused| refused.elapsed() > REFUSED_MAX);
                let is_told = is_refused || gone.since.elapsed() > AWAY_MAX;
                if is_told {
                    self.sink.tell_broken(error.stops("keep the link to the board"));
                }
                self.gone = Some(Gone { refused_since, is_told, ..gone });
                if !error.is_gone() {
                    thread::sleep(LOOK);
                }
            }
            Err(_) => thread::sleep(LOOK),
        }
    }

    /// Ends the case where the supply breaks down at each start: told as what it is, power, and no failed check.
    fn check_supply(&mut self) {
        if self.console.weak_starts() < BROWNOUTS_MAX || self.is_weak_told {
            return;
        }
        self.is_weak_told = true;
        let why = format!("its supply broke down {BROWNOUTS_MAX} times before anything ran");
        let error = ActionError::new("start the board", why).help(
            "feed it by another cable, a powered hub, or its own supply; this is not the firmware's fault",
        );
        self.sink.tell_broken(ActionError { trouble: Some(Trouble::Brownouts), ..error });
    }

    /// Gets a board out of its loader that should run. One that stays there is the bench's fault, and never a silent firmware.
    fn leave_loader(&mut self) {
        for way_out in self.ways_out.by_ref() {
            if way_out == WayOut::Supply && self.cycle.is_none() {
                continue;
            }
            let what = way_out.words();
            let text = format!("the board is in its loader and should run: {what}");
            self.sink.tell(Event::Note { text });
            self.console.announce(Moment::at(self.began.elapsed()), Announced::Silently);
            let is_done = match (way_out, &self.cycle) {
                (WayOut::Watchdog, _) => {
                    flash::restart_by_watchdog(&mut self.way.port).unwrap_or(false)
                }
                (WayOut::Supply, Some(cycle)) => cycle(),
                // A port that fails here fails at the next look, which tells of it.
                _ => run(&mut self.way).is_ok(),
            };
            if is_done {
                return;
            }
        }
        let why = "it stays in its loader, whatever is done: its boot pin is held low";
        let error = ActionError::new("start the board", why).help(
            "let go of BOOT and look at what else pulls that pin; this is not the firmware's fault",
        );
        self.sink.tell_broken(ActionError { trouble: Some(Trouble::Unreachable), ..error });
    }

    fn now(&self) -> Moment {
        Moment::at(self.began.elapsed())
    }

    fn tell(&mut self, events: Vec<Event>) {
        for event in events {
            match &event {
                Event::Sleep { .. } => (self.is_asleep, self.inferred) = (true, None),
                Event::Wake { .. } => {
                    self.is_asleep = false;
                    if self.inferred.take().is_some_and(|at| at.elapsed() < INFERRED_MAX) {
                        continue;
                    }
                }
                Event::Console { line } if line == IN_LOADER => self.leave_loader(),
                _ => {}
            }
            self.sink.tell(self.started.told(event));
        }
        self.check_supply();
    }
}
