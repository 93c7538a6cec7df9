//! A chip in software as the board: flashed over a pseudo-terminal by the same code as a real one. Only its supply, its pins and its
//! faults are reached by another way than the serial port, as a real bench reaches them by a hub and wires.

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Activity, BootMode, Flash, Order, Programs, Provisioning, Setup, image};

use super::images;
use super::port::{PortName, PortOptions};
use super::serial::{FindImage, Recipe, SerialBoard};
use super::virtual_pins::VirtualPins;
use super::virtual_supply::Supply;
use super::{Board, Sink};
use crate::drive::Facts;
use crate::engine::ActionError;
use crate::engine::action::{PowerOrder, StateCutOrder};
use crate::flash::image::Part;
use crate::flash::{Chip, Source};
use crate::inventory::board::{MeterPlace, MeterSetting};
use crate::meter::{Meter, Ppk2Meter};
use crate::scenario::plan::Firmware;

/// The version in the description of our own things.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long joining the network takes while the current is measured.
const JOIN_TIME: Duration = Duration::from_millis(300);

/// A virtual board in this process.
#[derive(Debug)]
pub struct VirtualBoard {
    running: Arc<Running>,
    serial: SerialBoard,
    /// Its current meter, which is a port of its own.
    meter: Ppk2Meter,
    sink: Sink,
    programs: Programs,
    supply: Supply,
    /// Kept for the link to the terminal in it, by which a port is found again that came back under another name.
    _folder: TempDir,
}

impl VirtualBoard {
    /// A board with an erased flash. What is flashed runs as a part of it, if it is one of our things.
    ///
    /// # Errors
    ///
    /// No pseudo-terminal can be had.
    pub fn new(
        chip: virtual_board::Chip,
        settings: Provisioning,
        sink: Sink,
    ) -> Result<Self, ActionError> {
        let recipe = ("virtual", Box::new(image_of_thing) as Box<FindImage>);
        Self::start(Setup::new(chip), recipe, settings, sink)
    }

    /// An ESP32-C3 with an erased flash that executes the machine code of what is flashed.
    ///
    /// # Errors
    ///
    /// No pseudo-terminal can be had.
    pub fn emulated(settings: Provisioning, sink: Sink) -> Result<Self, ActionError> {
        let chip = virtual_board::Chip::Esp32c3;
        let setup = Setup { programs: Programs::Executed, ..Setup::new(chip) };
        Self::start(setup, ("emulated", Box::new(images::find)), settings, sink)
    }

    fn start(
        setup: Setup,
        (name, images): (&str, Box<FindImage>),
        settings: Provisioning,
        sink: Sink,
    ) -> Result<Self, ActionError> {
        let (chip, programs) = (setup.chip, setup.programs);
        let failed = |why: String| ActionError::new("start a virtual board", why);
        let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let link = folder.path().join("port");
        let meter = folder.path().join("meter");
        let options = Options {
            has_pty: true,
            pty_link: Some(link),
            ppk2: Some(meter.clone()),
            ..Options::default()
        };
        let running = Running::start(setup, Flash::new(), &options);
        let running = Arc::new(running.map_err(|error| failed(error.to_string()))?);
        let port = folder.path().join("port");
        debug_assert!(matches!(running.ways(), [Way::Pty(_), Way::Ppk2(_)]));
        let recipe = Recipe {
            name: name.into(),
            port: PortName::Device(port),
            options: PortOptions::default(),
            pins: Box::new(VirtualPins(Arc::clone(&running))),
            chip: Chip::by_name(chip.name()),
            mac: None,
            images,
            settings,
        };
        let serial = SerialBoard::new(recipe, sink.clone());
        // It stands in the line of a supply that is there anyway, and gives none.
        let found = MeterPlace::Port(meter.display().to_string());
        let meter = Ppk2Meter::new(MeterSetting { found, source_mv: None });
        let supply = Supply::new(Arc::clone(&running), sink.clone());
        Ok(Self { running, serial, meter, sink, programs, supply, _folder: folder })
    }

    /// The board itself, for whoever makes faults on it.
    #[must_use]
    pub fn running(&self) -> Arc<Running> {
        Arc::clone(&self.running)
    }
}

impl Board for VirtualBoard {
    fn facts(&self) -> Facts {
        // The pins of an executed program lead to a light, and to no motor; nothing wakes it but its timer, and nobody says what it draws.
        let mut can = vec!["console", "power-switch", "state-writes", "programmable-supply"];
        let is_whole = self.programs == Programs::Recognized;
        if is_whole {
            can.extend(["current-meter", "wake-pin", "motor"]);
        }
        Facts { can, ..self.serial.facts() }
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        if !self.supply.is_there() {
            self.supply.restore_into(BootMode::Run)?;
        }
        let flashed = self.serial.flash(firmware);
        self.supply.listened_by(self.serial.announcer());
        flashed
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        if !self.supply.is_there() {
            return Err(without_power("reset the board"));
        }
        self.serial.reset()
    }

    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError> {
        match order {
            PowerOrder::Cut => self.supply.cut(),
            PowerOrder::Restore if self.supply.is_there() => Ok(()),
            PowerOrder::Restore => self.supply.restore(Duration::ZERO),
            PowerOrder::Cycle(off) => {
                self.supply.cut()?;
                self.supply.restore(off)
            }
        }
    }

    fn brownout(&mut self, to_mv: u32, _: Duration) -> Result<(), ActionError> {
        // A chip whose detector sees it is reset at once, however short it is.
        self.supply.order("let the supply sag", Order::Sag { millivolts: to_mv })
    }

    fn cut_at_state_write(&mut self, order: StateCutOrder) -> Result<(), ActionError> {
        self.supply.cut_at_write(order)
    }

    fn measure(&mut self) -> Result<(), ActionError> {
        // A wake lasts long enough to be measured, as those of chips do.
        self.supply.order("measure the current", Order::JoinTime(JOIN_TIME))?;
        self.meter.start(&self.sink)
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        if self.programs == Programs::Executed {
            return Err(ActionError::new(
                "wake the board",
                "its firmware is woken by its timer alone",
            )
            .help("take `virtual`, whose things have a wake pin"));
        }
        let is_asleep = |status: virtual_board::Status| status.activity == Activity::Asleep;
        if !self.running.status().is_some_and(is_asleep) {
            return Err(ActionError::new("wake the board", "it is not asleep"));
        }
        self.supply.order("wake the board", Order::Wake)
    }

    fn end_sleep(&mut self) -> bool {
        self.running.order(Order::EndSleep).is_some()
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        if !self.supply.is_there() {
            return Err(without_power("write on the device's console"));
        }
        self.serial.write_console(text)
    }

    fn stop(&mut self) {
        let has_power = self.supply.is_there();
        self.supply.end();
        self.meter.stop();
        if !has_power {
            // Its settings can only be erased with power. A board that has stopped has none.
            let _stopped = self.supply.restore_into(BootMode::Download);
        }
        self.serial.stop();
    }
}

fn without_power(what: &str) -> ActionError {
    ActionError::new(what, "it has no power").help("restore its power first")
}

/// Our own things by their names, made for the chip; anything else by its path.
///
/// # Errors
///
/// There is neither such a thing nor such a file.
pub fn image_of_thing(image: &str, chip: Chip) -> Result<Source, ActionError> {
    let made_for = virtual_board::Chip::by_name(chip.name());
    if let (Some(kind), Some(made_for)) = (thing::Kind::by_name(image), made_for) {
        let parts = image::bundle(made_for, kind.name, VERSION).into_iter();
        let parts = parts.map(|part| Part {
            offset: part.offset,
            bytes: part.bytes,
            name: kind.name.into(),
        });
        return Ok(Source::Parts { parts: parts.collect(), chip: Some(chip) });
    }
    images::find(image, chip).map_err(|error| {
        let known: Vec<_> = thing::KINDS.iter().map(|kind| kind.name).collect();
        let help = error.help.clone().unwrap_or_default();
        error.help(format!("{help}; or one of {}", known.join(", ")))
    })
}
