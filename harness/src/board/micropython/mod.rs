//! Boards that run MicroPython: their files are written over the raw REPL, and their program is started by a soft reset.
//!
//! ```text
//! Files ─▶ what to run on the board ─▶ Repl ⇄ port          the console behind it is the same as of any board
//! pure     Python as text              pure: bytes and time in, bytes out
//! ```

mod adapter;
pub mod files;
pub mod repl;
mod repl_error;

pub use adapter::{MicroPythonBoard, Recipe};
