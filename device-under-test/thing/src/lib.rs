//! The device under test as a machine: it wakes, asks its shadow what is wanted, does at most one
//! thing, reports what changed, and sleeps.
#![cfg_attr(not(test), no_std)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod activity;
mod buffer;
mod child;
mod compare;
mod config;
mod console;
mod exchange;
mod http;
mod io;
mod json;
mod kind;
mod limits;
mod report;
mod shadow;
mod sign;
mod state;
mod text;
mod thing;
mod time;
mod work;
mod workspace;

pub use config::{Config, ConfigError};
pub use io::{Actuator, Direction, Input, Motor, Output, Sensor, Switch, WakeCause};
pub use kind::{KINDS, Kind, SHADE, SIGNAL};
pub use limits::*;
pub use thing::Thing;
pub use time::Instant;
pub use workspace::{Lent, Workspace};
