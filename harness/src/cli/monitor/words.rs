//! The words behind `shadowrig monitor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::super::board_name::BoardName;
use crate::board::console::{Patterns, Symbols};
use crate::board::port::{BAUD_DEFAULT, PortName, PortOptions};
use crate::time;

/// The words behind `shadowrig monitor`.
#[derive(Debug, Args)]
pub(in super::super) struct MonitorArgs {
    /// The port of the board: /dev/ttyUSB0, rfc2217://host:port, or the one of a running virtual-board.
    #[arg(long, value_name = "PORT", value_parser = BoardName::parse)]
    pub(super) board: BoardName,
    /// The ELF that the board runs: crashes are shown with functions and lines.
    #[arg(long, value_name = "FILE")]
    elf: Option<PathBuf>,
    /// The rate; the ROM of an ESP8266 speaks at 74880.
    #[arg(long, default_value_t = BAUD_DEFAULT, value_name = "BAUD")]
    baud: u32,
    /// What the firmware prints when it goes to sleep, a regular expression; a group `seconds`, `millis` or `micros` is for how long.
    #[arg(long, value_name = "REGEX")]
    sleep_line: Vec<String>,
    /// What the firmware prints when it wakes, a regular expression; a group `cause` is the cause.
    #[arg(long, value_name = "REGEX")]
    wake_line: Vec<String>,
    /// One JSON object a line, as in events.jsonl.
    #[arg(long)]
    pub(super) json: bool,
    /// Wait for a port that is not there yet, as that of a sleeping board.
    #[arg(long)]
    pub(super) wait: bool,
    /// End after this time, as 10s.
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    pub(super) span: Option<Duration>,
}

/// The words, understood.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) port: PortName,
    pub(super) options: PortOptions,
    pub(super) symbols: Option<Symbols>,
    pub(super) patterns: Patterns,
}

/// What is wrong with the words, and what to do next.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) why: String,
    pub(super) help: &'static str,
}

fn span(text: &str) -> Result<Duration, String> {
    time::parse_span(text).ok_or_else(|| format!("`{text}` is no span of time; write 10s or 2m"))
}

impl MonitorArgs {
    /// Reads what the words name.
    pub(super) fn understand(&self) -> Result<Wanted, Unusable> {
        let BoardName::Port(port) = &self.board else {
            return Err(Unusable {
                why: format!("{} has no port to watch", self.board),
                help: "name a port, such as /dev/ttyUSB0 or rfc2217://host:port; `virtual-board --chip esp32c3 --pty PATH` makes one at PATH",
            });
        };
        let mut patterns = Patterns::default();
        let added = self.sleep_line.iter().try_for_each(|pattern| patterns.add_sleep(pattern));
        added
            .and_then(|()| self.wake_line.iter().try_for_each(|pattern| patterns.add_wake(pattern)))
            .map_err(|error| Unusable {
                why: error.to_string(),
                help: "a parenthesis or a dot that is meant as such is written \\( or \\.",
            })?;
        let symbols = self.elf.as_ref().map(|path| {
            let unusable = |why: String| Unusable {
                why: format!("failed to read {}: {why}", path.display()),
                help: "name the ELF of the firmware that is on the board",
            };
            let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            Symbols::read(&bytes).map_err(|error| unusable(error.to_string()))
        });
        Ok(Wanted {
            port: port.clone(),
            options: PortOptions { baud: self.baud, ..PortOptions::default() },
            symbols: symbols.transpose()?,
            patterns,
        })
    }
}
