//! A relay on a serial line that obeys fixed bytes and answers nothing.

use std::io::Write;
use std::time::Duration;

use super::{Power, PowerError, Supply};

/// How long the bytes may take.
const WITHIN: Duration = Duration::from_secs(1);

/// A relay on a serial line.
#[derive(Debug, Clone)]
pub struct RelaySwitch {
    port: String,
    baud: u32,
    cut: Vec<u8>,
    restore: Vec<u8>,
}

impl RelaySwitch {
    /// A relay by its port and rate, and the bytes that it obeys.
    #[must_use]
    pub fn new(port: &str, baud: u32, cut: Vec<u8>, restore: Vec<u8>) -> Self {
        Self { port: port.to_owned(), baud, cut, restore }
    }
}

impl Power for RelaySwitch {
    fn name(&self) -> String {
        format!("the relay on {}", self.port)
    }

    fn switch(&mut self, to: Supply) -> Result<(), PowerError> {
        let bytes = match to {
            Supply::Off => &self.cut,
            Supply::On => &self.restore,
        };
        let unreachable = |why: String| PowerError::Unreachable { at: self.port.clone(), why };
        let opened = serialport::new(&self.port, self.baud).timeout(WITHIN).open();
        let mut port = opened.map_err(|error| unreachable(error.to_string()))?;
        let written = port.write_all(bytes).and_then(|()| port.flush());
        written.map_err(|error| match error.kind() {
            std::io::ErrorKind::TimedOut => PowerError::Slow { within: WITHIN },
            _ => unreachable(error.to_string()),
        })
    }

    fn longest(&self) -> Duration {
        WITHIN * 2
    }
}
