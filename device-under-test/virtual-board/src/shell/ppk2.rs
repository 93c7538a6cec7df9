//! The current meter on a pseudo-terminal of its own.

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::ShellError;
use super::pty::Pty;
use super::running::{Message, ToPort};
use crate::io::Input;
use crate::ppk2::{Ppk2, SAMPLE, amperes};

/// How often samples are sent.
const TICK: Duration = Duration::from_millis(10);

/// How long a client may read nothing before samples are lost to it. A real one keeps few; here a busy machine is to lose none.
const DROP_AFTER: Duration = Duration::from_secs(30);

/// The most samples at once; more than are due in a tick, so that a late meter catches up and loses none.
const SAMPLES_MAX: u64 = 10_000;

/// The meter, until it is dropped.
#[derive(Debug)]
pub(crate) struct MeterPort {
    sender: Sender<Message>,
    thread: Option<JoinHandle<()>>,
    // Kept for the link that it removes.
    _pty: Pty,
}

impl MeterPort {
    /// Puts a meter for a board at a path.
    pub(crate) fn open(link: &Path, board: &Sender<Message>) -> Result<Self, ShellError> {
        let (sender, receiver) = mpsc::channel();
        let pty = Pty::open(Some(link), &sender, DROP_AFTER)?;
        let board = board.clone();
        let thread = thread::Builder::new()
            .name("board-meter".into())
            .spawn(move || run(&receiver, &board))
            .map_err(ShellError::Thread)?;
        Ok(Self { sender, thread: Some(thread), _pty: pty })
    }
}

impl Drop for MeterPort {
    fn drop(&mut self) {
        // It may have ended with the board.
        let _ = self.sender.send(Message::Stop);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn run(receiver: &Receiver<Message>, board: &Sender<Message>) {
    let mut meter = Ppk2::default();
    let mut port: Option<Sender<ToPort>> = None;
    let mut began = Instant::now();
    let mut sent = 0;
    loop {
        let was_sending = meter.is_sending();
        // A meter that nobody reads waits for orders, and costs nothing.
        let came = match was_sending {
            true => receiver.recv_timeout(TICK),
            false => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match came {
            Ok(Message::Port(to_port)) => port = Some(to_port),
            Ok(Message::Input(Input::Serial(bytes))) => {
                let answer = meter.orders(&bytes);
                send(port.as_ref(), answer);
            }
            Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            Ok(_) | Err(RecvTimeoutError::Timeout) => {}
        }
        if meter.is_sending() && !was_sending {
            (began, sent) = (Instant::now(), 0);
        }
        if !meter.is_sending() {
            continue;
        }
        let due = (began.elapsed().as_micros() / SAMPLE.as_micros()) as u64;
        let count = due.saturating_sub(sent).min(SAMPLES_MAX);
        let Some(current) = current(board) else { return };
        sent += count;
        send(port.as_ref(), meter.samples(current, count));
    }
}

/// What the board draws now; `None` when it is gone.
fn current(board: &Sender<Message>) -> Option<f64> {
    let (answer, status) = mpsc::channel();
    board.send(Message::Order(None, answer)).ok()?;
    status.recv().ok().map(|status| amperes(status.activity))
}

fn send(port: Option<&Sender<ToPort>>, bytes: Vec<u8>) {
    if let Some(port) = port.filter(|_| !bytes.is_empty()) {
        // Nobody may be there any more.
        let _ = port.send(ToPort::Bytes(bytes));
    }
}
