//! The device under test as a machine: it wakes, asks its shadow what is wanted, does at most one
//! thing, reports what changed, and sleeps.
#![cfg_attr(not(test), no_std)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod buffer;
mod config;
mod http;
mod io;
mod json;
mod kind;
mod limits;
mod sign;
mod text;
mod thing;
mod time;

pub use config::{Config, ConfigError};
pub use io::{Actuator, Direction, Input, Motor, Output, Sensor, Switch, WakeCause};
pub use kind::{KINDS, Kind, SHADE, SIGNAL};
pub use limits::*;
pub use thing::{Lent, Thing, Workspace};
pub use time::Instant;
