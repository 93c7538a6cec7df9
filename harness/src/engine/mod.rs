//! The engine: a plan and what is observed go in, what is to be done and a verdict come out. Pure: the driver is the clock.
//!
//! It does not know which board, which cloud or which clock it has.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod action;
pub mod crash;
pub mod event;
mod event_json;
mod event_words;
mod exchange;
pub mod log;
pub mod machine;
mod masking;
pub mod message;
pub mod mismatch;
mod mismatch_kind;
pub mod nested;
pub mod reading;
pub(crate) mod search;
pub mod shadows;
pub mod step;
mod stepping;
pub mod steps;
mod supervision;
pub mod trigger;
pub mod verdict;

pub use action::{Action, ActionError, Trouble};
pub use event::{Entry, Event, Log};
pub use machine::{Engine, Input};
pub use verdict::{Outcome, StepReport, Verdict};
