//! The current meter on a pseudo-terminal of its own.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::error::ShellError;
use super::pty::Pty;
use super::running::{Doing, Message, ToPort};
use crate::io::{Activity, Input};
use crate::ppk2::{Ppk2, SAMPLE, amperes};

/// How often samples are sent.
const TICK: Duration = Duration::from_millis(10);

/// How long a client may read nothing before samples are lost to it. A real one keeps few; here a busy machine is to lose none.
const DROP_AFTER: Duration = Duration::from_secs(30);

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
    let mut drawn = Drawn { now: Activity::Off, then: VecDeque::new() };
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
        // However late the meter is, each sample tells what the board drew at its own time.
        let now = Instant::now();
        if !drawn.ask(board) {
            return;
        }
        for (until, activity) in drawn.until(now) {
            let due = (until.duration_since(began).as_micros() / SAMPLE.as_micros()) as u64;
            let count = due.saturating_sub(sent);
            sent += count;
            send(port.as_ref(), meter.samples(amperes(activity), count));
        }
    }
}

/// What a board was doing, as far as no sample tells of it yet.
#[derive(Debug)]
struct Drawn {
    now: Activity,
    then: VecDeque<Doing>,
}

impl Drawn {
    /// Asks the board; false when it is gone.
    fn ask(&mut self, board: &Sender<Message>) -> bool {
        let (answer, done) = mpsc::channel();
        let asked = board.send(Message::Done(answer)).ok();
        let Some(done) = asked.and_then(|()| done.recv().ok()) else { return false };
        self.then.extend(done);
        true
    }

    /// What it did up to a point in time, each with its end.
    fn until(&mut self, end: Instant) -> Vec<Doing> {
        let mut done = Vec::new();
        while let Some((at, next)) = self.then.pop_front_if(|(at, _)| *at <= end) {
            done.push((at, std::mem::replace(&mut self.now, next)));
        }
        done.push((end, self.now));
        done
    }
}

fn send(port: Option<&Sender<ToPort>>, bytes: Vec<u8>) {
    if let Some(port) = port.filter(|_| !bytes.is_empty()) {
        // Nobody may be there any more.
        let _ = port.send(ToPort::Bytes(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_meter_tells_what_was_drawn_at_its_own_time() {
        let began = Instant::now();
        let at = |millis| began + Duration::from_millis(millis);
        let mut drawn = Drawn { now: Activity::Off, then: VecDeque::new() };
        drawn.then.extend([
            (at(0), Activity::Run),
            (at(300), Activity::Asleep),
            (at(900), Activity::Run),
        ]);
        let late = drawn.until(at(500));
        let expected =
            [(at(0), Activity::Off), (at(300), Activity::Run), (at(500), Activity::Asleep)];
        assert_eq!(late, expected);
        assert_eq!(drawn.until(at(901)), [(at(900), Activity::Asleep), (at(901), Activity::Run)]);
    }
}
