//! The boards of this host: who they are, where they are found, what hangs on them, and who uses them now.
//!
//! The identity of a board is the MAC in its efuses; ports and USB positions are hints to find it, and change. Everything that decides
//! is a pure function of the file's text and of what was seen on the host; [`mod@file`], [`lock`] and [`host`] are the shell around it.

pub mod tree;

pub mod board;
pub mod keys;
pub mod read;
mod read_switch;

pub mod doctor;
pub mod learn;
pub mod matching;
pub mod pool;
mod port_seen;

pub mod aside;
pub mod file;
mod hint;
pub mod host;
pub mod lock;
pub mod probe;
pub mod rate;
pub mod wear;

pub use crate::flash::Mac;
pub use board::{Inventory, KnownBoard};
