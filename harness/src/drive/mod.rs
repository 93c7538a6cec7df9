//! The shell around the engine: one loop for virtual time, one for real time, and the benches that they drive.
//!
//! Only here and in the adapters of boards is anything waited for. The engine does not know which loop runs it.

mod answer_first;
pub(crate) mod bench;
pub mod cloud_server;
pub mod cloud_side;
pub mod controlled;
pub mod crew;
pub mod host_command;
mod published;
pub mod radio;
pub mod real_bench;
pub mod real_service;
pub mod real_time;
mod request_told;
pub mod seen;
pub mod sim;
pub mod virtual_time;
mod wake_first;

pub use bench::{Bench, Facts};
