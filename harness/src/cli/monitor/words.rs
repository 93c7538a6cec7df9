//! The words behind `shadowrig monitor`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::super::board_name::BoardName;
use super::super::boards::InventoryArgs;
use super::super::{exit, known};
use crate::board::console::{Patterns, Symbols};
use crate::board::images;
use crate::board::port::{BAUD_DEFAULT, PortName, PortOptions};
use crate::board::probe::Selector;
use crate::engine::ActionError;
use crate::scenario::plan::ConsoleLines;
use crate::time;

/// The words behind `shadowrig monitor`.
#[derive(Debug, Args)]
pub(in super::super) struct MonitorArgs {
    /// The port of the board: /dev/ttyUSB0, rfc2217://host:port, the one of a running virtual-board; a debug probe (probe:); or a name of the
    /// inventory.
    #[arg(long, value_name = "NAME", value_parser = BoardName::parse)]
    pub(super) board: BoardName,
    #[command(flatten)]
    inventory: InventoryArgs,
    /// The firmware that it runs, by its name in device-under-test/boards: what it prints when it sleeps and wakes, and its ELF.
    #[arg(long, value_name = "NAME")]
    image: Option<String>,
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
    /// The exit code.
    pub(super) code: u8,
    pub(super) why: String,
    pub(super) help: String,
}

fn span(text: &str) -> Result<Duration, String> {
    time::parse_span(text).ok_or_else(|| format!("`{text}` is no span of time; write 10s or 2m"))
}

impl MonitorArgs {
    /// Reads what the words name.
    pub(super) fn understand(
        &self,
        variable: fn(&str) -> Option<String>,
    ) -> Result<Wanted, Unusable> {
        let mut patterns = Patterns::default();
        let mut lines =
            ConsoleLines { sleep: self.sleep_line.clone(), wake: self.wake_line.clone() };
        let mut elf = self.elf.clone();
        if let Some(image) = &self.image {
            let folder = Path::new(images::DESCRIPTIONS);
            let built = images::built(folder, image)?;
            // Without symbols a crash is shown by its addresses, so that a build which was not made yet stops nobody.
            elf = elf.or(built);
            let described = images::console_lines(folder, image, None)?;
            lines.sleep.extend(described.sleep);
            lines.wake.extend(described.wake);
        }
        patterns.add(&lines).map_err(|error| error.stops("watch the board"))?;
        let elf = elf.as_ref().map(|path| {
            let unusable = |why: String| Unusable {
                code: exit::USAGE,
                why: format!("failed to read {}: {why}", path.display()),
                help: "name the ELF of the firmware that is on the board".into(),
            };
            let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
            let symbols = Symbols::read(&bytes).map_err(|error| unusable(error.to_string()))?;
            Ok::<_, Unusable>((symbols, bytes))
        });
        let (symbols, elf) = elf.transpose()?.unzip();
        let place = self.place(elf.unwrap_or_default(), variable)?;
        Ok(Wanted { place, symbols, patterns })
    }

    /// Where what `--board` names is. Nobody is kept from the board: whoever watches only listens.
    fn place(&self, elf: Vec<u8>, variable: fn(&str) -> Option<String>) -> Result<Place, Unusable> {
        let options = PortOptions { baud: self.baud, ..PortOptions::default() };
        let name = match &self.board {
            BoardName::Port(port) => return Ok(Place::Port(port.clone(), options)),
            BoardName::Probe(selector) => return Ok(Place::Probe(selector.clone(), elf)),
            BoardName::Inventory(name) => name,
            BoardName::External(_)
            | BoardName::MicroPython(_)
            | BoardName::Process
            | BoardName::Sim
            | BoardName::Virtual(_)
            | BoardName::Emulated => return Err(self.no_port()),
        };
        let known = known::find(name, &self.inventory, variable);
        let known = known.map_err(|error| Unusable { code: exit::RIG, ..error.into() })?;
        if let Some(selector) = known.board.probe {
            return Ok(Place::Probe(selector, elf));
        }
        known.port.map(|port| Place::Port(port, options)).ok_or_else(|| self.no_port())
    }

    fn no_port(&self) -> Unusable {
        Unusable {
            code: exit::USAGE,
            why: format!("{} has no port to watch", self.board),
            help: "name a port, such as /dev/ttyUSB0 or rfc2217://host:port; `virtual-board --chip esp32c3 --pty PATH` makes one at PATH".into(),
        }
    }
}

impl From<ActionError> for Unusable {
    fn from(error: ActionError) -> Self {
        Self { code: exit::USAGE, why: error.to_string(), help: error.help.unwrap_or_default() }
    }
}
