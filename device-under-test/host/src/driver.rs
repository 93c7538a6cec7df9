//! The loop: it waits, tells the thing what happened, and does what the thing asks.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant as Moment, SystemTime, UNIX_EPOCH};

use thing::{Input, Instant, Lent, Output, Sensor, Thing, WakeCause, Workspace};

use crate::error::Error;
use crate::hardware::Hardware;
use crate::net::{Connection, ConnectionEvent, ask_time};
use crate::settings::Settings;
use crate::state_file::StateFile;
use crate::told_writes::{Extent, KEEPS, KEPT, REPLY_TIME_MAX, Replies, Reply};

/// What reaches the driver from other threads.
#[derive(Debug)]
pub(crate) enum Event {
    /// Something happened to the connection of this number.
    Connection(u64, ConnectionEvent),
    /// The time server has answered: with the time, in milliseconds since 1970, or with nothing to believe.
    Time(Option<u64>),
    /// Somebody typed a line, which is told without its end.
    Typed(String),
    /// A rig wants the sleep to be over as if its time were.
    SleepOver,
    /// Somebody wants the device awake.
    WakeCommand,
}

/// Both ends of the queue of events.
pub(crate) type Queue = (Sender<Event>, Receiver<Event>);

/// Runs the device until it has slept often enough.
pub(crate) fn drive(
    settings: &Settings,
    queue: Queue,
    replies: Option<Replies>,
    console: &mut dyn Write,
) -> Result<(), Error> {
    let (sender, events) = queue;
    let started_at = Moment::now();
    let mut workspace = Box::new(Workspace::new());
    let mut hands = Hands::new(settings, (sender, replies), console)?;
    let mut cause = settings.wake_cause;
    let mut sleeps = 0;
    loop {
        let seconds = wake(&mut hands, &mut workspace, &events, (started_at, cause))?;
        sleeps += 1;
        if settings.wakes.is_some_and(|wakes| sleeps >= wakes) {
            return Ok(());
        }
        cause = sleep(&events, Duration::from_secs(u64::from(seconds)));
    }
}

/// Lives one wake, and gives the seconds of the sleep that ends it.
fn wake(
    hands: &mut Hands<'_>,
    workspace: &mut Workspace,
    events: &Receiver<Event>,
    (started_at, cause): (Moment, WakeCause),
) -> Result<u32, Error> {
    let settings = hands.settings;
    let config = settings.config();
    // As on a chip, nothing but the kept state survives a sleep.
    let mut thing = Thing::new(settings.kind);
    let kept = hands.state.bytes().to_vec();
    hands.told.push_back(Told::Wake(cause, kept));
    loop {
        let now = |started_at: Moment| {
            Instant(u64::try_from(started_at.elapsed().as_millis()).unwrap_or(u64::MAX))
        };
        let told = match hands.told.pop_front() {
            Some(told) => told,
            None => match next_event(events, thing.wake_at(), now(started_at)) {
                Some(event) => match hands.told_by(event) {
                    Some(told) => told,
                    None => continue,
                },
                None => Told::Tick,
            },
        };
        let lent = Lent { config: &config, workspace };
        thing.handle(lent, now(started_at), told.input(), &mut |output| hands.perform(output));
        if let Some(error) = hands.failure.take() {
            return Err(error);
        }
        if let Some(seconds) = hands.sleep_s.take() {
            return Ok(seconds);
        }
    }
}

/// Waits for the next event, or until the thing is due.
fn next_event(events: &Receiver<Event>, wake_at: Option<Instant>, now: Instant) -> Option<Event> {
    // A thing that is awake always waits for something; this bound only guards against a hang.
    let wait_ms = wake_at.map_or(thing::NETWORK_MS_MAX, |wake_at| wake_at.ms_since(now));
    events.recv_timeout(Duration::from_millis(wait_ms)).ok()
}

/// Sleeps until the time is over or somebody wakes the device.
fn sleep(events: &Receiver<Event>, span: Duration) -> WakeCause {
    let until = Moment::now() + span;
    loop {
        match events.recv_timeout(until.saturating_duration_since(Moment::now())) {
            Ok(Event::WakeCommand) => return WakeCause::External,
            Ok(Event::SleepOver) => return WakeCause::Timer,
            // What is left of an old connection; and what is typed while it sleeps nobody hears.
            Ok(Event::Connection(..) | Event::Time(_) | Event::Typed(_)) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                return WakeCause::Timer;
            }
        }
    }
}

/// What does the thing's bidding.
struct Hands<'a> {
    settings: &'a Settings,
    sender: Sender<Event>,
    /// What a rig wants of writes of the state, where one is told of them.
    replies: Option<Replies>,
    console: &'a mut dyn Write,
    state: StateFile,
    hardware: Hardware,
    connection: Option<Connection>,
    /// Counts connections, so that an old one's events are told from the new one's.
    connections: u64,
    /// What the thing is to be told next.
    told: VecDeque<Told>,
    sleep_s: Option<u32>,
    /// Once something failed, nothing more is done: what follows may rest on it.
    failure: Option<Error>,
}

impl<'a> Hands<'a> {
    fn new(
        settings: &'a Settings,
        (sender, replies): (Sender<Event>, Option<Replies>),
        console: &'a mut dyn Write,
    ) -> Result<Self, Error> {
        let path = settings.state_file.as_deref();
        let state = StateFile::open(path).map_err(|source| Error::StateUnreadable {
            path: path.unwrap_or_else(|| "".as_ref()).to_owned(),
            source,
        })?;
        Ok(Self {
            settings,
            sender,
            replies,
            console,
            state,
            hardware: Hardware::new(),
            connection: None,
            connections: 0,
            told: VecDeque::new(),
            sleep_s: None,
            failure: None,
        })
    }

    fn perform(&mut self, output: Output<'_>) {
        if self.failure.is_some() {
            return;
        }
        match output {
            Output::Console(line) => {
                self.failure = self.print(line).err().map(Error::Console);
            }
            Output::BringUpNetwork => self.told.push_back(Told::NetworkUp),
            Output::AskTime => self.ask_time(),
            Output::Connect => self.connect(),
            Output::Send(bytes) => {
                if let Some(connection) = &self.connection {
                    connection.send(bytes);
                }
            }
            Output::Disconnect => self.connection = None,
            Output::Drive(actuator) => self.hardware.drive(actuator),
            Output::Sample(sensor) => {
                self.told.push_back(Told::Sample(sensor, self.hardware.sample(sensor)));
            }
            Output::Persist(bytes) => self.failure = self.keep(bytes).err(),
            Output::Sleep { seconds } => self.sleep_s = Some(seconds),
        }
    }

    /// Keeps the state: as much of it as a rig wants that is told of it.
    fn keep(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut reply = Reply::GO_ON;
        if self.replies.is_some() {
            self.print(&format!("{KEEPS}{} bytes", bytes.len())).map_err(Error::Console)?;
        }
        if let Some(replies) = &self.replies {
            reply = replies.recv_timeout(REPLY_TIME_MAX).unwrap_or(reply);
        }
        let written = match reply.extent {
            Extent::All => self.state.replace(bytes),
            Extent::Half => self.state.begin(&bytes[..bytes.len() / 2]),
            Extent::Nothing => Ok(()),
        };
        let path = || self.settings.state_file.clone().unwrap_or_default();
        written.map_err(|source| Error::StateUnwritable { path: path(), source })?;
        if !reply.stops {
            return Ok(());
        }
        self.print(KEPT).map_err(Error::Console)?;
        // The power is cut any moment; if the rig is gone, this is over as well.
        while self.replies.as_ref().is_some_and(|replies| replies.recv().is_ok()) {}
        Err(Error::Console(io::ErrorKind::BrokenPipe.into()))
    }

    fn print(&mut self, line: &str) -> io::Result<()> {
        // One write for the whole line, so that lines of two programs on one pipe do not mix.
        self.console.write_all(format!("{line}\n").as_bytes())?;
        self.console.flush()
    }

    fn connect(&mut self) {
        self.connections += 1;
        let (sender, number) = (self.sender.clone(), self.connections);
        self.connection = Some(Connection::open(self.settings.target(), move |event| {
            // A driver that has ended listens no more.
            let _ = sender.send(Event::Connection(number, event));
        }));
    }

    fn ask_time(&mut self) {
        let Some(server) = self.settings.ntp_server.clone() else {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let unix_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
            self.told.push_back(self.time(Some(unix_ms)));
            return;
        };
        let (sender, name_server) = (self.sender.clone(), self.settings.name_server);
        // Asking blocks, and the thing has other things to do: it gives up by itself.
        std::thread::spawn(move || {
            if let Some(time) = ask_time(&server, name_server) {
                // A driver that has ended listens no more.
                let _ = sender.send(Event::Time(time.ok()));
            }
        });
    }

    /// What the thing is told of a time, by a clock that may be wrong on purpose.
    fn time(&self, unix_ms: Option<u64>) -> Told {
        let Some(unix_ms) = unix_ms else { return Told::NoTime };
        match unix_ms.checked_add_signed(self.settings.clock_offset_ms) {
            Some(unix_ms) => Told::Time(unix_ms),
            None => Told::NoTime,
        }
    }

    /// What an event means to the thing; `None` for what it must not see.
    fn told_by(&self, event: Event) -> Option<Told> {
        match event {
            Event::Connection(number, event)
                if number == self.connections && self.connection.is_some() =>
            {
                Some(Told::Connection(event))
            }
            // An old connection, or a wish to wake what is awake.
            Event::Connection(..) | Event::SleepOver | Event::WakeCommand => None,
            // One that comes after the thing has given up is ignored there.
            Event::Time(unix_ms) => Some(self.time(unix_ms)),
            Event::Typed(line) => Some(Told::Typed(format!("{line}\n"))),
        }
    }
}

/// What the thing is told, with bytes of its own.
#[derive(Debug)]
enum Told {
    Wake(WakeCause, Vec<u8>),
    NetworkUp,
    Time(u64),
    NoTime,
    Connection(ConnectionEvent),
    Sample(Sensor, i32),
    Typed(String),
    Tick,
}

impl Told {
    fn input(&self) -> Input<'_> {
        match self {
            Self::Wake(cause, state) => Input::Wake { cause: *cause, state },
            Self::NetworkUp => Input::NetworkUp,
            Self::Time(unix_ms) => Input::Time { unix_ms: *unix_ms },
            Self::NoTime => Input::NoTime,
            Self::Connection(ConnectionEvent::Closed) => Input::Closed,
            Self::Connection(ConnectionEvent::Connected) => Input::Connected,
            Self::Connection(ConnectionEvent::Failed(reason)) => Input::ConnectFailed(reason),
            Self::Connection(ConnectionEvent::Received(bytes)) => Input::Received(bytes),
            Self::Connection(ConnectionEvent::Reset) => Input::Reset,
            Self::Sample(sensor, value) => Input::Sample { sensor: *sensor, value: Some(*value) },
            Self::Typed(text) => Input::Typed(text.as_bytes()),
            Self::Tick => Input::Tick,
        }
    }
}
