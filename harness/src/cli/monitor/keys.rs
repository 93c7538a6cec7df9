//! What a person types, on its way to the board.

use std::io::{self, IsTerminal, Read};
use std::sync::mpsc::{self, Receiver};

use rustix::stdio::stdin;
use rustix::termios::{InputModes, LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Ctrl-], which ends a monitor.
const END: u8 = 0x1d;

/// The keyboard: each key comes at once and is not shown, since the board shows what it takes. As it was before when dropped.
#[derive(Debug)]
pub(super) struct Keys {
    typed: Receiver<Vec<u8>>,
    before: Option<Termios>,
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// This, for the board.
    Bytes(Vec<u8>),
    /// The key that ends the monitor.
    End,
}

impl Keys {
    /// Takes the keyboard over. Ctrl-C stays the signal that it is.
    pub(super) fn take() -> Self {
        let before = io::stdin().is_terminal().then(|| tcgetattr(stdin()).ok()).flatten();
        if let Some(before) = &before {
            let mut raw = before.clone();
            raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
            // Enter is a carriage return on a serial line, and the prompts of boards wait for it.
            raw.input_modes -= InputModes::ICRNL;
            // A terminal that refuses is read line by line, which works as well.
            let _line_by_line = tcsetattr(stdin(), OptionalActions::Now, &raw);
        }
        let (sender, typed) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 256];
            while let Ok(count @ 1..) = io::stdin().read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { typed, before }
    }

    /// What was typed since; never waits.
    pub(super) fn typed(&self) -> Option<Typed> {
        let bytes = self.typed.try_recv().ok()?;
        // Behind a pipe there is no such key.
        let is_end = self.before.is_some() && bytes.contains(&END);
        Some(if is_end { Typed::End } else { Typed::Bytes(bytes) })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // Nobody is left to tell if the terminal is gone.
            let _gone = tcsetattr(stdin(), OptionalActions::Now, before);
        }
    }
}
