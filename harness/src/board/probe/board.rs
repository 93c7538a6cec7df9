//! A board on a debug probe: flashed, told its cloud, listened to, reset, all through the probe.

use virtual_board::Provisioning;

use super::defmt::Wording;
use super::error::ProbeError;
use super::flash::{self, Fitted};
use super::link::Link;
use super::listener::{Heard, Listener};
use super::rtt::control_block_in;
use crate::board::serial::{FindImage, patterns_of, symbols_of};
use crate::board::serial_settings::settings_part;
use crate::board::{Board, Sink};
use crate::drive::Facts;
use crate::engine::action::PowerOrder;
use crate::engine::{ActionError, Event};
use crate::flash::image::Part;
use crate::flash::{Chip, EraseFirst, Mac, Rewrite, SECTOR_BYTES, Source};
use crate::scenario::plan::{CloudKind, Erase, Firmware};

/// What a board on a probe is made of.
pub struct Recipe {
    /// What a person calls it.
    pub name: String,
    /// The way to it.
    pub link: Box<dyn Link>,
    /// Its chip, where that is known before anybody asks it.
    pub chip: Option<Chip>,
    /// The only board that may be flashed; `None` for whichever is there.
    pub mac: Option<Mac>,
    /// Finds images by their names.
    pub images: Box<FindImage>,
    /// What it is told about its cloud; erased from it at the end.
    pub settings: Provisioning,
}

impl std::fmt::Debug for Recipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recipe")
            .field("name", &self.name)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

/// A board on a debug probe.
#[derive(Debug)]
pub struct ProbeBoard {
    name: String,
    chip: Option<Chip>,
    mac: Option<Mac>,
    recipe: Rest,
    sink: Sink,
    state: State,
    /// Where the settings are, once they are there.
    provisioned: Option<u32>,
}

/// What is needed of the recipe when it is flashed.
struct Rest {
    images: Box<FindImage>,
    settings: Provisioning,
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rest").finish_non_exhaustive()
    }
}

#[derive(Debug)]
enum State {
    /// Nobody listens.
    Quiet(Box<dyn Link>),
    /// What was flashed runs.
    Running(Listener),
    /// The probe hung, and its thread has the way to the chip.
    Hung,
}

impl ProbeBoard {
    /// A board that nobody has touched yet.
    #[must_use]
    pub fn new(recipe: Recipe, sink: Sink) -> Self {
        let Recipe { name, link, chip, mac, images, settings } = recipe;
        let recipe = Rest { images, settings };
        Self { name, chip, mac, recipe, sink, state: State::Quiet(link), provisioned: None }
    }

    /// The way to the chip, nobody listening.
    fn link(&mut self) -> Result<Box<dyn Link>, ProbeError> {
        let hung = || ProbeError::Lost("the probe hangs; attach it anew".into());
        match std::mem::replace(&mut self.state, State::Hung) {
            State::Quiet(link) => Ok(link),
            State::Running(listener) => listener.stop().ok_or_else(hung),
            State::Hung => Err(hung()),
        }
    }

    /// Attaches, erases, writes and verifies. What is there already is not written again.
    fn write(
        &mut self,
        link: &mut dyn Link,
        firmware: &Firmware,
        what: &str,
    ) -> Result<Heard, ActionError> {
        let stops = |error: ProbeError| error.stops(what);
        let find = |chip| (self.recipe.images)(&firmware.image, chip);
        let fitted = flash::fit(link, (self.mac, None), what, find)?;
        let Fitted { identity, source, mut image, nvs } = fitted;
        let patterns = patterns_of(firmware, identity.chip)?;
        let keeps = firmware.erase == Erase::Nothing;
        let region = if keeps { (nvs.0, SECTOR_BYTES) } else { nvs };
        image.parts.push(settings_part(&self.recipe.settings, firmware, region)?);
        let erase =
            if firmware.erase == Erase::All { EraseFirst::All } else { EraseFirst::Nothing };
        self.provisioned = Some(nvs.0);
        let how = (erase, Rewrite::IfChanged);
        flash::write(link, &image.parts, how, &mut |_| {}).map_err(stops)?;
        link.reset().map_err(stops)?;
        Ok(Heard { patterns, ..self.heard(&firmware.image, &source) })
    }

    /// What the firmware's console is understood by.
    fn heard(&self, image: &str, source: &Source) -> Heard {
        let elf = elf_of(image, source);
        let elf = elf.as_deref().unwrap_or_default();
        let wording = Wording::of(elf).unwrap_or_else(|why| {
            let text = format!("the firmware's defmt is not understood: {why}");
            self.sink.tell(Event::Note { text });
            Wording::default()
        });
        let symbols = symbols_of(image, source);
        Heard { wording, symbols, control_block: control_block_in(elf), ..Heard::default() }
    }

    fn off(what: &str) -> ActionError {
        ActionError::new(what, "nothing was flashed yet")
    }
}

/// The ELF of a firmware: itself, or the one beside a `.bin`.
fn elf_of(image: &str, source: &Source) -> Option<Vec<u8>> {
    let Source::File { bytes, .. } = source else { return None };
    if bytes.starts_with(b"\x7fELF") {
        return Some(bytes.clone());
    }
    std::fs::read(std::path::Path::new(image).with_extension("elf")).ok()
}

impl Board for ProbeBoard {
    fn facts(&self) -> Facts {
        Facts {
            board: self.name.clone(),
            chip: self.chip.map(|chip| chip.name().to_owned()),
            can: vec!["console", "debug-probe"],
            cloud: CloudKind::Fake,
            cannot: Vec::new(),
        }
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        let what = format!("flash {}", firmware.image);
        let mut link = self.link().map_err(|error| error.stops(what.clone()))?;
        match self.write(link.as_mut(), firmware, &what) {
            Ok(heard) => {
                self.state = State::Running(Listener::start(link, heard, self.sink.clone()));
                Ok(())
            }
            Err(error) => {
                self.state = State::Quiet(link);
                Err(error)
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
        Err(ActionError::new("switch the supply", "a probe does not switch it").help(
            "name what switches it in the inventory, or take a board that has `power-switch`",
        ))
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        Err(ActionError::new("wake the board", "a probe does not reach a chip that sleeps")
            .help("say in the inventory what pulls its wake pin (`wake = { by = ... }`), or take a board that has `wake-pin`"))
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        let what = "write on the device's console";
        let State::Running(listener) = &self.state else { return Err(Self::off(what)) };
        listener.write(text.as_bytes()).map_err(|error| error.stops(what))
    }

    fn stop(&mut self) {
        let provisioned = self.provisioned.take();
        let Ok(mut link) = self.link() else { return };
        if let Some(offset) = provisioned {
            let bytes = vec![0xff; SECTOR_BYTES as usize];
            let part = Part { offset, bytes, name: "settings".into() };
            // A board that does not answer any more keeps them; the next flash writes over them.
            let _kept = link.attach().and_then(|_| link.program(&part, &mut |_| {}));
        }
        link.detach();
        self.state = State::Quiet(link);
    }
}

impl Drop for ProbeBoard {
    fn drop(&mut self) {
        if matches!(self.state, State::Running(_)) {
            self.stop();
        }
    }
}
