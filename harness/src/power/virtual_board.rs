//! The supply of a virtual board, by its control socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use serde_json::json;

use super::{Power, PowerError, Supply, answers};

/// How long a board may take to answer.
const WITHIN: Duration = Duration::from_secs(2);

/// The most bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// The supply of a virtual board.
#[derive(Debug, Clone)]
pub struct VirtualSwitch {
    control: String,
}

impl VirtualSwitch {
    /// The supply of the board with that control socket.
    #[must_use]
    pub fn new(control: &str) -> Self {
        Self { control: control.to_owned() }
    }

    fn order(&self, order: &serde_json::Value) -> std::io::Result<String> {
        let mut stream = UnixStream::connect(&self.control)?;
        stream.set_read_timeout(Some(WITHIN))?;
        stream.set_write_timeout(Some(WITHIN))?;
        stream.write_all(format!("{order}\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream.take(ANSWER_BYTES_MAX)).read_line(&mut line)?;
        Ok(line)
    }

    fn ask(&self, order: &serde_json::Value) -> Result<String, PowerError> {
        self.order(order).map_err(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
                PowerError::Slow { within: WITHIN }
            }
            _ => PowerError::Unreachable { at: self.control.clone(), why: error.to_string() },
        })
    }
}

impl Power for VirtualSwitch {
    fn name(&self) -> String {
        format!("the control socket {}", self.control)
    }

    fn is_programmable(&self) -> bool {
        true
    }

    fn switch(&mut self, to: Supply) -> Result<(), PowerError> {
        let order = match to {
            Supply::Off => json!({ "order": "power-cut" }),
            Supply::On => json!({ "order": "power-restore" }),
        };
        answers::virtual_board(&self.ask(&order)?, to)
    }

    fn longest(&self) -> Duration {
        WITHIN * 2
    }

    fn sag(&mut self, to_mv: u32, length: Duration) -> Result<(), PowerError> {
        let for_ms = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        let order = json!({ "order": "sag", "to_mv": to_mv, "for_ms": for_ms });
        answers::virtual_board(&self.ask(&order)?, Supply::On)
    }
}
