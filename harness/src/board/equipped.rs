//! A board with what stands beside it: something that switches its supply, measures its current, or pulls the pin that wakes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Board, Cycle, Sink};
use crate::drive::Facts;
use crate::engine::action::{PowerOrder, StateCutOrder};
use crate::engine::event::PowerChange;
use crate::engine::{ActionError, Event, Trouble};
use crate::meter::Meter;
use crate::power::{Power, Supply};
use crate::scenario::plan::Firmware;
use crate::time;

/// How long a board that hangs is without its supply: long enough for the capacitors of a development board.
const CYCLE: Duration = Duration::from_secs(1);

/// How long the pin that wakes a chip is low: longer than the contact of a relay bounces.
const WAKE_HOLD: Duration = Duration::from_millis(100);

/// A board and what stands beside it. What the board does when its supply comes back it tells itself, by its console.
pub struct Equipped {
    board: Box<dyn Board>,
    line: Option<Arc<Mutex<Line>>>,
    meter: Option<Box<dyn Meter>>,
    wake: Option<Box<dyn Power>>,
    sink: Sink,
    first: Option<FirstCycle>,
    /// What brings the supply back after a cycle; without its other end it does so at once.
    restorer: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What stands beside a board. What is not there the board does itself, or not at all.
#[derive(Debug, Default)]
pub struct Equipment {
    /// What switches its supply, and whether that is cut before a run.
    pub power: Option<(Box<dyn Power>, Option<FirstCycle>)>,
    /// What measures its current.
    pub meter: Option<Box<dyn Meter>>,
    /// What pulls the pin that wakes it: on is low.
    pub wake: Option<Box<dyn Power>>,
}

/// A supply that is cut once before anything else of a run, for boards that hang over days.
#[derive(Debug, Clone)]
pub struct FirstCycle {
    /// How long it is away.
    pub off: Duration,
    /// Whether it was done; the same for all cases of a run.
    pub is_done: Arc<AtomicBool>,
}

/// The switch, and how it stands.
struct Line {
    power: Box<dyn Power>,
    supply: Supply,
    sink: Sink,
}

impl std::fmt::Debug for Equipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Equipped").field("meter", &self.meter).finish_non_exhaustive()
    }
}

/// A board with what stands beside it, if anything does.
#[must_use]
pub fn beside(board: Box<dyn Board>, equipment: Equipment, sink: Sink) -> Box<dyn Board> {
    match &equipment {
        Equipment { power: None, meter: None, wake: None } => board,
        _ => Box::new(Equipped::new(board, equipment, sink)),
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

/// Cuts the supply for a moment, for a board that no reset reaches; says whether it did.
fn cycle_of(line: &Arc<Mutex<Line>>) -> Cycle {
    let line = Arc::clone(line);
    Arc::new(move || {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        let cut = line.switch(Supply::Off);
        if cut.is_ok() {
            std::thread::sleep(CYCLE);
        }
        cut.and_then(|()| line.switch(Supply::On)).is_ok()
    })
}

impl Equipped {
    /// A board whose supply is there.
    #[must_use]
    pub fn new(board: Box<dyn Board>, equipment: Equipment, sink: Sink) -> Self {
        let Equipment { power, meter, wake } = equipment;
        let line = |power| Line { power, supply: Supply::On, sink: sink.clone() };
        let (power, first) = power.unzip();
        let line = power.map(|power| Arc::new(Mutex::new(line(power))));
        let mut board = board;
        if let Some(line) = &line {
            board.revived_by(cycle_of(line));
        }
        Self { board, line, meter, wake, sink, first: first.flatten(), restorer: None }
    }

    fn switch(&mut self, to: Supply) -> Result<(), ActionError> {
        self.end_cycle();
        let Some(line) = &self.line else { return Ok(()) };
        line.lock().unwrap_or_else(PoisonError::into_inner).switch(to)
    }

    /// Brings the supply back after so long, in a thread of its own.
    fn restore_after(&mut self, off: Duration) {
        let Some(line) = self.line.clone() else { return };
        let (sender, ended) = mpsc::channel::<()>();
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

    /// Cuts the supply once before a run, and asks the board meanwhile: one that answers still has it.
    fn cycle_first(&mut self) -> Result<(), ActionError> {
        let Some(first) = self.first.clone() else { return Ok(()) };
        if first.is_done.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let cycled = self.cycle(first.off);
        if cycled.is_err() {
            // The next case finds the same.
            first.is_done.store(false, Ordering::SeqCst);
        }
        cycled
    }

    /// Cuts the supply for so long at least.
    fn cycle(&mut self, off: Duration) -> Result<(), ActionError> {
        self.switch(Supply::Off)?;
        let began = Instant::now();
        let answered = self.board.answers_unpowered() == Some(true);
        std::thread::sleep(off.saturating_sub(began.elapsed()));
        self.switch(Supply::On)?;
        if !answered {
            return Ok(());
        }
        let name = self.line.as_ref().map_or_else(String::new, |line| {
            line.lock().unwrap_or_else(PoisonError::into_inner).power.name()
        });
        let why = "the board answers while its supply is cut, so it is not";
        let mut error = ActionError::new(format!("cycle the supply by {name}"), why).help(
            "many USB hubs take the order and leave the port powered, and a second cable powers a board, too; where the supply is \
             not to be cut before runs, take `cycle` out of `power` in the inventory",
        );
        error.trouble = Some(Trouble::Unswitched);
        Err(error)
    }

    fn end_cycle(&mut self) {
        let Some((sender, thread)) = self.restorer.take() else { return };
        drop(sender);
        // It does not panic, and ends as soon as the switch does.
        let _ended = thread.join();
    }
}

impl Board for Equipped {
    fn facts(&self) -> Facts {
        let mut facts = self.board.facts();
        let is_programmable = self.line.as_ref().is_some_and(|line| {
            line.lock().unwrap_or_else(PoisonError::into_inner).power.is_programmable()
        });
        let has = [
            ("power-switch", self.line.is_some()),
            ("programmable-supply", is_programmable),
            ("current-meter", self.meter.is_some()),
            ("wake-pin", self.wake.is_some()),
        ];
        for (word, _) in has.into_iter().filter(|(_, has)| *has) {
            if !facts.can.contains(&word) {
                facts.can.push(word);
            }
        }
        if self.line.is_some() {
            facts.cannot.retain(|(verb, _)| *verb != "power");
        }
        facts
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        // A case before this one may have left it dark.
        self.switch(Supply::On)?;
        self.cycle_first()?;
        let Err(error) = self.board.flash(firmware) else { return Ok(()) };
        let may_hang = self.line.is_some() && error.trouble == Some(Trouble::Unreachable);
        if !may_hang {
            return Err(error);
        }
        // The last rung: what no reset reaches, a power cycle may. Where the supply cannot be switched either, the first error says more.
        let text = format!(
            "{error}; its supply is cut for {}, and it is tried once more",
            time::span(CYCLE)
        );
        self.sink.tell(Event::Note { text });
        let cycled = self.cycle(CYCLE);
        if let Err(why) = cycled {
            self.sink.tell(Event::Note { text: why.to_string() });
            // One that answers now may be flashed, whatever made it.
            if why.trouble != Some(Trouble::Unswitched) {
                return Err(error);
            }
        }
        self.board.flash(firmware)
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        self.board.reset()
    }

    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError> {
        if self.line.is_none() {
            return self.board.power(order);
        }
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

    fn cut_at_state_write(&mut self, order: StateCutOrder) -> Result<(), ActionError> {
        self.board.cut_at_state_write(order)
    }

    fn brownout(&mut self, to_mv: u32, length: Duration) -> Result<(), ActionError> {
        let Some(line) = &self.line else { return self.board.brownout(to_mv, length) };
        let power = &mut line.lock().unwrap_or_else(PoisonError::into_inner).power;
        let what = "let the supply sag";
        power.sag(to_mv, length).map_err(|error| error.of_action(what, power.as_ref()))
    }

    fn measure(&mut self) -> Result<(), ActionError> {
        match &mut self.meter {
            Some(meter) => meter.start(&self.sink),
            None => self.board.measure(),
        }
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        let Some(pin) = &mut self.wake else { return self.board.wake() };
        let pulled = pin.switch(Supply::On);
        std::thread::sleep(WAKE_HOLD);
        // A pin that stays low wakes the board from each sleep, so it is let go whatever came before.
        let released = pin.switch(Supply::Off);
        pulled.and(released).map_err(|error| error.of_action("wake the board", pin.as_ref()))
    }

    fn end_sleep(&mut self) -> bool {
        self.board.end_sleep()
    }

    fn answers_unpowered(&mut self) -> Option<bool> {
        self.board.answers_unpowered()
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        self.board.write_console(text)
    }

    fn stop(&mut self) {
        // The next run finds the board with its supply; if that fails, its flashing says so.
        let _told_by_the_next_run = self.switch(Supply::On);
        if let Some(meter) = &mut self.meter {
            meter.stop();
        }
        self.board.stop();
    }
}
