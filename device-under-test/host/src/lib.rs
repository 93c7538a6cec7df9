//! The thing as a program on this machine: sockets, a state file, a console, in real time.
//!
//! It is the same device as on a chip, with a driver of threads and files around it instead of
//! firmware. Its light is the console, its motor and its sensors are pretended. It talks to the fake
//! cloud over `http` and to the real one over `https`.
//!
//! # The flow
//!
//! ```text
//! Options ─▶ Settings ─▶ driver ⇄ thing::Thing
//!  as given   checked      │
//!                          ├─▶ net          connections, a thread for each, because TLS and TCP block; the time, names
//!                          ├─▶ state_file   written beside, synced, renamed
//!                          ├─▶ hardware     a motor and sensors that are pretended
//!                          └─▶ console      a line at a time, flushed
//! ```
//!
//! Between two wakes it sleeps for as long as the thing asked. A line `wake` on its standard input
//! wakes it earlier, with the cause `external`, as a pin would; any other line is typed on the console of a device
//! that is awake, and lost on one that sleeps.
//!
//! # Example
//!
//! ```no_run
//! use clap::Parser as _;
//!
//! #[derive(clap::Parser)]
//! struct Program {
//!     #[command(flatten)]
//!     options: thing_host::Options,
//! }
//!
//! let program = Program::parse_from([
//!     "device", "--endpoint", "http://127.0.0.1:8080", "--thing-name", "id-1", "--wakes", "1",
//!     "--access-key-id", "AKIDEXAMPLE",
//!     "--secret-access-key", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
//! ]);
//! thing_host::run(&program.options, &mut std::io::stdout())?;
//! # Ok::<(), thing_host::Error>(())
//! ```

mod config_file;
mod driver;
mod endpoint;
mod error;
mod hardware;
pub mod net;
mod options;
mod settings;
mod state_file;
pub mod told_writes;

use std::io::{BufRead as _, Write};
use std::sync::mpsc::{Sender, channel};

pub use config_file::ConfigFileError;
pub use endpoint::{Endpoint, EndpointError, Scheme};
pub use error::{Error, Field};
pub use options::{Options, Secret};
pub use settings::Settings;

/// The line on standard input with which a rig ends a sleep as if its time were over; whoever wakes the device by `wake` is seen as
/// the cause.
pub const SLEEP_OVER: &str = "sleep over";

/// Runs the device until it has slept as often as the options say; for ever, if they do not.
///
/// Reads lines from standard input: `wake` and [`SLEEP_OVER`] end a sleep, others are typed on the console. The end of standard input changes nothing.
///
/// # Errors
///
/// When the options are not complete or not right, when the state file cannot be read or written, and
/// when the console is closed. A server that cannot be reached is no error: the device prints it and
/// sleeps, as it would on a chip.
pub fn run(options: &Options, console: &mut dyn Write) -> Result<(), Error> {
    let settings = Settings::resolve(options)?;
    let (sender, events) = channel();
    let commands = sender.clone();
    let (replier, replies) = if settings.tells_state_writes {
        let (replier, replies) = channel();
        (Some(replier), Some(replies))
    } else {
        (None, None)
    };
    std::thread::spawn(move || read_commands(&commands, replier.as_ref()));
    driver::drive(&settings, (sender, events), replies, console)
}

/// As [`run`], without reading standard input.
///
/// # Errors
///
/// As [`run`].
pub fn run_unattended(options: &Options, console: &mut dyn Write) -> Result<(), Error> {
    let settings = Settings::resolve(options)?;
    driver::drive(&settings, channel(), None, console)
}

/// Passes on every line until standard input ends or the device does.
fn read_commands(commands: &Sender<driver::Event>, replier: Option<&Sender<told_writes::Reply>>) {
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else {
            return;
        };
        if told_writes::pass_on(&line, replier) {
            continue;
        }
        let event = match line.trim() {
            "wake" => driver::Event::WakeCommand,
            SLEEP_OVER => driver::Event::SleepOver,
            _ => driver::Event::Typed(line),
        };
        if commands.send(event).is_err() {
            return;
        }
    }
}
