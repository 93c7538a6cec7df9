//! A board on a serial port: flashed, provisioned, listened to, reset by its lines.

use std::path::Path;
use std::time::Duration;

use virtual_board::Provisioning;

use super::console::{Patterns, Symbols};
use super::images;
use super::listener::{Announcer, Heard, Listener, Way};
use super::pins::Pins;
use super::port::{PortName, PortOptions, SerialPort};
use super::serial_settings::{self, Left};
use super::{Board, Cycle, Sink};
use crate::drive::Facts;
use crate::engine::action::PowerOrder;
use crate::engine::{ActionError, Event};
use crate::flash::{
    self, AWAY_MAX, Chip, EraseFirst, Fitted, FlashError, Job, Mac, Source, Update, Wanted,
};
use crate::scenario::plan::{CloudKind, Erase, Firmware};

/// Why firmware of an ESP8266 is not provisioned.
pub const NO_TABLE: (&str, &str) =
    ("provision", "an ESP8266 has no partition table, so nobody can say where its NVS is");

/// Finds the firmware of a name or a path, for a chip.
pub type FindImage = dyn Fn(&str, Chip) -> Result<Source, ActionError> + Send;

/// What a serial board is made of.
pub struct Recipe {
    /// What a person calls it.
    pub name: String,
    /// Where it is.
    pub port: PortName,
    /// How the port is opened.
    pub options: PortOptions,
    /// The way to its reset and boot pins.
    pub pins: Box<dyn Pins>,
    /// Its chip, where that is known before anybody asks it.
    pub chip: Option<Chip>,
    /// The only board that may be flashed on this port; `None` for whichever is there.
    pub mac: Option<Mac>,
    /// Finds images by their names.
    pub images: Box<FindImage>,
    /// What it is told about its cloud; erased from it at the end.
    pub settings: Provisioning,
}

/// A board on a serial port.
pub struct SerialBoard {
    recipe: Recipe,
    sink: Sink,
    state: State,
    /// What the firmware's crashes are decoded by; goes to whoever listens.
    symbols: Option<Symbols>,
    /// What it was told, once that is there.
    left: Option<Left>,
    /// What the firmware prints when it sleeps and wakes; goes to whoever listens.
    patterns: Patterns,
    /// Whether it is reset by the lines of its port.
    has_lines: bool,
    /// Cuts its supply for a moment, where something does.
    cycle: Option<Cycle>,
    /// Its supply was cut, and its port may come back with it.
    may_be_away: bool,
}

enum State {
    /// The port was not opened yet.
    Closed,
    /// Nobody listens: it is being flashed, or could not be.
    Quiet(Box<Way>),
    /// What was flashed runs.
    Running(Listener),
}

impl SerialBoard {
    /// A board that nobody has touched yet.
    #[must_use]
    pub fn new(recipe: Recipe, sink: Sink) -> Self {
        let patterns = Patterns::default();
        // The pins go away with the port, and what the board can do is asked at any time.
        let has_lines = recipe.pins.are_lines();
        let state = State::Closed;
        Self {
            recipe,
            sink,
            state,
            symbols: None,
            left: None,
            patterns,
            has_lines,
            cycle: None,
            may_be_away: false,
        }
    }

    /// Whoever switches the supply says so by this before, and tells of the reset itself; `None` while nothing runs.
    pub(super) fn announcer(&self) -> Option<Announcer> {
        match &self.state {
            State::Running(listener) => Some(listener.announcer()),
            State::Closed | State::Quiet(_) => None,
        }
    }

    /// The way to the board, nobody listening.
    fn way(&mut self) -> Result<Box<Way>, FlashError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Running(listener) => Ok(listener.stop()),
            State::Quiet(way) => Ok(way),
            State::Closed => {
                let within = if self.may_be_away { AWAY_MAX } else { Duration::ZERO };
                let Recipe { port, options, .. } = &self.recipe;
                let port = SerialPort::open_within(port, options, within)?;
                // The pins go where the port goes, and come back with it.
                let pins =
                    std::mem::replace(&mut self.recipe.pins, Box::new(super::pins::LinePins));
                Ok(Box::new(Way { port, pins }))
            }
        }
    }

    /// Erases, writes and verifies; the chip is in its loader afterwards.
    fn write(&mut self, way: &mut Way, firmware: &Firmware) -> Result<(), ActionError> {
        let what = format!("flash {}", firmware.image);
        let sink = self.sink.clone();
        let mut note = |text: String| sink.tell(Event::Note { text });
        let wanted = Wanted { mac: self.recipe.mac, partition: None };
        let (mut symbols, mut patterns) = (None, Patterns::default());
        let find = |chip| {
            let source =
                (self.recipe.images)(&firmware.image, chip).map_err(flash::Failed::Action)?;
            symbols = symbols_of(&firmware.image, &source);
            patterns = patterns_of(firmware, chip).map_err(flash::Failed::Action)?;
            Ok(source)
        };
        let fitted = flash::fit((&mut way.port, &mut *way.pins), &wanted, find, &mut note);
        let Fitted { identity, mut image, nvs } = fitted.map_err(|failed| failed.stops(&what))?;
        (self.symbols, self.patterns) = (symbols, patterns);
        let endpoint = self.recipe.settings.endpoint.as_deref().unwrap_or_default();
        if way.port.usb().is_some() && endpoint.contains("//127.") {
            note(format!(
                "the board is told the cloud at {endpoint}, which for a chip is the chip itself; a board on a network wants \
                 --cloud-address"
            ));
        }
        let place = (identity, nvs);
        let (part, left) = match firmware.provision.as_slice() {
            [] => serial_settings::of_thing(way, place, firmware, &self.recipe.settings)?,
            _ => serial_settings::of_nvs(way, place, firmware, &mut image)?,
        };
        image.parts.push(part);
        let job = Job {
            parts: &image.parts,
            erase: if firmware.erase == Erase::All { EraseFirst::All } else { EraseFirst::Nothing },
            rewrite: firmware.rewrite,
            baud_max: self.recipe.options.flash_baud_max,
            rates: self.recipe.options.rates.as_ref(),
            wears: self.recipe.options.wears.as_ref(),
        };
        let mut watcher = |update| {
            if let Update::Note(text) = update {
                note(text);
            }
        };
        self.left = Some(left);
        let written = flash::write(&mut way.port, &mut *way.pins, &identity, &job, &mut watcher);
        written.map(|_| ()).map_err(|error| error.stops(what))
    }

    /// Takes what it was told off the board, credentials and all.
    fn take_off(&mut self, way: &mut Way) -> Result<(), FlashError> {
        let Some(left) = self.left.take() else { return Ok(()) };
        if let Some(text) = serial_settings::take_off(way, left)? {
            self.sink.tell(Event::Note { text });
        }
        Ok(())
    }

    fn off(what: &str) -> ActionError {
        ActionError::new(what, "nothing was flashed yet")
    }
}

/// What a firmware prints when it sleeps and wakes: what the scenario says, and the description that has it by its name.
pub(super) fn patterns_of(firmware: &Firmware, chip: Chip) -> Result<Patterns, ActionError> {
    let described =
        images::console_lines(Path::new(images::DESCRIPTIONS), &firmware.image, Some(chip))?;
    let mut patterns = Patterns::default();
    patterns
        .add(&firmware.console)
        .and_then(|()| patterns.add(&described))
        .map_err(|error| error.stops(format!("understand the console of {}", firmware.image)))?;
    Ok(patterns)
}

/// The symbols of a firmware: its own when it is an ELF, those of the ELF beside it when it is a `.bin`.
pub(super) fn symbols_of(image: &str, source: &Source) -> Option<Symbols> {
    let Source::File { bytes, .. } = source else { return None };
    let beside = || std::fs::read(Path::new(image).with_extension("elf")).ok();
    // Without symbols a crash is shown by its addresses.
    Symbols::read(bytes).ok().or_else(|| Symbols::read(&beside()?).ok())
}

impl std::fmt::Debug for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipe")
            .field("name", &self.name)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SerialBoard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SerialBoard").field("port", &self.recipe.port).finish_non_exhaustive()
    }
}

impl Board for SerialBoard {
    fn facts(&self) -> Facts {
        Facts {
            board: self.recipe.name.clone(),
            chip: self.recipe.chip.map(|chip| chip.name().to_owned()),
            can: match self.has_lines {
                true => vec!["console", "reset-line"],
                false => vec!["console"],
            },
            cloud: CloudKind::Fake,
            cannot: match self.recipe.chip {
                Some(Chip::Esp8266) => vec![NO_TABLE],
                _ => Vec::new(),
            },
        }
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        let what = format!("flash {}", firmware.image);
        let mut way = self.way().map_err(|error| error.stops(what.clone()))?;
        if let Err(error) = self.write(&mut way, firmware) {
            self.state = State::Quiet(way);
            return Err(error);
        }
        let (symbols, patterns) = (self.symbols.take(), self.patterns.clone());
        let heard = Heard { symbols, patterns, cycle: self.cycle.clone() };
        match Listener::start(way, heard, self.sink.clone()) {
            Ok(listener) => {
                self.state = State::Running(listener);
                Ok(())
            }
            Err((error, way)) => {
                self.state = State::Quiet(way);
                Err(error.stops("start what was flashed"))
            }
        }
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        let State::Running(listener) = &self.state else {
            return Err(Self::off("reset the board"));
        };
        listener.reset().map_err(|error| error.stops("reset the board"))
    }

    fn power(&mut self, _: PowerOrder) -> Result<(), ActionError> {
        Err(ActionError::new(
            "switch the supply",
            "nothing is known that switches the supply of this board",
        )
        .help("name what switches it in the inventory, or take a board that has `power-switch`"))
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        Err(ActionError::new("wake the board", "nothing is known that pulls its wake pin")
            .help("say in the inventory what pulls its wake pin (`wake = { by = ... }`), or take a board that has `wake-pin`"))
    }

    fn revived_by(&mut self, cycle: Cycle) {
        self.cycle = Some(cycle);
    }

    fn answers_unpowered(&mut self) -> Option<bool> {
        self.may_be_away = false;
        let way = self.way();
        self.may_be_away = true;
        match way {
            Ok(mut way) => {
                let answers = flash::answers(&mut way.port, &mut *way.pins);
                self.state = State::Quiet(way);
                answers
            }
            // A bridge on the board goes with its supply.
            Err(FlashError::Port(error)) if error.is_gone() => Some(false),
            Err(_) => None,
        }
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        let what = "write on the device's console";
        let State::Running(listener) = &self.state else { return Err(Self::off(what)) };
        listener.write(text.as_bytes()).map_err(|error| error.stops(what))
    }

    fn stop(&mut self) {
        let Ok(mut way) = self.way() else { return };
        if let Err(error) = self.take_off(&mut way) {
            let text = format!(
                "what the board was told is still on it: {error}; the next run takes it off"
            );
            self.sink.tell(Event::Note { text });
        }
    }
}

impl Drop for SerialBoard {
    fn drop(&mut self) {
        if !matches!(self.state, State::Closed) {
            self.stop();
        }
    }
}
