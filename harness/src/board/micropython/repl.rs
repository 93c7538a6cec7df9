//! The raw REPL of MicroPython as a machine (MicroPython's documentation, "The MicroPython Interactive Interpreter Mode").
//!
//! ```text
//! CR ^C ^C          a program that runs is interrupted
//! CR ^A             raw REPL; CTRL-B to exit CR LF >
//! ^E A 01           R 01 window (16 bits) raw paste; R 00 or ra...: the plain way
//! code ^D           plain: OK output ^D error ^D >      raw paste: ^D output ^D error ^D >
//! CR ^B, ^D         back to the prompt for people, and a soft reset
//! ```

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::time::Duration;

pub use super::repl_error::ReplError;
use crate::time::Moment;

/// How long the board may be silent after an interrupt before it is asked for its raw REPL.
const SETTLE: Duration = Duration::from_millis(100);

/// How long the answer to one try may take.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// How often the raw REPL is asked for: a program may catch the interrupt, a board may still be booting.
const TRIES: u32 = 8;

/// How long code may run without a byte of output.
const RUN_MAX: Duration = Duration::from_secs(20);

/// How much code is sent at once the plain way, and how long the board has to take it: its buffer is small and nothing holds us back.
const PIECE_BYTES: usize = 256;
const PIECE_PAUSE: Duration = Duration::from_millis(10);

/// The most output of a piece of code that is kept.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

const PROMPT: &[u8] = b"raw REPL; CTRL-B to exit\r\n>";
const ASK_PASTE: &[u8] = b"\x05A\x01";
const INTERRUPT: u8 = 3;
const END: u8 = 4;

/// What to do on a board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Interrupt what runs, and enter the raw REPL.
    Enter,
    /// Run code.
    Run(Vec<u8>),
    /// Leave the raw REPL and restart: `boot.py` and `main.py` run.
    SoftReset,
}

/// What came out of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The oldest order is done; with what the code printed.
    Done(Result<Vec<u8>, ReplError>),
    /// Send these bytes.
    Send(Vec<u8>),
}

/// The machine. Give it orders, the bytes of the board, and the time; send what it says.
#[derive(Debug, Default)]
pub struct Repl {
    orders: VecDeque<Order>,
    state: State,
    /// What came and was not understood yet.
    heard: Vec<u8>,
    deadline: Option<Moment>,
    /// Raw paste is not asked for again where it is not understood.
    is_plain: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// An interrupt was sent; the board may still print.
    Settling { tries: u32 },
    /// The raw REPL was asked for.
    Entering { tries: u32 },
    /// Raw paste was asked for.
    Asking { code: Vec<u8> },
    /// Code is sent as the window opens.
    Pasting { code: Vec<u8>, sent: usize, room: usize, window: usize },
    /// Code is sent piece by piece.
    Sending { code: Vec<u8>, sent: usize },
    /// The code was sent; `ack` is what says that it was taken.
    Running { ack: &'static [u8] },
}

impl Repl {
    /// Takes in an order; what is to be sent at once comes out.
    pub fn order(&mut self, now: Moment, order: Order) -> Vec<Output> {
        self.orders.push_back(order);
        let mut outputs = Vec::new();
        self.begin(now, &mut outputs);
        outputs
    }

    /// Takes in what the board said.
    pub fn feed(&mut self, now: Moment, bytes: &[u8]) -> Vec<Output> {
        let mut outputs = Vec::new();
        self.heard.extend_from_slice(bytes);
        match self.state {
            // Nobody asked; what it says is for the console.
            State::Idle => self.heard.clear(),
            State::Settling { .. } => self.deadline = Some(now.after(SETTLE)),
            State::Running { .. } if !bytes.is_empty() => self.deadline = Some(now.after(RUN_MAX)),
            _ => {}
        }
        while self.understand(now, &mut outputs) {}
        outputs
    }

    /// When [`Self::tick`] wants to be called, if nothing comes before.
    #[must_use]
    pub const fn wake_at(&self) -> Option<Moment> {
        self.deadline
    }

    /// Takes in that time has passed.
    pub fn tick(&mut self, now: Moment) -> Vec<Output> {
        let mut outputs = Vec::new();
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return outputs;
        }
        match std::mem::take(&mut self.state) {
            State::Idle => self.deadline = None,
            State::Settling { tries } => {
                // What it printed until now is not an answer.
                self.heard.clear();
                self.send(b"\r\x01", &mut outputs);
                self.wait(now, ANSWER_MAX, State::Entering { tries });
            }
            State::Entering { tries } if tries < TRIES => {
                self.interrupt(now, tries + 1, &mut outputs)
            }
            State::Entering { .. } if self.heard.is_empty() => {
                let waited = (ANSWER_MAX + SETTLE) * TRIES;
                self.done(now, Err(ReplError::Silent { waited }), &mut outputs);
            }
            State::Entering { .. } => {
                let heard = self.shown();
                self.done(now, Err(ReplError::NoRepl { heard }), &mut outputs);
            }
            // A board that does not know raw paste may swallow the question.
            State::Asking { code } => {
                self.is_plain = true;
                self.heard.clear();
                self.wait(now, Duration::ZERO, State::Sending { code, sent: 0 });
            }
            State::Sending { code, sent } => self.send_piece(now, code, sent, &mut outputs),
            State::Pasting { .. } | State::Running { .. } => {
                self.done(now, Err(ReplError::Silent { waited: RUN_MAX }), &mut outputs);
            }
        }
        outputs
    }

    /// Begins the oldest order if nothing is under way.
    fn begin(&mut self, now: Moment, outputs: &mut Vec<Output>) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        self.heard.clear();
        match self.orders.front() {
            None => self.deadline = None,
            Some(Order::Enter) => self.interrupt(now, 1, outputs),
            Some(Order::Run(code)) if self.is_plain => {
                let code = code.clone();
                self.send_piece(now, code, 0, outputs);
            }
            Some(Order::Run(code)) => {
                let code = code.clone();
                self.send(ASK_PASTE, outputs);
                self.wait(now, ANSWER_MAX, State::Asking { code });
            }
            Some(Order::SoftReset) => {
                self.send(b"\r\x02", outputs);
                self.send(&[END], outputs);
                self.done(now, Ok(Vec::new()), outputs);
            }
        }
    }

    fn interrupt(&mut self, now: Moment, tries: u32, outputs: &mut Vec<Output>) {
        self.send(&[b'\r', INTERRUPT, INTERRUPT], outputs);
        self.wait(now, SETTLE, State::Settling { tries });
    }

    fn send_piece(&mut self, now: Moment, code: Vec<u8>, sent: usize, outputs: &mut Vec<Output>) {
        let end = code.len().min(sent + PIECE_BYTES);
        self.send(&code[sent..end], outputs);
        if end < code.len() {
            return self.wait(now, PIECE_PAUSE, State::Sending { code, sent: end });
        }
        self.send(&[END], outputs);
        self.wait(now, RUN_MAX, State::Running { ack: b"OK" });
    }

    /// Understands the next part of what was heard; says whether there may be more.
    fn understand(&mut self, now: Moment, outputs: &mut Vec<Output>) -> bool {
        match std::mem::take(&mut self.state) {
            State::Entering { tries } => match find(&self.heard, PROMPT) {
                Some(_) => self.done(now, Ok(Vec::new()), outputs),
                None => {
                    self.state = State::Entering { tries };
                    return false;
                }
            },
            State::Asking { code } => return self.understand_offer(now, code),
            State::Pasting { code, sent, room, window } => {
                return self.paste(now, Paste { code, sent, room, window }, outputs);
            }
            State::Running { ack } => return self.understand_result(now, ack, outputs),
            other => {
                self.state = other;
                return false;
            }
        }
        true
    }

    /// What the board says to raw paste.
    fn understand_offer(&mut self, now: Moment, code: Vec<u8>) -> bool {
        match self.heard.as_slice() {
            [b'R', 1, low, high, ..] => {
                let window = usize::from(u16::from_le_bytes([*low, *high])).max(1);
                self.heard.drain(..4);
                self.wait(now, RUN_MAX, State::Pasting { code, sent: 0, room: window, window });
                true
            }
            [b'R', 0, ..] => {
                self.is_plain = true;
                self.heard.drain(..2);
                self.wait(now, Duration::ZERO, State::Sending { code, sent: 0 });
                false
            }
            // An older board takes the A for code and shows its prompt again.
            [b'r', b'a', ..] if find(&self.heard, b">").is_some() => {
                self.is_plain = true;
                self.heard.clear();
                self.wait(now, Duration::ZERO, State::Sending { code, sent: 0 });
                false
            }
            _ => {
                self.state = State::Asking { code };
                false
            }
        }
    }

    /// Sends what the window takes; each byte 1 opens it once more, a 4 ends the paste early.
    fn paste(&mut self, now: Moment, mut paste: Paste, outputs: &mut Vec<Output>) -> bool {
        while self.heard.first() == Some(&1) {
            self.heard.remove(0);
            paste.room += paste.window;
        }
        let is_stopped = self.heard.first() == Some(&END);
        if !is_stopped {
            let end = paste.code.len().min(paste.sent + paste.room);
            self.send(&paste.code[paste.sent..end], outputs);
            paste.room -= end - paste.sent;
            paste.sent = end;
            if end < paste.code.len() {
                let Paste { code, sent, room, window } = paste;
                self.wait(now, RUN_MAX, State::Pasting { code, sent, room, window });
                return false;
            }
        }
        // The board answers its own 4 to this one; when it stopped us, that is the 4 which is there already.
        self.send(&[END], outputs);
        self.wait(now, RUN_MAX, State::Running { ack: &[END] });
        true
    }

    /// `output 4 error 4 >` behind what says that the code was taken.
    fn understand_result(
        &mut self,
        now: Moment,
        ack: &'static [u8],
        outputs: &mut Vec<Output>,
    ) -> bool {
        // Windows that were opened after the last byte mean nothing any more.
        while ack == [END] && self.heard.first() == Some(&1) {
            self.heard.remove(0);
        }
        if !self.heard.starts_with(ack) && !ack.starts_with(&self.heard)
            || self.heard.len() > OUTPUT_BYTES_MAX
        {
            let heard = self.shown();
            self.done(now, Err(ReplError::Unexpected { heard }), outputs);
            return true;
        }
        let result = self.heard.get(ack.len()..).and_then(|rest| {
            let mut parts = rest.splitn(3, |byte| *byte == END);
            let (output, error, prompt) = (parts.next()?, parts.next()?, parts.next()?);
            (prompt.first() == Some(&b'>')).then(|| (output.to_vec(), error.to_vec()))
        });
        let Some((output, error)) = result else {
            self.state = State::Running { ack };
            return false;
        };
        let result = match error.as_slice() {
            [] => Ok(output),
            error => {
                Err(ReplError::Exception { traceback: String::from_utf8_lossy(error).into_owned() })
            }
        };
        self.done(now, result, outputs);
        true
    }

    fn done(&mut self, now: Moment, result: Result<Vec<u8>, ReplError>, outputs: &mut Vec<Output>) {
        self.orders.pop_front();
        // What was to follow depends on it.
        if result.is_err() {
            self.orders.clear();
        }
        self.state = State::Idle;
        outputs.push(Output::Done(result));
        self.begin(now, outputs);
    }

    fn wait(&mut self, now: Moment, span: Duration, state: State) {
        self.state = state;
        self.deadline = Some(now.after(span));
    }

    fn send(&self, bytes: &[u8], outputs: &mut Vec<Output>) {
        if !bytes.is_empty() {
            outputs.push(Output::Send(bytes.to_vec()));
        }
    }

    /// The last of what was heard, as text.
    fn shown(&self) -> String {
        const SHOWN_BYTES_MAX: usize = 80;
        let from = self.heard.len().saturating_sub(SHOWN_BYTES_MAX);
        self.heard[from..].escape_ascii().to_string()
    }
}

/// A paste under way.
struct Paste {
    code: Vec<u8>,
    sent: usize,
    room: usize,
    window: usize,
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
