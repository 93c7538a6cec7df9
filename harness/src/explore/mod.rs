//! Exploration: from one good cycle, all the bad ones.
//!
//! ```text
//! scenario ─▶ Script (what is done to the device, and when) ─▶ good run ─▶ edges, meetings, writes
//!                                                                          │
//!        faults::variants at each connection and request; power cuts, brownouts and resets at each edge
//!                                                                          │
//!              combination::all, a scenario for each ─▶ Runner ─▶ invariants ─▶ Sweep (matrix, page, failures)
//!                                                                                  └─▶ reduce ─▶ a smaller scenario
//! ```
//!
//! Each combination is a scenario from the beginning: it is written, parsed and run like any other, so what is written out for a
//! failing one shows the same under `shadowrig run`.

pub mod combination;
pub mod edges;
pub mod faults;
pub mod from_fleet;
pub mod matrix;
pub mod page;
pub mod place;
pub mod reduce;
pub mod rhythm;
mod runner;
pub mod script;
pub mod sweep;

pub use place::{Mishap, Place};
pub use runner::{Pace, Runner, SimRunner};
pub use script::Script;
pub use sweep::{Cell, Failure, Sweep, sweep, sweep_on};
