//! A program on this machine as the board: ours, or a user's own device in any language.
//!
//! It is told where its cloud is by the environment, and is killed without warning where a chip would be reset.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::console::{Console, Patterns};
use super::{Board, Sink};
use crate::drive::Facts;
use crate::engine::action::PowerOrder;
use crate::engine::event::PowerChange;
use crate::engine::{ActionError, Event};
use crate::scenario::plan::{CloudKind, Erase, Firmware};
use crate::time::Moment;

/// How often a program that has closed its output is asked whether it has ended.
const END_POLL: Duration = Duration::from_millis(20);

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
    recipe: Recipe,
    command: Vec<String>,
    /// The named shadow that it is provisioned for; empty for the classic one.
    shadow_name: String,
    /// What it prints when it sleeps and wakes.
    patterns: Patterns,
    running: Option<Running>,
    sink: Sink,
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
        let (command, shadow_name) = (Vec::new(), String::new());
        Self { recipe, command, shadow_name, patterns: Patterns::default(), running: None, sink }
    }

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
        let watched =
            Watched { child: Arc::clone(&child), expected_end: Arc::clone(&expected_end) };
        readers
            .extend(out.map(|pipe| read_lines(pipe, patterns(), self.sink.clone(), Some(watched))));
        self.running = Some(Running { child, expected_end, readers });
        Ok(())
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
        Facts {
            board: "process".into(),
            chip: None,
            can: vec!["console", "power-switch", "wake-pin"],
            cloud: CloudKind::Fake,
            cannot: Vec::new(),
        }
    }

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
            PowerOrder::Restore => {
                self.tell(Event::Power { change: PowerChange::Restored });
                self.tell(Event::Reset { cause: "power-on".into() });
                self.start("power-on")
            }
            // A process has no capacitors to empty, so its supply is back at once.
            PowerOrder::Cycle(_) => {
                self.power(PowerOrder::Cut)?;
                self.power(PowerOrder::Restore)
            }
        }
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        self.write_console("wake\n")
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

    fn stop(&mut self) {
        self.kill();
    }
}

impl Drop for ProcessBoard {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Tells what the bytes of a console mean until they end.
fn tell_console(heard: &Receiver<Vec<u8>>, patterns: Patterns, sink: &Sink) {
    let began = Instant::now();
    let now = || Moment::at(began.elapsed());
    let mut console = Console::new(patterns);
    loop {
        let bytes = match console.wake_at() {
            Some(at) => heard.recv_timeout(at.since(now())),
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let (events, has_ended) = match bytes {
            Ok(bytes) => (console.feed(now(), &bytes), false),
            Err(RecvTimeoutError::Timeout) => (console.tick(now()), false),
            Err(RecvTimeoutError::Disconnected) => (console.end(now()), true),
        };
        events.into_iter().for_each(|event| sink.tell(event));
        if has_ended {
            return;
        }
    }
}

/// What a reader needs to say how the program ended.
struct Watched {
    child: Arc<Mutex<Child>>,
    expected_end: Arc<AtomicBool>,
}

impl Watched {
    /// Waits for the end of a program whose output has ended. The lock is not held meanwhile: it may have to be killed.
    fn end(&self) -> std::io::Result<ExitStatus> {
        loop {
            let ended = self.child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()?;
            if let Some(status) = ended {
                return Ok(status);
            }
            std::thread::sleep(END_POLL);
        }
    }
}

/// Reads a pipe to its end in a thread of its own; with a child, says how it ended when that was not our doing.
fn read_lines(
    mut pipe: Box<dyn Read + Send>,
    patterns: Patterns,
    sink: Sink,
    watched: Option<Watched>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (bytes, heard) = mpsc::channel::<Vec<u8>>();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                if bytes.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        tell_console(&heard, patterns, &sink);
        // It ends with its pipe, and does not panic.
        let _ended = reader.join();
        let Some(watched) = watched else { return };
        let status = watched.end();
        if watched.expected_end.load(Ordering::SeqCst) {
            return;
        }
        let events = match status {
            Ok(status) if status.success() => {
                vec![Event::Note { text: "the program has ended".into() }]
            }
            Ok(status) => vec![
                Event::Note { text: format!("the program has ended: {status}") },
                Event::Reset { cause: "panic".into() },
            ],
            Err(error) => vec![Event::Note { text: format!("the program is lost: {error}") }],
        };
        events.into_iter().for_each(|event| sink.tell(event));
    })
}
