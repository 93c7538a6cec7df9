//! The words behind `shadowrig monitor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::super::board_name::BoardName;
use crate::board::console::{Patterns, Symbols};
use crate::board::port::{BAUD_DEFAULT, PortName, PortOptions};
use crate::board::probe::Selector;
use crate::time;

/// The words behind `shadowrig monitor`.
#[derive(Debug, Args)]
pub(in super::super) struct MonitorArgs {
    /// The port of the board: /dev/ttyUSB0, rfc2217://host:port, the one of a running virtual-board, or a debug probe: probe:.
    #[arg(long, value_name = "PORT", value_parser = BoardName::parse)]
    pub(super) board: BoardName,
    /// The ELF that the board runs: crashes are shown with functions and lines, defmt with its texts.
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
    pub(super) place: Place,
    pub(super) symbols: Option<Symbols>,
    pub(super) patterns: Patterns,
}

/// Where the board is.
#[derive(Debug)]
pub(super) enum Place {
    /// On a port, opened like this.
    Port(PortName, PortOptions),
    /// On a debug probe; with the ELF that it runs.
    Probe(Selector, Vec<u8>),
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
        let mut patterns = Patterns::default();
        let added = self.sleep_line.iter().try_for_each(|pattern| patterns.add_sleep(pattern));
        added
            .and_then(|()| self.wake_line.iter().try_for_each(|pattern| patterns.add_wake(pattern)))
            .map_err(|error| Unusable {
                why: error.to_string(),
                help: "a parenthesis or a dot that is meant as such is written \\( or \\.",
            })?;
        let elf = self.elf.as_ref().map(|path| {
            let unusable = |why: String| Unusable {
                why: format!("failed to read {}: {why}", path.display()),
                help: "name the ELF of the firmware that is on the board",
            };
            let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            let symbols = Symbols::read(&bytes).map_err(|error| unusable(error.to_string()))?;
            Ok((symbols, bytes))
        });
        let (symbols, elf) = elf.transpose()?.unzip();
        Ok(Wanted { place: self.place(elf.unwrap_or_default())?, symbols, patterns })
    }

    fn place(&self, elf: Vec<u8>) -> Result<Place, Unusable> {
        match &self.board {
            BoardName::Port(port) => {
                let options = PortOptions { baud: self.baud, ..PortOptions::default() };
                Ok(Place::Port(port.clone(), options))
            }
            BoardName::Probe(selector) => Ok(Place::Probe(selector.clone(), elf)),
            board => Err(Unusable {
                why: format!("{board} has no port to watch"),
                help: "name a port, such as /dev/ttyUSB0 or rfc2217://host:port; `virtual-board --chip esp32c3 --pty PATH` makes one at PATH",
            }),
        }
    }
}
