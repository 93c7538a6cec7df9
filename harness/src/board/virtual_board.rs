//! A chip in software as the board: flashed over a pseudo-terminal by the same code as a real one. Only its supply, its pins and its
//! faults are reached by another way than the serial port, as a real bench reaches them by a hub and wires.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tempfile::TempDir;
use virtual_board::shell::{Options, Running, Way};
use virtual_board::{Activity, BootMode, Flash, Order, Programs, Provisioning, Setup, image};

use super::images;
use super::port::{PortName, PortOptions};
use super::serial::{FindImage, Recipe, SerialBoard};
use super::virtual_pins::VirtualPins;
use super::{Board, Sink};
use crate::drive::Facts;
use crate::engine::action::PowerOrder;
use crate::engine::event::PowerChange;
use crate::engine::{ActionError, Event};
use crate::flash::image::Part;
use crate::flash::{Chip, Source};
use crate::inventory::board::{MeterPlace, MeterSetting};
use crate::meter::{Meter, Ppk2Meter};
use crate::scenario::plan::Firmware;

/// The version in the description of our own things.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How long joining the network takes while the current is measured.
const JOIN_TIME: Duration = Duration::from_millis(300);

/// Why nobody writes on the console of the firmware that it executes.
const NO_CONSOLE_INPUT: (&str, &str) =
    ("write-console", "the firmware of device-under-test/esp32c3 reads nothing from its console");

/// A virtual board in this process.
#[derive(Debug)]
pub struct VirtualBoard {
    running: Arc<Running>,
    serial: SerialBoard,
    /// Its current meter, which is a port of its own.
    meter: Ppk2Meter,
    sink: Sink,
    programs: Programs,
    has_power: bool,
    /// A cycle of the supply that goes on by itself.
    cycle: Option<JoinHandle<()>>,
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
        let (has_power, cycle, _folder) = (true, None, folder);
        Ok(Self { running, serial, meter, sink, programs, has_power, cycle, _folder })
    }

    /// The board itself, for whoever makes faults on it.
    #[must_use]
    pub fn running(&self) -> Arc<Running> {
        Arc::clone(&self.running)
    }

    fn order(&self, what: &str, order: Order) -> Result<(), ActionError> {
        let done = self.running.order(order).map(|_| ());
        done.ok_or_else(|| stopped(what))
    }

    fn cut(&mut self) -> Result<(), ActionError> {
        self.order("cut the supply", Order::PowerCut)?;
        self.has_power = false;
        // What it said before is told before.
        if let Some(announcer) = self.serial.announcer() {
            announcer.settle();
        }
        self.sink.tell(Event::Power { change: PowerChange::Cut });
        Ok(())
    }

    /// Restores the supply, after a while where it is a cycle. Told before, since what the board then does is told by another thread.
    fn restore(&mut self, after: Duration) -> Result<(), ActionError> {
        self.has_power = true;
        let (announcer, sink, running) =
            (self.serial.announcer(), self.sink.clone(), Arc::clone(&self.running));
        let restore = move || {
            thread::sleep(after);
            if let Some(announcer) = announcer {
                announcer.announce();
            }
            sink.tell(Event::Power { change: PowerChange::Restored });
            sink.tell(Event::Reset { cause: "power-on".into() });
            running.order(Order::PowerRestore { into: BootMode::Run }).is_some()
        };
        if after.is_zero() {
            let done = restore();
            return done.then_some(()).ok_or_else(|| stopped("restore the supply"));
        }
        // A board that has stopped meanwhile is told of by whatever is asked of it next.
        self.cycle = Some(thread::spawn(move || {
            restore();
        }));
        Ok(())
    }

    /// Waits for the end of a cycle that goes on by itself.
    fn end_cycle(&mut self) {
        if let Some(Err(panic)) = self.cycle.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Board for VirtualBoard {
    fn facts(&self) -> Facts {
        // The pins of an executed program lead to a light, and to no motor, and nobody says what it draws.
        let (can, cannot) = match self.programs {
            Programs::Executed => (
                vec!["console", "power-switch", "programmable-supply", "wake-pin"],
                vec![NO_CONSOLE_INPUT],
            ),
            Programs::Recognized => {
                let can = vec![
                    "console",
                    "power-switch",
                    "programmable-supply",
                    "current-meter",
                    "wake-pin",
                    "motor",
                ];
                (can, Vec::new())
            }
        };
        let cannot = [self.serial.facts().cannot, cannot].concat();
        Facts { can, cannot, ..self.serial.facts() }
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        self.end_cycle();
        if !self.has_power {
            self.order("restore the supply", Order::PowerRestore { into: BootMode::Run })?;
            self.has_power = true;
        }
        self.serial.flash(firmware)
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        if !self.has_power {
            return Err(without_power("reset the board"));
        }
        self.serial.reset()
    }

    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError> {
        self.end_cycle();
        match order {
            PowerOrder::Cut => self.cut(),
            PowerOrder::Restore if self.has_power => Ok(()),
            PowerOrder::Restore => self.restore(Duration::ZERO),
            PowerOrder::Cycle(off) => {
                self.cut()?;
                self.restore(off)
            }
        }
    }

    fn brownout(&mut self, to_mv: u32, _: Duration) -> Result<(), ActionError> {
        // A chip whose detector sees it is reset at once, however short it is.
        self.order("let the supply sag", Order::Sag { millivolts: to_mv })
    }

    fn measure(&mut self) -> Result<(), ActionError> {
        // A wake lasts long enough to be measured, as those of chips do.
        self.order("measure the current", Order::JoinTime(JOIN_TIME))?;
        self.meter.start(&self.sink)
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        let is_asleep = |status: virtual_board::Status| status.activity == Activity::Asleep;
        if !self.running.status().is_some_and(is_asleep) {
            return Err(ActionError::new("wake the board", "it is not asleep"));
        }
        self.order("wake the board", Order::Wake)
    }

    fn end_sleep(&mut self) -> bool {
        self.running.order(Order::EndSleep).is_some()
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        if !self.has_power {
            return Err(without_power("write on the device's console"));
        }
        self.serial.write_console(text)
    }

    fn stop(&mut self) {
        self.end_cycle();
        self.meter.stop();
        if !self.has_power {
            // Its settings can only be erased with power.
            self.has_power =
                self.running.order(Order::PowerRestore { into: BootMode::Download }).is_some();
        }
        self.serial.stop();
    }
}

fn stopped(what: &str) -> ActionError {
    ActionError::new(what, "the virtual board has stopped")
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
