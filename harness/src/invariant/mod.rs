//! Invariants: what must hold in every run, whatever happens in it. They are data; the built-in ones stand in `built_in.yaml`.
//!
//! ```text
//! YAML ─▶ rule::Rule ─┐
//! what is seen ───────┴▶ monitor::Monitor (one a device) ─▶ violations
//! ```
//!
//! A [`Monitor`] watches one device, of a fleet or on a bench; [`over_log`] shows it a whole run.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

pub mod built_in;
pub mod log;
pub mod monitor;
pub mod read;
pub mod rule;

pub use built_in::built_in;
pub use log::{broken, over_log};
pub use monitor::{Look, Monitor, Seen, Violation};
pub use rule::{Per, Rule, RuleKind};
