//! The supply of a virtual board in this process: switched by the rig, and gone by itself where it is to be cut at a write of the state.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use virtual_board::shell::Running;
use virtual_board::{BootMode, CutAtWrite, Order, WriteCut};

use super::Sink;
use super::listener::Announcer;
use crate::engine::action::StateCutOrder;
use crate::engine::event::{PowerChange, StateCut};
use crate::engine::{ActionError, Event};

/// The supply; its copies are one.
#[derive(Debug, Clone)]
pub(super) struct Supply {
    running: Arc<Running>,
    sink: Sink,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    has_power: bool,
    /// Of whoever listens to the board now.
    announcer: Option<Announcer>,
    /// A cycle that goes on by itself.
    cycle: Option<JoinHandle<()>>,
    /// How long the power stays away that is cut at a write, for each cut that waits.
    off: Vec<(CutAtWrite, Duration)>,
    is_over: bool,
}

impl Supply {
    /// A supply that is there, and is watched from here on.
    pub(super) fn new(running: Arc<Running>, sink: Sink) -> Self {
        let (announcer, cycle, off) = Default::default();
        let state = State { has_power: true, announcer, cycle, off, is_over: false };
        let supply = Self { running, sink, state: Arc::new(Mutex::new(state)) };
        let (watcher, events) = (supply.clone(), supply.running.events());
        // It ends with the board.
        thread::spawn(move || {
            for (_, event) in events {
                if let virtual_board::Event::Keep { bytes, cut } = event {
                    watcher.kept(bytes, cut);
                }
            }
        });
        supply
    }

    /// Somebody listens to the board, or nobody any more.
    pub(super) fn listened_by(&self, announcer: Option<Announcer>) {
        self.state().announcer = announcer;
    }

    /// Whether there is power, once a cycle that goes on has ended.
    pub(super) fn is_there(&self) -> bool {
        self.end_cycle();
        self.state().has_power
    }

    /// Cuts it; one that is gone is not cut again.
    pub(super) fn cut(&self) -> Result<(), ActionError> {
        if !self.is_there() {
            return Ok(());
        }
        self.order("cut the supply", Order::PowerCut)?;
        let mut state = self.state();
        settle(&state);
        self.is_cut(&mut state);
        Ok(())
    }

    /// Restores it, after a while where it is a cycle.
    pub(super) fn restore(&self, after: Duration) -> Result<(), ActionError> {
        if !after.is_zero() {
            self.begin_cycle(&mut self.state(), after);
            return Ok(());
        }
        let announcer = self.state().announcer.clone();
        self.bring_back(announcer).then_some(()).ok_or_else(|| stopped("restore the supply"))
    }

    /// Brings it back for the loader, untold.
    pub(super) fn restore_into(&self, into: BootMode) -> Result<(), ActionError> {
        self.order("restore the supply", Order::PowerRestore { into })?;
        self.state().has_power = true;
        Ok(())
    }

    /// Has it cut at a write of the state, and brings it back then.
    pub(super) fn cut_at_write(&self, order: StateCutOrder) -> Result<(), ActionError> {
        let at = match order.at {
            StateCut::Before => WriteCut::Before,
            StateCut::During => WriteCut::During,
            StateCut::After => WriteCut::After,
        };
        let cut = CutAtWrite { at, after: order.after };
        self.state().off.push((cut, order.off));
        self.order("cut the power at a write of the state", Order::CutAtWrite(cut))
    }

    /// Tells nothing any more.
    pub(super) fn end(&self) {
        self.end_cycle();
        self.state().is_over = true;
    }

    pub(super) fn order(&self, what: &str, order: Order) -> Result<(), ActionError> {
        self.running.order(order).map(|_| ()).ok_or_else(|| stopped(what))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program kept its state, and may have lost its power by that.
    fn kept(&self, bytes: usize, cut: Option<CutAtWrite>) {
        let mut state = self.state();
        if state.is_over {
            return;
        }
        let at = cut.map(|cut| match cut.at {
            WriteCut::Before => StateCut::Before,
            WriteCut::During => StateCut::During,
            WriteCut::After => StateCut::After,
        });
        if cut.is_some() {
            settle(&state);
        }
        self.sink.tell(Event::StateWrite { bytes, cut: at });
        if let Some(cut) = cut {
            self.is_cut(&mut state);
            let armed = state.off.iter().position(|(armed, _)| *armed == cut);
            let off = armed.map_or(Duration::ZERO, |armed| state.off.remove(armed).1);
            self.begin_cycle(&mut state, off);
        }
    }

    /// It is gone, and what the board said before is told.
    fn is_cut(&self, state: &mut State) {
        state.has_power = false;
        self.sink.tell(Event::Power { change: PowerChange::Cut });
    }

    fn begin_cycle(&self, state: &mut State, off: Duration) {
        let (supply, announcer) = (self.clone(), state.announcer.clone());
        state.cycle = Some(thread::spawn(move || {
            thread::sleep(off);
            // A board that has stopped meanwhile is told of by whatever is asked of it next.
            supply.bring_back(announcer);
        }));
    }

    /// Told before, since what the board then does is told by another thread. Says whether there is still a board.
    fn bring_back(&self, announcer: Option<Announcer>) -> bool {
        if let Some(announcer) = announcer {
            announcer.announce();
        }
        self.sink.tell(Event::Power { change: PowerChange::Restored });
        self.sink.tell(Event::Reset { cause: "power-on".into() });
        self.state().has_power = true;
        self.running.order(Order::PowerRestore { into: BootMode::Run }).is_some()
    }

    /// Waits for the end of a cycle that goes on by itself.
    fn end_cycle(&self) {
        let cycle = self.state().cycle.take();
        if let Some(Err(panic)) = cycle.map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Has what the board said before a cut told before it.
fn settle(state: &State) {
    if let Some(announcer) = &state.announcer {
        announcer.settle();
    }
}

fn stopped(what: &str) -> ActionError {
    ActionError::new(what, "the virtual board has stopped")
}
