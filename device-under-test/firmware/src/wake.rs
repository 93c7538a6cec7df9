//! The loop of a wake: it waits, tells the thing what happened, and does what the thing asks.
//!
//! Every wait ends at the moment that the thing names, so nothing that the network does or leaves undone can hang the
//! device. What cannot wait (lines, lights, what is kept) is done while the thing is still being asked.

use core::future::Future;
use core::pin::pin;

use embassy_futures::select::{Either3, select, select3};
use thing::{Config, Input, Instant, Kind, Lent, Output, Sensor, Thing, WakeCause, Workspace};

use crate::awake::Awake;
use crate::seam::{Board, Connection, Network};

/// Bytes of the longest request that a thing makes: the longest report, the longest session token, and 2 KiB for the rest
/// of its head, of which each part is bounded.
pub const REQUEST_BYTES_MAX: usize =
    thing::REPORT_BYTES_MAX + thing::SESSION_TOKEN_BYTES_MAX + 2048;

/// Bytes of an answer that are taken at once.
const RECEIVE_BYTES: usize = 1024;

/// Bytes of what is typed that are taken at once.
const TYPED_BYTES: usize = 32;

/// Bytes of a line that is held back until it is known whether it is the last.
const LINE_BYTES: usize = thing::LINE_BYTES_MAX;

/// Milliseconds that the end of a connection may take.
const CLOSE_MS_MAX: u64 = 500;

/// Milliseconds of a wait for which the thing named no end. It always does; this bound only guards against a hang.
const WAIT_MS_MAX: u64 = 15_000;

/// Memory that a wake borrows: about 51 KiB, which would be much for a stack.
#[derive(Debug)]
pub struct Scratch {
    workspace: Workspace,
    request: [u8; REQUEST_BYTES_MAX],
    received: [u8; RECEIVE_BYTES],
}

impl Scratch {
    /// Memory full of zeros.
    #[must_use]
    pub const fn new() -> Self {
        let workspace = Workspace::new();
        Self { workspace, request: [0; REQUEST_BYTES_MAX], received: [0; RECEIVE_BYTES] }
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// What is known when a wake begins.
#[derive(Clone, Copy, Debug)]
pub struct Life<'a> {
    /// What kind of thing it is.
    pub kind: &'static Kind,
    /// Why it woke.
    pub cause: WakeCause,
    /// Who it is.
    pub config: &'a Config<'a>,
    /// What it kept; empty when nothing is left.
    pub kept: &'a [u8],
}

/// Lives one wake, and gives the seconds of the sleep that ends it.
///
/// Before the last line, `sleep <n> s`, it prints how long each phase took. It returns within the sum of the thing's own
/// time-outs, whatever the network does.
pub async fn wake<B: Board, N: Network>(
    life: Life<'_>,
    scratch: &mut Scratch,
    board: &mut B,
    network: &mut N,
) -> u32 {
    let Scratch { workspace, request, received } = scratch;
    let (config, thing, awake) = (life.config, Thing::new(life.kind), Awake::new());
    let mut turns =
        Turns { mind: Mind { config, thing, workspace, board, awake }, request, date: None };
    let mut asked = turns.tell(Input::Wake { cause: life.cause, state: life.kept });
    loop {
        asked = match asked {
            Asked::Sleep(seconds) => return seconds,
            Asked::Sample(sensor) => {
                let value = turns.mind.board.sample(sensor);
                turns.tell(Input::Sample { sensor, value })
            }
            Asked::Network => match turns.mind.within(network.bring_up()).await {
                Some(Ok(())) => turns.tell(Input::NetworkUp),
                Some(Err(reason)) => turns.tell(Input::NetworkDown(reason)),
                None => turns.tell(Input::Tick),
            },
            Asked::Time => match turns.mind.within(network.unix_ms()).await {
                Some(Some(unix_ms)) => turns.time_told(unix_ms),
                Some(None) => turns.tell(Input::NoTime),
                None => turns.tell(Input::Tick),
            },
            Asked::Connection => turns.connection(network, received).await,
            // There is nothing to send or to end any more once the connection is gone.
            Asked::Nothing | Asked::Send(_) | Asked::Disconnect => {
                turns.mind.within(core::future::pending::<()>()).await;
                turns.tell(Input::Tick)
            }
        };
    }
}

/// The one thing that a turn leaves to be waited for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Asked {
    /// Only that time passes.
    Nothing,
    Network,
    Time,
    Connection,
    /// Send this many bytes of the request.
    Send(usize),
    /// The connection is over; and time passes.
    Disconnect,
    Sample(Sensor),
    Sleep(u32),
}

/// The thing, and all that is at hand without waiting.
struct Turns<'a, B: Board> {
    mind: Mind<'a, B>,
    request: &'a mut [u8; REQUEST_BYTES_MAX],
    /// The date, and when it was told.
    date: Option<(u64, Instant)>,
}

/// The thing and its board: what goes on while a request is on its way.
struct Mind<'a, B: Board> {
    config: &'a Config<'a>,
    thing: Thing,
    workspace: &'a mut Workspace,
    board: &'a mut B,
    awake: Awake,
}

impl<B: Board> Turns<'_, B> {
    /// Tells the thing what happened, does at once what can be done at once, and gives what is left.
    fn tell(&mut self, input: Input<'_>) -> Asked {
        let Self { mind: Mind { config, thing, workspace, board, awake }, request, date: _ } = self;
        board.feed_watchdog();
        let mut asked = Asked::Nothing;
        let mut held = Held::new();
        let now = board.now();
        thing.handle(Lent { config, workspace }, now, input, &mut |output| {
            awake.note(now, &output);
            if let Output::Sleep { .. } = output {
                awake.end(now);
                board.print(format_args!("{awake}"));
                board.sum_up();
            }
            held.release(*board);
            match output {
                Output::Console(line) => held.hold(line),
                Output::Drive(actuator) => board.drive(actuator),
                Output::Persist(data) => board.persist(data),
                Output::BringUpNetwork => asked = Asked::Network,
                Output::AskTime => asked = Asked::Time,
                Output::Connect => asked = Asked::Connection,
                Output::Send(bytes) => asked = Asked::Send(copy(bytes, *request)),
                Output::Disconnect => asked = Asked::Disconnect,
                Output::Sample(sensor) => asked = Asked::Sample(sensor),
                Output::Sleep { seconds } => asked = Asked::Sleep(seconds),
            }
        });
        held.release(*board);
        asked
    }

    fn time_told(&mut self, unix_ms: u64) -> Asked {
        self.date = Some((unix_ms, self.mind.board.now()));
        self.tell(Input::Time { unix_ms })
    }

    /// Lives one connection from its opening to its end, and gives what the thing asks for after it.
    async fn connection<N: Network>(&mut self, network: &mut N, received: &mut [u8]) -> Asked {
        let (told, told_at) = self.date.unwrap_or_default();
        let unix_ms = told.saturating_add(self.mind.board.now().ms_since(told_at));
        let mut connection = match self.mind.within(network.connect(unix_ms)).await {
            Some(Ok(connection)) => connection,
            Some(Err(reason)) => return self.tell(Input::ConnectFailed(reason)),
            None => return self.tell(Input::Tick),
        };
        let mut asked = self.tell(Input::Connected);
        loop {
            asked = match asked {
                Asked::Send(length) => {
                    let request = self.request.get(..length).unwrap_or_default();
                    match self.mind.within(connection.send(request)).await {
                        // A server may answer before it has read all, so a failure shows in the answer.
                        Some(_) => Asked::Nothing,
                        None => self.tell(Input::Tick),
                    }
                }
                Asked::Nothing => match self.mind.within(connection.receive(received)).await {
                    Some(Ok(0)) => self.tell(Input::Closed),
                    Some(Ok(count)) => {
                        self.tell(Input::Received(received.get(..count).unwrap_or_default()))
                    }
                    Some(Err(_)) => self.tell(Input::Reset),
                    None => self.tell(Input::Tick),
                },
                over => {
                    let board = &self.mind.board;
                    let until = board.until(board.now().after_ms(CLOSE_MS_MAX));
                    select(connection.close(), until).await;
                    return over;
                }
            };
        }
    }
}

impl<B: Board> Mind<'_, B> {
    /// When the wait that begins now must be over.
    fn deadline(&self) -> Instant {
        self.thing.wake_at().unwrap_or_else(|| self.board.now().after_ms(WAIT_MS_MAX))
    }

    /// What comes of this, or nothing when it takes longer than the thing waits. What is typed meanwhile is answered.
    async fn within<T>(&mut self, wait: impl Future<Output = T>) -> Option<T> {
        let mut wait = pin!(wait);
        let deadline = self.deadline();
        loop {
            let mut typed = [0; TYPED_BYTES];
            let board = &*self.board;
            match select3(wait.as_mut(), board.until(deadline), board.typed(&mut typed)).await {
                Either3::First(outcome) => return Some(outcome),
                Either3::Second(()) => return None,
                Either3::Third(count) => self.typed(typed.get(..count).unwrap_or_default()),
            }
        }
    }

    /// Tells the thing what is typed. It answers by lines, and does nothing else.
    fn typed(&mut self, bytes: &[u8]) {
        let Self { config, thing, workspace, board, awake: _ } = self;
        let now = board.now();
        thing.handle(Lent { config, workspace }, now, Input::Typed(bytes), &mut |output| {
            if let Output::Console(line) = output {
                board.print(format_args!("{line}"));
            }
        });
    }
}

/// Copies as much as fits, and gives how much that is. Requests and lines are bounded so that all of them fit.
fn copy(bytes: &[u8], request: &mut [u8]) -> usize {
    let length = bytes.len().min(request.len());
    if let (Some(to), Some(from)) = (request.get_mut(..length), bytes.get(..length)) {
        to.copy_from_slice(from);
    }
    length
}

/// A line that is held back for one output, so that another can be printed before the last one of a wake.
struct Held {
    bytes: [u8; LINE_BYTES],
    length: Option<usize>,
}

impl Held {
    const fn new() -> Self {
        Self { bytes: [0; LINE_BYTES], length: None }
    }

    fn hold(&mut self, line: &str) {
        self.length = Some(copy(line.as_bytes(), &mut self.bytes));
    }

    fn release(&mut self, board: &mut impl Board) {
        if let Some(length) = self.length.take() {
            let line = self.bytes.get(..length).unwrap_or_default();
            board.print(format_args!("{}", core::str::from_utf8(line).unwrap_or_default()));
        }
    }
}
