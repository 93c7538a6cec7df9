//! Exploration: from one good cycle, all the bad ones.
//!
//! ```text
//! scenario ─▶ Script (what is done to the device, and when) ─▶ good run ─▶ edges
//!                                                                          │
//!        faults::VARIANTS at each connection and request, a power cut at each edge
//!                                                                          │
//!                                   a scenario for each ─▶ run ─▶ invariants ─▶ Sweep (matrix, failures)
//! ```
//!
//! Each combination is a scenario from the beginning: it is written, parsed and run like any other, so what is written out for a
//! failing one shows the same under `shadowrig run`.

pub mod edges;
pub mod faults;
pub mod matrix;
pub mod script;
pub mod sweep;

pub use script::Script;
pub use sweep::{Cell, Failure, Sweep, sweep};
