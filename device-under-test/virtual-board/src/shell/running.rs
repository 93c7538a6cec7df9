//! The driver: it owns the board, is its clock, and performs what it asks.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::control::Control;
use super::error::ShellError;
use super::flash_file::FlashFile;
use super::memory::MemoryPort;
use super::network::{Network, Wire};
use super::ppk2::MeterPort;
use super::pty::{DROP_AFTER, Pty};
use super::rfc2217::Rfc2217;
use super::uplink::{Cable, Uplink};
use crate::board::Board;
use crate::chips::Chip;
use crate::flash::Flash;
use crate::io::{Activity, Event, Input, Order, Output, Status};
use crate::setup::{BootMode, Setup};
use crate::time::Moment;
use crate::uplink::Heard;

/// Which ways lead to a board, and where its flash is.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether it has a pseudo-terminal.
    pub has_pty: bool,
    /// Where a link to the pseudo-terminal is put; an old link there is replaced.
    pub pty_link: Option<PathBuf>,
    /// Where it listens for RFC 2217; port 0 picks a free one.
    pub rfc2217: Option<SocketAddr>,
    /// Where its control socket is; an old socket there is replaced.
    pub control: Option<PathBuf>,
    /// Where a link to the pseudo-terminal of its current meter is put; an old link there is replaced.
    pub ppk2: Option<PathBuf>,
    /// The file that its flash is kept in; without it the flash lives in memory.
    pub flash_file: Option<PathBuf>,
    /// What its boot pin says at first; without it, download when the flash is empty.
    pub boot: Option<BootMode>,
}

/// A way to a board, as it is printed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Way {
    /// The pseudo-terminal, under its own name.
    Pty(PathBuf),
    /// The RFC 2217 port.
    Rfc2217(SocketAddr),
    /// The control socket.
    Control(PathBuf),
    /// The current meter.
    Ppk2(PathBuf),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pty(path) => write!(f, "{}", path.display()),
            Self::Rfc2217(address) => write!(f, "rfc2217://{address}"),
            Self::Control(path) => write!(f, "unix:{}", path.display()),
            Self::Ppk2(path) => write!(f, "ppk2:{}", path.display()),
        }
    }
}

/// What the other threads bring to the driver.
#[derive(Debug)]
pub(crate) enum Message {
    Input(Input),
    /// An order, or `None` to ask only how the board is.
    Order(Option<Order>, Sender<Status>),
    /// What the board was doing since somebody asked the last time.
    Done(Sender<Vec<Doing>>),
    Port(Sender<ToPort>),
    Events(Sender<(Moment, Event)>),
    Wire {
        life: u64,
        wire: Wire,
    },
    Cable(Cable),
    Stop,
}

/// What a board does from a point in time on.
pub(crate) type Doing = (Instant, Activity);

/// What the driver sends to a port.
#[derive(Clone, Debug)]
pub(crate) enum ToPort {
    Bytes(Vec<u8>),
    Gone { away: Duration },
}

/// A board that runs on its own threads until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    chip: Chip,
    ways: Vec<Way>,
    sender: Sender<Message>,
    driver: Option<JoinHandle<Result<(), ShellError>>>,
    // Kept for what they remove when they are dropped.
    _pty: Option<Pty>,
    _rfc2217: Option<Rfc2217>,
    _control: Option<Control>,
    meter: Option<MeterPort>,
}

impl Running {
    /// Starts a board with its power on. With a flash file, what is in it takes the place of `flash`.
    ///
    /// # Errors
    ///
    /// A port, a socket or the file cannot be had.
    pub fn start(setup: Setup, flash: Flash, options: &Options) -> Result<Self, ShellError> {
        let (file, flash) = match &options.flash_file {
            Some(path) => FlashFile::open(path).map(|(file, flash)| (Some(file), flash))?,
            None => (None, flash),
        };
        let chip = setup.chip;
        let into = options.boot.unwrap_or(match flash.is_empty() {
            true => BootMode::Download,
            false => BootMode::Run,
        });
        let (sender, receiver) = mpsc::channel();
        let mut ways = Vec::new();
        let pty = match options.has_pty {
            true => Some(Pty::open(options.pty_link.as_deref(), &sender, DROP_AFTER)?),
            false => None,
        };
        ways.extend(pty.as_ref().map(|pty| Way::Pty(pty.name())));
        let rfc2217 = match options.rfc2217 {
            Some(address) => Some(Rfc2217::listen(address, &sender)?),
            None => None,
        };
        ways.extend(rfc2217.as_ref().map(|port| Way::Rfc2217(port.address())));
        let control = match &options.control {
            Some(path) => Some(Control::listen(path, &sender)?),
            None => None,
        };
        ways.extend(options.control.clone().map(Way::Control));
        let meter = match &options.ppk2 {
            Some(path) => Some(MeterPort::open(path, &sender)?),
            None => None,
        };
        ways.extend(options.ppk2.clone().map(Way::Ppk2));
        let driver = Driver {
            board: Board::new(setup, flash),
            began: Instant::now(),
            file,
            ports: Vec::new(),
            observers: Vec::new(),
            network: Network::new(sender.clone()),
            uplink: Uplink::new(sender.clone()),
            doing: None,
        };
        let first = Input::Order(Order::PowerRestore { into });
        let driver = thread::Builder::new()
            .name("board".into())
            .spawn(move || driver.run(first, &receiver))
            .map_err(ShellError::Thread)?;
        let driver = Some(driver);
        let (_pty, _rfc2217, _control) = (pty, rfc2217, control);
        Ok(Self { chip, ways, sender, driver, _pty, _rfc2217, _control, meter })
    }

    /// The ways in, in the order pseudo-terminal, RFC 2217, control.
    #[must_use]
    pub fn ways(&self) -> &[Way] {
        &self.ways
    }

    /// Its chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Does something at the bench, and gives how the board is after it. `None` when the board stopped.
    pub fn order(&self, order: Order) -> Option<Status> {
        self.ask(Some(order))
    }

    /// How the board is. `None` when it stopped.
    #[must_use]
    pub fn status(&self) -> Option<Status> {
        self.ask(None)
    }

    /// A serial port in memory; there may be several, and all hear the same.
    #[must_use]
    pub fn memory_port(&self) -> MemoryPort {
        let (to_port, receiver) = mpsc::channel();
        // A stopped board has a port on which nothing is heard.
        let _ = self.sender.send(Message::Port(to_port));
        MemoryPort::new(self.sender.clone(), receiver)
    }

    /// What can be observed from here on, with the time since the start.
    #[must_use]
    pub fn events(&self) -> Receiver<(Moment, Event)> {
        let (to_observer, receiver) = mpsc::channel();
        // A stopped board has no events.
        let _ = self.sender.send(Message::Events(to_observer));
        receiver
    }

    /// Whether the driver ended by itself, which it does when the flash cannot be kept.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.driver.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Stops the board, and removes link and socket.
    ///
    /// # Errors
    ///
    /// What made the driver end before.
    pub fn stop(mut self) -> Result<(), ShellError> {
        self.end()
    }

    fn ask(&self, order: Option<Order>) -> Option<Status> {
        let (answer, receiver) = mpsc::channel();
        self.sender.send(Message::Order(order, answer)).ok()?;
        receiver.recv().ok()
    }

    fn end(&mut self) -> Result<(), ShellError> {
        // It asks the board, so it goes first.
        self.meter = None;
        // It may have ended by itself.
        let _ = self.sender.send(Message::Stop);
        match self.driver.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever drops it does not want to know.
        let _ = self.end();
    }
}

/// The thread that owns the board.
struct Driver {
    board: Board,
    began: Instant,
    file: Option<FlashFile>,
    ports: Vec<Sender<ToPort>>,
    observers: Vec<Sender<(Moment, Event)>>,
    network: Network,
    uplink: Uplink,
    /// What the board was doing, for a meter; nothing is kept before one has asked.
    doing: Option<Vec<Doing>>,
}

impl Driver {
    fn run(mut self, first: Input, receiver: &Receiver<Message>) -> Result<(), ShellError> {
        // Ports that were opened before the board are there before it says its first word; all else
        // happens to a board that has power.
        let (ports, others): (Vec<_>, Vec<_>) =
            receiver.try_iter().partition(|message| matches!(message, Message::Port(_)));
        for message in ports {
            self.take(message)?;
        }
        self.handle(first)?;
        for message in others {
            if matches!(message, Message::Stop) {
                return Ok(());
            }
            self.take(message)?;
        }
        loop {
            let now = self.now();
            let due = [self.board.wake_at(), self.uplink.wake_at(now)];
            // What is due waits for what others brought already, so that a busy board hears of them.
            let message = match due.into_iter().flatten().min() {
                Some(at) => receiver.recv_timeout(at.since(now)),
                None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(message) => self.take(message)?,
                Err(RecvTimeoutError::Timeout) => {
                    if self.uplink.wake_at(now).is_some_and(|at| at <= now) {
                        self.cable(Cable::Heard(Heard::Tick))?;
                    }
                    self.handle(Input::Tick)?;
                }
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::at(self.began.elapsed())
    }

    fn take(&mut self, message: Message) -> Result<(), ShellError> {
        match message {
            Message::Input(input) => self.handle(input)?,
            Message::Order(order, answer) => {
                if let Some(order) = order {
                    self.handle(Input::Order(order))?;
                }
                // Whoever asked may have gone.
                let _ = answer.send(self.board.status());
            }
            Message::Done(answer) => {
                let since = self.doing.replace(Vec::new());
                let so_far = || vec![(self.began, self.board.activity())];
                // As above.
                let _ = answer.send(since.unwrap_or_else(so_far));
            }
            Message::Port(port) => self.ports.push(port),
            Message::Events(observer) => self.observers.push(observer),
            Message::Wire { life, wire } => {
                if let Some(input) = self.network.wire(life, wire) {
                    self.handle(input)?;
                }
            }
            Message::Cable(cable) => self.cable(cable)?,
            Message::Stop => {}
        }
        Ok(())
    }

    /// Takes what happened at the other end of the cable, and brings the frames that follow to the board.
    fn cable(&mut self, cable: Cable) -> Result<(), ShellError> {
        let frames = self.uplink.take(self.now(), cable);
        frames.into_iter().try_for_each(|frame| self.handle(Input::Frame(frame)))
    }

    fn handle(&mut self, input: Input) -> Result<(), ShellError> {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let now = self.now();
            let before = self.board.activity();
            for output in self.board.handle(now, input) {
                inputs.extend(self.perform(now, output));
            }
            let after = self.board.activity();
            if let Some(doing) = self.doing.as_mut().filter(|_| before != after) {
                doing.push((self.began + now.since(Moment::START), after));
            }
        }
        if let Some(file) = &self.file {
            file.keep(self.board.flash_mut())?;
        }
        Ok(())
    }

    /// Does what the board asks; gives what it hears at once.
    fn perform(&mut self, now: Moment, output: Output) -> Vec<Input> {
        match output {
            Output::Serial(bytes) => self.send_to_ports(&ToPort::Bytes(bytes)),
            Output::PortGone { away } => self.send_to_ports(&ToPort::Gone { away }),
            Output::Network { life, ask } => {
                return self.network.ask(life, ask).into_iter().collect();
            }
            Output::Frame(frame) => {
                let frames = self.uplink.handle(now, Heard::Frame(frame));
                return frames.into_iter().map(Input::Frame).collect();
            }
            Output::Unplugged => {
                // Nobody is there to take what follows.
                let _ = self.uplink.handle(now, Heard::Gone);
            }
            Output::Event(event) => {
                self.observers.retain(|observer| observer.send((now, event.clone())).is_ok());
            }
        }
        Vec::new()
    }

    fn send_to_ports(&mut self, what: &ToPort) {
        self.ports.retain(|port| port.send(what.clone()).is_ok());
    }
}
