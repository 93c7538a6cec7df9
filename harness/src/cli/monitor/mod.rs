//! `shadowrig monitor`: the console of a board, with what it means.

mod keys;
mod probe;
mod view;
mod watch;
mod words;

pub(super) use watch::monitor;
pub(super) use words::MonitorArgs;
