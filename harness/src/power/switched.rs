//! A board whose supply is switched by something beside it.

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Power, Supply};
use crate::board::{Board, Sink};
use crate::drive::Facts;
use crate::engine::action::PowerOrder;
use crate::engine::event::PowerChange;
use crate::engine::{ActionError, Event};
use crate::scenario::plan::Firmware;

/// A board and its switch. What the board does when its supply comes back it tells itself, by its console.
pub struct Switched {
    board: Box<dyn Board>,
    line: Arc<Mutex<Line>>,
    /// What brings the supply back after a cycle; without its other end it does so at once.
    restorer: Option<(Sender<()>, JoinHandle<()>)>,
}

/// The switch, and how it stands.
struct Line {
    power: Box<dyn Power>,
    supply: Supply,
    sink: Sink,
}

impl std::fmt::Debug for Switched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Switched").finish_non_exhaustive()
    }
}

impl Line {
    fn switch(&mut self, to: Supply) -> Result<(), ActionError> {
        if self.supply == to {
            return Ok(());
        }
        let (what, change) = match to {
            Supply::Off => ("cut the supply", PowerChange::Cut),
            Supply::On => ("restore the supply", PowerChange::Restored),
        };
        self.power.switch(to).map_err(|error| error.of_action(what, self.power.as_ref()))?;
        self.supply = to;
        self.sink.tell(Event::Power { change });
        Ok(())
    }
}

impl Switched {
    /// A board whose supply is there.
    #[must_use]
    pub fn new(board: Box<dyn Board>, power: Box<dyn Power>, sink: Sink) -> Self {
        let line = Arc::new(Mutex::new(Line { power, supply: Supply::On, sink }));
        Self { board, line, restorer: None }
    }

    fn switch(&mut self, to: Supply) -> Result<(), ActionError> {
        self.end_cycle();
        self.line.lock().unwrap_or_else(PoisonError::into_inner).switch(to)
    }

    /// Brings the supply back after so long, in a thread of its own.
    fn restore_after(&mut self, off: Duration) {
        let (sender, ended) = mpsc::channel::<()>();
        let line = Arc::clone(&self.line);
        let thread = std::thread::spawn(move || {
            // The time is over, or somebody wants the supply before.
            let _either = ended.recv_timeout(off);
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = line.switch(Supply::On) {
                line.sink.tell(Event::Note { text: error.to_string() });
            }
        });
        self.restorer = Some((sender, thread));
    }

    fn end_cycle(&mut self) {
        let Some((sender, thread)) = self.restorer.take() else { return };
        drop(sender);
        // It does not panic, and ends as soon as the switch does.
        let _ended = thread.join();
    }
}

impl Board for Switched {
    fn facts(&self) -> Facts {
        let mut facts = self.board.facts();
        if !facts.can.contains(&"power-switch") {
            facts.can.push("power-switch");
        }
        facts.cannot.retain(|(verb, _)| !matches!(*verb, "power" | "cut-power"));
        facts
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        // A case before this one may have left it dark.
        self.switch(Supply::On)?;
        self.board.flash(firmware)
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        self.board.reset()
    }

    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError> {
        match order {
            PowerOrder::Cut => self.switch(Supply::Off),
            PowerOrder::Restore => self.switch(Supply::On),
            PowerOrder::Cycle(off) => {
                self.switch(Supply::Off)?;
                self.restore_after(off);
                Ok(())
            }
        }
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        self.board.wake()
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        self.board.write_console(text)
    }

    fn stop(&mut self) {
        // The next run finds the board with its supply; if that fails, its flashing says so.
        let _told_by_the_next_run = self.switch(Supply::On);
        self.board.stop();
    }
}
