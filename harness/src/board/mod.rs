//! Boards that exist in real time, and what their consoles say.

pub mod console;
pub mod equipped;
pub mod external;
pub mod images;
mod listener;
pub mod micropython;
mod nvs_keys;
pub mod pins;
pub mod port;
pub mod probe;
pub mod process;
mod process_output;
mod process_writes;
pub mod serial;
mod serial_settings;
mod started;
pub mod switch_pins;
pub mod virtual_board;
pub mod virtual_pins;
mod virtual_supply;
mod ways_out;

use std::sync::Arc;
use std::time::Duration;

use crate::drive::Facts;
pub use crate::drive::seen::Sink;
use crate::engine::ActionError;
use crate::engine::action::{PowerOrder, StateCutOrder};
use crate::scenario::plan::Firmware;

/// Cuts the supply of a board for a moment, and says whether it did.
pub type Cycle = Arc<dyn Fn() -> bool + Send + Sync>;

/// A board in real time. One adapter a way of having one; one contract suite runs over all of them
/// (`tests/rig/board_contract.rs`).
///
/// What the board does by itself it tells its [`Sink`] from a thread of its own: console lines, wakes and sleeps, resets,
/// a lost link. The methods below are called from one thread, one at a time.
pub trait Board {
    /// What the board is and what it can do. Known without touching it; never blocks.
    fn facts(&self) -> Facts;

    /// Puts an image on the board, erases what is to be erased, provisions it, and starts it: a wake follows in the sink. An image that is
    /// there already is not written again. May take minutes on a real chip.
    ///
    /// # Errors
    ///
    /// The image is not known, or cannot be written, or the board is not the one that it should be; the board is off then,
    /// and holds what it held or nothing that starts.
    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError>;

    /// Resets the chip by its reset pin: a reset and a wake follow in the sink. Takes a second at most.
    ///
    /// # Errors
    ///
    /// The board is off, or the line cannot be driven.
    fn reset(&mut self) -> Result<(), ActionError>;

    /// Switches the supply; a power event follows in the sink, and a reset and a wake when it is restored. Takes as long as the
    /// switch does; a cycle ends by itself after the method has returned.
    ///
    /// # Errors
    ///
    /// The supply cannot be switched.
    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError>;

    /// Cuts the supply at a write of the device's state, and brings it back after a while: the write, the power events, a reset and a wake
    /// follow in the sink. Takes no time.
    ///
    /// # Errors
    ///
    /// The rig does not see these writes, which is so unless a board says otherwise by its facts.
    fn cut_at_state_write(&mut self, _order: StateCutOrder) -> Result<(), ActionError> {
        Err(ActionError::new(
            "cut the power at a write of the state",
            "this bench does not see when its device keeps its state",
        ))
    }

    /// Lets the supply sag to so many millivolts for so long. Takes as long as the supply's answer; the sag goes on by itself.
    ///
    /// # Errors
    ///
    /// The supply cannot be programmed, which is so unless a board says otherwise by its facts.
    fn brownout(&mut self, _to_mv: u32, _length: Duration) -> Result<(), ActionError> {
        Err(ActionError::new("let the supply sag", "it can only be cut and restored"))
    }

    /// Begins to measure the current; readings follow in the sink until [`Board::stop`]. Takes three seconds at most.
    ///
    /// # Errors
    ///
    /// There is no meter, which is so unless a board says otherwise by its facts, or it does not work.
    fn measure(&mut self) -> Result<(), ActionError> {
        Err(ActionError::new("measure the current", "the board has no meter"))
    }

    /// Wakes a sleeping device before its time. Takes a second at most.
    ///
    /// # Errors
    ///
    /// It is not asleep, or cannot be woken.
    fn wake(&mut self) -> Result<(), ActionError>;

    /// Drives a pin, or what hangs on it. Takes a second at most.
    ///
    /// # Errors
    ///
    /// The board has no such pin, which is so unless a board says otherwise by its facts.
    fn set_pin(&mut self, pin: &str, _value: i64) -> Result<(), ActionError> {
        Err(ActionError::new(format!("set the pin {pin}"), "nothing of the rig is wired to it"))
    }

    /// Ends a sleep as if its time were over, to save time, and says whether it did. Boards that cannot sleep on, which is the
    /// default. Takes a second at most.
    fn end_sleep(&mut self) -> bool {
        false
    }

    /// Asks the board while its supply is said to be cut, by a reset into its loader: one that answers still has it. `None` where nobody
    /// can say, which is the default. Takes three seconds at most. Its port may be away afterwards, and is waited for.
    fn answers_unpowered(&mut self) -> Option<bool> {
        None
    }

    /// Something can cut the supply of the board for a moment: the last thing to do about one that no reset reaches. Boards that know
    /// nothing better to do with it, which is the default, pass it over.
    fn revived_by(&mut self, _cycle: Cycle) {}

    /// Writes on the console's input. Takes a second at most.
    ///
    /// # Errors
    ///
    /// The board is off, or has no such input.
    fn write_console(&mut self, text: &str) -> Result<(), ActionError>;

    /// Switches everything off and frees what is held; nothing is told to the sink afterwards. Called once, at the end,
    /// whatever happened before; takes two seconds at most.
    fn stop(&mut self);
}
