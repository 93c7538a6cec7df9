//! The device under test: it wakes, asks its shadow what is wanted, does at most one thing, reports
//! what changed, and sleeps.
//!
//! This crate is the device's own logic and nothing else. It needs no standard library and no heap,
//! names no clock and no socket, and never waits: time and events come in as [`Input`], wishes go
//! out as [`Output`], and whoever drives it (a program on this machine, the firmware of a chip, a
//! simulator of a whole fleet) fulfills them. It is not a client library for shadows: it knows one
//! service, one way to sign, and what its two kinds of things do.
//!
//! # The flow of a wake
//!
//! ```text
//!          Wake ─▶ BringUpNetwork ─▶ AskTime ─▶ Connect ─▶ Send GET ─▶ answer
//!                                                                       │
//!      Persist what is about to be done ◀── what differs, and is new ◀──┘
//!        │
//!        ▼
//!      Drive … ─▶ Persist the outcome ─▶ Sample the conditions ─▶ anything changed?
//!                                                                  │ no      │ yes
//!                                             Sleep ◀──────────────┘         ▼
//!                                               ▲◀── Persist ◀── 200 ◀── Send POST
//! ```
//!
//! Every wait has a time-out, and every failure ends in one `error:` line and one sleep. There is no
//! second try within a wake: the next wake is the second try.
//!
//! # What it promises
//!
//! 1. *Nothing is done twice.* What is about to be done is kept before it begins. If the power is
//!    cut in the middle, the next wake reports that it failed, and does not begin again.
//! 2. *No change is missed.* A change is told by its value, not by the server's time stamp, which
//!    may be missing, may stand still, and may move without reason.
//! 3. *No status is lost.* An outcome is kept until a POST that carries it was answered with 200;
//!    until then nothing new is begun. A status may arrive twice, when its answer got lost.
//! 4. *Nothing crashes it.* A desired value of a wrong type is refused in `status`, once for each
//!    change, and the last good value stays.
//!
//! # What it costs
//!
//! Asleep it is the state that its driver keeps, at most 512 bytes. Awake it is a [`Thing`] of less
//! than 2 KiB and a lent [`Workspace`] of 32 KiB. On `riscv32imc` it takes 40.2 kB of flash, both kinds,
//! the signer and the helpers of the compiler included, when it is built with `opt-level = "z"`, fat
//! LTO, relaxed calls (`target-feature=+relax`, else 5 kB more) and `--cfg sha2_backend="soft" --cfg
//! sha2_backend_soft="compact"` (else 13 kB more, since the hash is unrolled). `thing-budget` beside this
//! crate weighs it, and fails at 40 KiB.
//!
//! # Params
//!
//! | key | kinds | values | when it was never told |
//! | --- | --- | --- | --- |
//! | `sleep` | all | whole seconds from 5 to 600 | 60 |
//! | `test` | all | the name of a test, at most 32 bytes | `none` |
//! | `test_param` | all | a whole number | 0 |
//! | `signal` | signal | a whole number from 0 to 100 | 0 |
//! | `position` | shade | `open`, `closed`, `half` | `unknown`, until the test `set-position` |
//!
//! A shade also needs `duration` (seconds, 1 to 59), `threshold` (milliamperes) and `reverse` (bit 0:
//! the motor is wired the other way round; bit 1: it opens from the top) when it is to move. Keys
//! that mean nothing are reported back as they are. A device that lost its memory takes over what it
//! had reported, except a position, which may no longer be true.
//!
//! # Example
//!
//! A driver in a few lines, with a server that has only one answer:
//!
//! ```
//! use std::collections::VecDeque;
//! use thing::{Config, Input, Instant, Lent, Output, SIGNAL, Thing, WakeCause, Workspace};
//!
//! let config = Config {
//!     thing_name: "id-1",
//!     shadow_name: None,
//!     host: "127.0.0.1:8080",
//!     region: "us-east-1",
//!     access_key_id: "AKIDEXAMPLE",
//!     secret_access_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
//!     session_token: None,
//! };
//! let answer: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n{\"state\":{\"desired\":{\"signal\":2}}}";
//!
//! let mut thing = Thing::new(&SIGNAL);
//! let mut workspace = Box::new(Workspace::new());
//! let mut inputs = VecDeque::from([Input::Wake { cause: WakeCause::PowerOn, state: &[] }]);
//! let mut now = Instant(0);
//! let mut console = Vec::new();
//! loop {
//!     let input = inputs.pop_front().unwrap_or_else(|| {
//!         now = thing.wake_at().expect("a thing that is awake waits for something");
//!         Input::Tick
//!     });
//!     let lent = Lent { config: &config, workspace: &mut workspace };
//!     thing.handle(lent, now, input, &mut |output| match output {
//!         Output::Console(line) => console.push(line.to_owned()),
//!         Output::BringUpNetwork => inputs.push_back(Input::NetworkUp),
//!         Output::AskTime => inputs.push_back(Input::Time { unix_ms: 1_556_454_896_000 }),
//!         Output::Connect => inputs.push_back(Input::Connected),
//!         Output::Send(_) => inputs.extend([Input::Received(answer), Input::Closed]),
//!         Output::Disconnect => inputs.clear(),
//!         Output::Drive(_) | Output::Sample(_) | Output::Persist(_) | Output::Sleep { .. } => {}
//!     });
//!     if thing.is_asleep() {
//!         break;
//!     }
//! }
//! assert_eq!(console.iter().filter(|line| *line == "beep").count(), 2);
//! assert_eq!(console.last().map(String::as_str), Some("sleep 60 s"));
//! assert_eq!(now, Instant(1200));
//! ```
#![doc = include_str!("../console.md")]
#![cfg_attr(not(test), no_std)]
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

mod activity;
mod buffer;
mod checksum;
mod child;
mod compare;
mod config;
mod console;
mod divide;
mod exchange;
mod http;
mod io;
mod json;
mod kind;
mod limits;
mod prompt;
mod report;
mod shadow;
mod sign;
mod state;
mod text;
mod thing;
mod time;
mod work;
mod workspace;

pub use checksum::crc32;
pub use config::{Config, ConfigError};
pub use io::{Actuator, Direction, Input, Motor, Output, Sensor, Switch, WakeCause};
pub use kind::{KINDS, Kind, SHADE, SIGNAL};
pub use limits::*;
pub use thing::Thing;
pub use time::Instant;
pub use workspace::{Lent, Workspace};
