//! A command that does something for as long as it runs, as `gpioset` drives a line of this machine.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Power, PowerError, Supply};

/// How long a command has to find out that it cannot do it.
const SETTLE: Duration = Duration::from_millis(100);

/// How often it is looked at in that time.
const GLANCE: Duration = Duration::from_millis(5);

/// The most bytes of its words that are told.
const SAID_BYTES_MAX: u64 = 200;

/// A command that holds something while it runs: on is running, off is ended. It is ended with its switch.
#[derive(Debug)]
pub struct HeldCommand {
    command: Vec<String>,
    running: Option<Child>,
}

impl HeldCommand {
    /// A program with its arguments, which is not started yet.
    #[must_use]
    pub const fn new(command: Vec<String>) -> Self {
        Self { command, running: None }
    }

    fn start(&self) -> Result<Child, PowerError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(PowerError::Refused { said: "no command is named".into() });
        };
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().map_err(|error| PowerError::Unreachable {
            at: format!("the program {program}"),
            why: error.to_string(),
        })
    }

    /// A command that has ended holds nothing any more.
    fn has_ended(&mut self) -> Option<PowerError> {
        let status = self.running.as_mut()?.try_wait().ok().flatten()?;
        let mut child = self.running.take()?;
        let mut said = String::new();
        if let Some(words) = child.stderr.take() {
            // What cannot be read is not told; that it ended is enough.
            let _unreadable = words.take(SAID_BYTES_MAX).read_to_string(&mut said);
        }
        let name = self.command.first().map_or("", String::as_str);
        let said = said.trim().lines().next_back().unwrap_or("and says nothing").to_owned();
        Some(PowerError::Refused {
            said: format!("{name} should hold until it is ended, and ended with {status}: {said}"),
        })
    }

    fn end(&mut self) {
        if let Some(mut child) = self.running.take() {
            // One that has ended meanwhile holds nothing either.
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

impl Power for HeldCommand {
    fn name(&self) -> String {
        format!("the command {}", self.command.first().map_or("", String::as_str))
    }

    fn switch(&mut self, to: Supply) -> Result<(), PowerError> {
        if to == Supply::Off {
            let ended = self.has_ended();
            self.end();
            return ended.map_or(Ok(()), Err);
        }
        if self.running.is_none() {
            self.running = Some(self.start()?);
        }
        let began = Instant::now();
        loop {
            if let Some(error) = self.has_ended() {
                return Err(error);
            }
            if began.elapsed() >= SETTLE {
                return Ok(());
            }
            std::thread::sleep(GLANCE);
        }
    }

    fn longest(&self) -> Duration {
        // The command has its time; the rest is for a machine that is busy.
        SETTLE + Duration::from_secs(2)
    }
}

impl Drop for HeldCommand {
    fn drop(&mut self) {
        self.end();
    }
}
