//! A program on this machine as the board: ours, or a user's own device in any language.
//!
//! It is told where its cloud is by the environment, and is killed without warning where a chip would be reset.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

use super::console::Patterns;
use super::process_output::{Watched, read_lines};
use super::process_writes::WriteOrders;
use super::{Board, Sink};
use crate::drive::Facts;
use crate::drive::bench::NO_NVS;
use crate::engine::action::{PowerOrder, StateCutOrder};
use crate::engine::event::PowerChange;
use crate::engine::{ActionError, Event};
use crate::scenario::plan::{CloudKind, Erase, Firmware};
use thing_host::{SLEEP_OVER, told_writes};

/// What a process board is made of.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The program and its arguments; `None` to take the image for one.
    pub command: Option<Vec<String>>,
    /// The program that stands for our own things; it is called with `device --thing <kind>`.
    pub things: PathBuf,
    /// What the program finds in its environment: endpoint, credentials, name of the thing.
    pub environment: Vec<(String, String)>,
    /// Where it keeps its state; the variable `SHADOWRIG_STATE_FILE` says so.
    pub state_file: PathBuf,
}

/// A program as the board.
#[derive(Debug)]
pub struct ProcessBoard {
    device: Arc<Mutex<Device>>,
}

/// The program, and whatever brings it back when its power was cut at a write of its state.
#[derive(Debug)]
pub(super) struct Device {
    recipe: Recipe,
    command: Vec<String>,
    /// The named shadow that it is provisioned for; empty for the classic one.
    shadow_name: String,
    /// What it prints when it sleeps and wakes.
    patterns: Patterns,
    running: Option<Running>,
    orders: WriteOrders,
    sink: Sink,
    /// This device, for who brings it back.
    itself: Weak<Mutex<Self>>,
}

#[derive(Debug)]
struct Running {
    child: Arc<Mutex<Child>>,
    /// Whether its end was our doing, so that nothing is made of it.
    expected_end: Arc<AtomicBool>,
    readers: Vec<JoinHandle<()>>,
}

impl ProcessBoard {
    /// A board that is off.
    #[must_use]
    pub fn new(recipe: Recipe, sink: Sink) -> Self {
        let device = Arc::new_cyclic(|itself| {
            Mutex::new(Device {
                recipe,
                command: Vec::new(),
                shadow_name: String::new(),
                patterns: Patterns::default(),
                running: None,
                orders: WriteOrders::default(),
                sink,
                itself: itself.clone(),
            })
        });
        Self { device }
    }

    fn device(&self) -> MutexGuard<'_, Device> {
        self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Device {
    /// The program for an image: our own things by their names, anything else as a path.
    fn command_for(&self, image: &str) -> Result<Vec<String>, ActionError> {
        if let Some(command) = &self.recipe.command {
            return Ok(command.clone());
        }
        if let Some(kind) = thing::Kind::by_name(image) {
            let things = self.recipe.things.display().to_string();
            return Ok(vec![things, "device".into(), "--thing".into(), kind.name.into()]);
        }
        if std::path::Path::new(image).is_file() {
            return Ok(vec![image.to_owned()]);
        }
        let known: Vec<_> = thing::KINDS.iter().map(|kind| kind.name).collect();
        Err(ActionError::new(
            format!("find the image {image}"),
            "there is no such file and no such thing",
        )
        .help(format!("name a program, give one by --command, or take {}", known.join(" or "))))
    }

    fn start(&mut self, cause: &str) -> Result<(), ActionError> {
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(ActionError::new("start the device", "nothing was flashed yet"));
        };
        let mut child = Command::new(program)
            .args(arguments)
            .envs(self.recipe.environment.iter().map(|(name, value)| (name, value)))
            .env("SHADOWRIG_STATE_FILE", &self.recipe.state_file)
            .env("SHADOWRIG_SHADOW_NAME", &self.shadow_name)
            .env("SHADOWRIG_WAKE_CAUSE", cause)
            .envs(self.is_ours().then_some(("SHADOWRIG_STATE_WRITES", told_writes::TOLD)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                ActionError::new(format!("start {program}"), error.to_string())
                    .help("is the program there, and may it be run?")
            })?;
        let outputs: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
            child.stderr.take().map(|pipe| Box::new(pipe) as Box<dyn Read + Send>),
        ];
        let child = Arc::new(Mutex::new(child));
        let expected_end = Arc::new(AtomicBool::new(false));
        let [out, err] = outputs;
        let patterns = || self.patterns.clone();
        let mut readers = Vec::new();
        readers.extend(err.map(|pipe| read_lines(pipe, patterns(), self.sink.clone(), None)));
        let watched = Watched {
            child: Arc::clone(&child),
            expected_end: Arc::clone(&expected_end),
            orders: self.orders.clone(),
            device: self.itself.clone(),
        };
        readers
            .extend(out.map(|pipe| read_lines(pipe, patterns(), self.sink.clone(), Some(watched))));
        self.running = Some(Running { child, expected_end, readers });
        Ok(())
    }

    /// Whether the program is one of our own things, which tell of writes of their state.
    fn is_ours(&self) -> bool {
        self.recipe.command.is_none()
            && self
                .command
                .first()
                .is_some_and(|program| *program == self.recipe.things.display().to_string())
    }

    /// Brings back a program whose power was cut at a write of its state, unless something else has been done to it meanwhile.
    pub(super) fn bring_back(&mut self, child: &Arc<Mutex<Child>>) {
        if !self.running.as_ref().is_some_and(|running| Arc::ptr_eq(&running.child, child)) {
            return;
        }
        self.kill();
        if let Err(error) = self.restore() {
            self.sink.tell_broken(error);
        }
    }

    fn restore(&mut self) -> Result<(), ActionError> {
        self.tell(Event::Power { change: PowerChange::Restored });
        self.tell(Event::Reset { cause: "power-on".into() });
        self.start("power-on")
    }

    /// Kills the program as a reset does: without a word to it.
    fn kill(&mut self) {
        let Some(running) = self.running.take() else { return };
        running.expected_end.store(true, Ordering::SeqCst);
        {
            let mut child = running.child.lock().unwrap_or_else(PoisonError::into_inner);
            // It may have ended by itself; then there is nobody to kill, which is what was wanted.
            let _ended_already = child.kill();
        }
        for reader in running.readers {
            // A reader ends with its pipe, and does not panic.
            let _ended = reader.join();
        }
    }

    fn tell(&self, event: Event) {
        self.sink.tell(event);
    }
}

impl Board for ProcessBoard {
    fn facts(&self) -> Facts {
        let mut can = vec!["console", "power-switch", "wake-pin", "motor"];
        // Our own things tell of them; another program need not.
        can.extend(self.device().recipe.command.is_none().then_some("state-writes"));
        Facts {
            board: "process".into(),
            chip: None,
            can,
            cloud: CloudKind::Fake,
            cannot: vec![NO_NVS],
        }
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        self.device().flash(firmware)
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        self.device().reset()
    }

    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError> {
        self.device().power(order)
    }

    fn cut_at_state_write(&mut self, order: StateCutOrder) -> Result<(), ActionError> {
        self.device().orders.lock().push(order);
        Ok(())
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        self.write_console("wake\n")
    }

    /// Our own things know how; another program sleeps on.
    fn end_sleep(&mut self) -> bool {
        let mut device = self.device();
        device.is_ours() && device.write_console(&format!("{SLEEP_OVER}\n")).is_ok()
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        self.device().write_console(text)
    }

    fn stop(&mut self) {
        self.device().kill();
    }
}

impl Device {
    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        let command = self.command_for(&firmware.image)?;
        let mut patterns = Patterns::default();
        let what = "understand the console of the program";
        patterns.add(&firmware.console).map_err(|error| error.stops(what))?;
        self.patterns = patterns;
        self.kill();
        if firmware.erase != Erase::Nothing
            && let Err(error) = std::fs::remove_file(&self.recipe.state_file)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(ActionError::new("erase the state of the device", error.to_string()));
        }
        self.command = command;
        self.shadow_name = firmware.shadow.clone().unwrap_or_default();
        self.start("power-on")
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        if self.command.is_empty() {
            return Err(ActionError::new("reset the board", "nothing was flashed yet"));
        }
        self.kill();
        self.tell(Event::Reset { cause: "external".into() });
        self.start("reset")
    }

    fn power(&mut self, order: PowerOrder) -> Result<(), ActionError> {
        match order {
            PowerOrder::Cut => {
                self.kill();
                self.tell(Event::Power { change: PowerChange::Cut });
                Ok(())
            }
            PowerOrder::Restore if self.running.is_some() => Ok(()),
            PowerOrder::Restore => self.restore(),
            // A process has no capacitors to empty, so its supply is back at once.
            PowerOrder::Cycle(_) => {
                self.power(PowerOrder::Cut)?;
                self.power(PowerOrder::Restore)
            }
        }
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        let what = "write on the device's console";
        let Some(running) = &self.running else {
            return Err(ActionError::new(what, "it is off").help("restore its power first"));
        };
        let mut child = running.child.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stdin) = child.stdin.as_mut() else {
            return Err(ActionError::new(what, "it has closed its input"));
        };
        let written = stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush());
        written.map_err(|error| ActionError::new(what, error.to_string()))
    }
}

impl Drop for ProcessBoard {
    fn drop(&mut self) {
        self.device().kill();
    }
}
