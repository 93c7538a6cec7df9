//! A hardware-in-the-loop test rig and simulator for devices that talk to a cloud shadow.
//!
//! What it is: scenario files in, verdicts and reports out; the same file runs in virtual time on a simulated board, or in real
//! time on a process or a board. What it is not: a test framework for code on the chip, or a build system.
//!
//! ```text
//! scenario.yaml ─▶ scenario::parse ─▶ Plan ─▶ engine::Engine ⇄ drive::{virtual_time, real_time} ⇄ bench: board + cloud
//!                                               └─▶ Verdict + Log ─▶ report::{human, junit, events}
//! ```
//!
//! A case from text to verdict, without a file or a socket:
//!
//! ```
//! use std::sync::Arc;
//! use shadowrig::{drive::{sim::SimBench, virtual_time}, engine::Verdict, scenario};
//!
//! let text = "
//! version: 1
//! name: an idle wake reports nothing
//! cloud: { shadow: { desired: { sleep: 30 }, reported: { sleep: 30 } } }
//! steps:
//!   - expect-cycle: { requests: [GET shadow], sleep: 30s }
//! ";
//! let parsed = scenario::parse(text, "example.yaml");
//! assert!(parsed.is_good(), "{:?}", parsed.problems);
//! let outcome = virtual_time::run(Arc::new(parsed.plans[0].clone()), &mut SimBench::new(0));
//! assert_eq!(outcome.verdict, Verdict::Passed);
//! ```

pub mod access_point;
pub mod board;
pub mod cli;
pub mod diagnostics;
pub mod drive;
pub mod engine;
pub mod explore;
pub mod flash;
pub mod fleet;
pub mod invariant;
pub mod inventory;
pub mod meter;
pub mod nvs;
pub mod power;
pub(crate) mod program;
pub mod recording;
pub mod replay;
pub mod report;
pub mod scenario;
pub mod shrink;
pub mod time;
