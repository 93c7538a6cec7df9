//! A hardware-in-the-loop test rig and simulator for devices that talk to a cloud shadow.

pub mod engine;
pub mod scenario;
pub mod time;
