//! The raw REPL against boards in software of every generation: raw paste, the plain way, stubborn programs, exceptions; and the suite of all
//! boards on one of them.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use shadowrig::board::micropython::repl::{Order, Output, Repl, ReplError};
use shadowrig::board::micropython::{MicroPythonBoard, Recipe};
use shadowrig::board::port::{PortName, PortOptions};
use shadowrig::scenario::plan::{Erase, Firmware};
use shadowrig::time::Moment;

use crate::board_contract::contract_with;

/// How a board answers the question for raw paste.
#[derive(Debug, Clone, Copy)]
enum Paste {
    /// With a window of so many bytes.
    Window(u16),
    /// It understands and does not offer it.
    Refused,
    /// It was built before it existed.
    Unknown,
}

/// A board that runs MicroPython as far as its raw REPL goes.
struct Board {
    paste: Paste,
    /// So many interrupts the program that runs catches.
    ignores: u32,
    mode: Mode,
    code: Vec<u8>,
    room: usize,
    /// What it took to run.
    ran: Vec<Vec<u8>>,
    restarts: u32,
    /// What its program prints when it starts.
    program: &'static [u8],
}

#[derive(Debug, PartialEq)]
enum Mode {
    Program,
    Friendly,
    Raw,
    Pasting,
}

const PROMPT: &[u8] = b"raw REPL; CTRL-B to exit\r\n>";

impl Board {
    fn new(paste: Paste) -> Self {
        Self {
            paste,
            ignores: 0,
            mode: Mode::Program,
            code: Vec::new(),
            room: 0,
            ran: Vec::new(),
            restarts: 0,
            program: b"",
        }
    }

    fn hear(&mut self, bytes: &[u8]) -> Vec<u8> {
        bytes.iter().flat_map(|byte| self.key(*byte)).collect()
    }

    fn key(&mut self, byte: u8) -> Vec<u8> {
        match (&self.mode, byte) {
            (Mode::Program, 3) if self.ignores > 0 => {
                self.ignores -= 1;
                b"caught\r\n".to_vec()
            }
            (Mode::Program, 3) => {
                self.mode = Mode::Friendly;
                b"Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n>>> ".to_vec()
            }
            (Mode::Program, _) => Vec::new(),
            (Mode::Friendly, 1) => {
                self.mode = Mode::Raw;
                PROMPT.to_vec()
            }
            (Mode::Friendly, 4) => {
                self.restarts += 1;
                self.mode = Mode::Program;
                [b"MPY: soft reboot\r\n", self.program].concat()
            }
            (Mode::Friendly, _) => b"\r\n>>> ".to_vec(),
            (Mode::Raw, 1) if self.code == b"\x05A" => {
                self.code.clear();
                match self.paste {
                    Paste::Window(window) => {
                        self.room = usize::from(window);
                        self.mode = Mode::Pasting;
                        [&b"R\x01"[..], &window.to_le_bytes()].concat()
                    }
                    Paste::Refused => b"R\x00".to_vec(),
                    Paste::Unknown => PROMPT.to_vec(),
                }
            }
            (Mode::Raw, 1) => {
                self.code.clear();
                PROMPT.to_vec()
            }
            (Mode::Raw, 2) => {
                self.mode = Mode::Friendly;
                b"\r\nMicroPython v1.28.0\r\n>>> ".to_vec()
            }
            (Mode::Raw, 3) => {
                self.code.clear();
                Vec::new()
            }
            (Mode::Raw | Mode::Pasting, 4) => self.run(),
            (Mode::Pasting, _) => {
                assert!(self.room > 0, "more was sent than the window takes");
                self.room -= 1;
                self.code.push(byte);
                let Paste::Window(window) = self.paste else {
                    panic!("it pastes without a window")
                };
                let half = usize::from(window) / 2;
                // The window opens again when the board has read one more, here when half of it is left.
                if self.room == half.min(usize::from(window) - 1) {
                    self.room += usize::from(window);
                    return vec![1];
                }
                Vec::new()
            }
            (Mode::Raw, _) => {
                self.code.push(byte);
                Vec::new()
            }
        }
    }

    fn run(&mut self) -> Vec<u8> {
        let ack: &[u8] = if self.mode == Mode::Pasting { b"\x04" } else { b"OK" };
        self.mode = Mode::Raw;
        // The question for raw paste begins with a key that clears nothing on an old board.
        let code = std::mem::take(&mut self.code);
        self.ran.push(code.clone());
        let (output, error): (&[u8], &[u8]) = if code.starts_with(b"raise") {
            (b"before\r\n", b"Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nOSError: 28\r\n")
        } else if code.windows(11).any(|window| window == b"print(same(") {
            // One file, which is as it was written.
            (b"True\r\n", b"")
        } else {
            (b"out\r\n", b"")
        };
        [ack, output, b"\x04", error, b"\x04>"].concat()
    }
}

/// Gives orders to a board until all is done; what the board says comes in pieces of this size.
fn talk(board: &mut Board, orders: Vec<Order>, piece: usize) -> Vec<Result<Vec<u8>, ReplError>> {
    let mut repl = Repl::default();
    let mut now = Moment::START;
    let count = orders.len();
    let mut outputs: Vec<Output> =
        orders.into_iter().flat_map(|order| repl.order(now, order)).collect();
    let mut results = Vec::new();
    for _ in 0..100_000 {
        let mut said = Vec::new();
        for output in std::mem::take(&mut outputs) {
            match output {
                Output::Send(bytes) => said.extend(board.hear(&bytes)),
                Output::Done(result) => results.push(result),
            }
        }
        if results.len() == count || results.last().is_some_and(Result::is_err) {
            return results;
        }
        for part in said.chunks(piece) {
            outputs.extend(repl.feed(now, part));
        }
        if outputs.is_empty() {
            now = repl.wake_at().unwrap_or_else(|| now.after(Duration::from_millis(1))).max(now);
            outputs.extend(repl.tick(now));
        }
    }
    panic!("it never ends: {results:?}");
}

fn check(paste: Paste, orders: &[&str], expected: &[Result<&str, &str>]) -> Board {
    let mut board = Board::new(paste);
    let mut all = vec![Order::Enter];
    all.extend(orders.iter().map(|code| Order::Run(code.as_bytes().to_vec())));
    let results = talk(&mut board, all, 3);
    let results: Vec<_> = results[1..]
        .iter()
        .map(|result| match result {
            Ok(output) => Ok(String::from_utf8_lossy(output).into_owned()),
            Err(error) => Err(error.to_string()),
        })
        .collect();
    let expected: Vec<_> =
        expected.iter().map(|result| result.map(str::to_owned).map_err(str::to_owned)).collect();
    assert_eq!(results, expected, "{paste:?}");
    board
}

#[test]
fn code_runs_on_boards_of_every_generation() {
    for paste in [Paste::Window(128), Paste::Window(1), Paste::Refused, Paste::Unknown] {
        let long = "x=1\n".repeat(300);
        let board = check(paste, &["print(1)", &long], &[Ok("out\r\n"), Ok("out\r\n")]);
        assert_eq!(board.ran.last().map(Vec::as_slice), Some(long.as_bytes()), "{paste:?}");
    }
}

#[test]
fn an_exception_is_an_error_with_its_traceback_and_what_was_to_follow_is_not_run() {
    let traceback = "the board raised an exception: Traceback (most recent call last):;   File \"<stdin>\", line 1; OSError: 28";
    for paste in [Paste::Window(32), Paste::Refused] {
        let board = check(paste, &["raise", "print(1)"], &[Err(traceback)]);
        assert_eq!(board.ran.len(), 1);
    }
}

#[test]
fn a_program_that_catches_interrupts_is_interrupted_again_and_in_the_end_named() {
    let mut board = Board::new(Paste::Window(128));
    board.ignores = 5;
    assert_eq!(talk(&mut board, vec![Order::Enter], 64), [Ok(Vec::new())]);

    let mut board = Board::new(Paste::Window(128));
    board.ignores = u32::MAX;
    let error = talk(&mut board, vec![Order::Enter], 64)
        .pop()
        .expect("one result")
        .expect_err("it never enters");
    assert!(matches!(error, ReplError::Silent { .. } | ReplError::NoRepl { .. }), "{error:?}");
    assert!(error.help().contains("baud rate") || error.help().contains("KeyboardInterrupt"));
}

#[test]
fn a_soft_reset_runs_the_program_again() {
    let mut board = Board::new(Paste::Window(128));
    let results = talk(&mut board, vec![Order::Enter, Order::SoftReset], 64);
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((board.restarts, &board.mode), (1, &Mode::Program));
}

proptest! {
    #[test]
    fn any_code_arrives_as_it_is_however_the_answers_are_cut(
        code in "[ -~\n]{0,2000}",
        window in 1u16..300,
        piece in 1usize..20,
    ) {
        let mut board = Board::new(Paste::Window(window));
        let orders = vec![Order::Enter, Order::Run(code.clone().into_bytes())];
        talk(&mut board, orders, piece);
        prop_assert_eq!(board.ran.last().map(Vec::as_slice), Some(code.as_bytes()));
    }

    #[test]
    fn no_answer_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut repl = Repl::default();
        let mut now = Moment::START;
        repl.order(now, Order::Enter);
        repl.order(now, Order::Run(b"print(1)".to_vec()));
        for part in bytes.chunks(7) {
            repl.feed(now, part);
            now = now.after(Duration::from_secs(1));
            repl.tick(now);
        }
    }
}

/// A board on a pseudo-terminal; the terminal is there as long as somebody has the file.
fn on_a_terminal(mut board: Board) -> (PathBuf, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be had");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("it can be opened");
    let name = ptsname(&master, Vec::new()).expect("it has a name");
    let path = PathBuf::from(OsStr::from_bytes(name.to_bytes()));
    let held = OpenOptions::new().read(true).write(true).open(&path).expect("it opens");
    let mut master = File::from(master);
    thread::spawn(move || {
        let mut buffer = [0; 256];
        while let Ok(count @ 1..) = master.read(&mut buffer) {
            let said = board.hear(&buffer[..count]);
            if master.write_all(&said).is_err() {
                return;
            }
        }
    });
    (path, held)
}

#[test]
fn a_chip_with_micropython_is_a_board() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let program = folder.path().join("main.py");
    std::fs::write(&program, "print('wake: power-on')").expect("it can be written");
    // What a program finds out about its start after a soft reset is its own affair.
    let said = b"lamp 1.0 wake: power-on\r\nsleep 60 s\r\n";
    let board = Board { program: said, ..Board::new(Paste::Window(128)) };
    let (path, _held) = on_a_terminal(board);
    let firmware =
        Firmware { erase: Erase::All, ..Firmware::of_image(program.display().to_string()) };
    contract_with(&firmware, |_, sink| {
        let recipe = Recipe {
            name: "micropython".into(),
            port: PortName::Device(path.clone()),
            options: PortOptions::default(),
            variables: Vec::new(),
        };
        Box::new(MicroPythonBoard::new(recipe, sink))
    });
}
