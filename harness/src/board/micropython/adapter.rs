//! A board that runs MicroPython, on a serial port.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::files::{self, Files};
use super::repl::{Order, Output, Repl, ReplError};
use crate::board::console::{Announced, Console, Patterns};
use crate::board::port::{PortError, PortName, PortOptions, SerialPort};
use crate::board::started::{POWER_ON, RESET, Started};
use crate::board::{Board, Sink};
use crate::drive::Facts;
use crate::drive::bench::NO_NVS;
use crate::engine::action::PowerOrder;
use crate::engine::{ActionError, Event};
use crate::scenario::plan::{CloudKind, Erase, Firmware};
use crate::time::Moment;

/// How long one look at the port waits; so long an order may wait, too.
const GLANCE: Duration = Duration::from_millis(10);

/// How long a port that is gone is looked for at a time.
const LOOK: Duration = Duration::from_millis(50);

/// The most files of a program, so that a wrong folder is no surprise.
const FILES_MAX: usize = 500;

/// What a MicroPython board is made of.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// What a person calls it.
    pub name: String,
    /// Where it is.
    pub port: PortName,
    /// How the port is opened.
    pub options: PortOptions,
    /// What templates are filled in with: endpoint, credentials, name of the thing.
    pub variables: Vec<(String, String)>,
}

/// A board that runs MicroPython.
#[derive(Debug)]
pub struct MicroPythonBoard {
    recipe: Recipe,
    sink: Sink,
    running: Option<Running>,
    files: Files,
}

#[derive(Debug)]
struct Running {
    jobs: Sender<(Job, Sender<Answer>)>,
    thread: JoinHandle<()>,
}

/// What the thread that owns the port is asked for.
#[derive(Debug)]
enum Job {
    /// Run orders, the last one's output is the answer.
    Orders(Vec<Order>),
    /// Run the program anew; the wake that follows is by this.
    Restart(&'static str),
    /// Take in what the program prints when it sleeps and wakes.
    Understand(Patterns),
    /// Type on the console.
    Write(Vec<u8>),
}

type Answer = Result<Vec<u8>, JobError>;

#[derive(Debug)]
enum JobError {
    Port(PortError),
    Repl(ReplError),
}

impl JobError {
    fn stops(self, what: String) -> ActionError {
        match self {
            Self::Port(error) => error.stops(what),
            Self::Repl(error) => ActionError::new(what, error.to_string()).help(error.help()),
        }
    }
}

impl MicroPythonBoard {
    /// A board that nobody has touched yet.
    #[must_use]
    pub const fn new(recipe: Recipe, sink: Sink) -> Self {
        Self {
            recipe,
            sink,
            running: None,
            files: Files { plain: BTreeMap::new(), filled: BTreeMap::new() },
        }
    }

    fn open(&mut self) -> Result<(), ActionError> {
        if self.running.is_some() {
            return Ok(());
        }
        let port = SerialPort::open(&self.recipe.port, &self.recipe.options)
            .map_err(|error| error.stops(format!("open {}", self.recipe.name)))?;
        let (jobs, orders) = mpsc::channel();
        let worker = Worker {
            port,
            sink: self.sink.clone(),
            console: Console::default(),
            repl: Repl::default(),
            began: Instant::now(),
            started: Started::default(),
            under_way: None,
        };
        let thread = thread::spawn(move || worker.run(&orders));
        self.running = Some(Running { jobs, thread });
        Ok(())
    }

    fn ask(&self, what: &str, job: Job) -> Result<Vec<u8>, ActionError> {
        let Some(running) = &self.running else {
            return Err(ActionError::new(what, "nothing was flashed yet"));
        };
        let (sender, answer) = mpsc::channel();
        let lost = || ActionError::new(what, "the link to the board is lost");
        running.jobs.send((job, sender)).map_err(|_| lost())?;
        answer.recv().map_err(|_| lost())?.map_err(|error| error.stops(what.to_owned()))
    }

    fn run(&self, what: &str, code: Vec<String>) -> Result<Vec<u8>, ActionError> {
        self.ask(
            what,
            Job::Orders(code.into_iter().map(|code| Order::Run(code.into_bytes())).collect()),
        )
    }

    fn upload(&self, what: &str, erase: Erase) -> Result<(), ActionError> {
        self.ask(what, Job::Orders(vec![Order::Enter]))?;
        if erase != Erase::Nothing {
            self.run(what, vec![self.files.remove_others()])?;
        }
        let same = self.run(what, vec![self.files.compare()])?;
        let same = String::from_utf8_lossy(&same).into_owned();
        let mut written = 0;
        for ((path, bytes), same) in self.files.all().zip(same.lines()) {
            if same.trim() != "True" {
                self.run(&format!("write {path} on the board"), files::write(path, bytes))?;
                written += 1;
            }
        }
        let again = self.run(what, vec![self.files.compare()])?;
        if String::from_utf8_lossy(&again).lines().any(|line| line.trim() != "True") {
            let why = "a file differs from what was written";
            return Err(ActionError::new(what, why).help("is its file system full or worn out?"));
        }
        let count = self.files.all().count();
        self.sink.tell(Event::Note {
            text: format!("{written} of {count} files were written, the others were there"),
        });
        Ok(())
    }
}

/// The files of a program: a folder with all in it, or one file as `main.py`.
fn read(image: &str) -> Result<BTreeMap<String, Vec<u8>>, ActionError> {
    let what = format!("read the program {image}");
    let path = Path::new(image);
    let io = |error: std::io::Error| {
        ActionError::new(what.clone(), error.to_string())
            .help("name a .py file, or a folder with main.py in it")
    };
    let mut found = BTreeMap::new();
    if path.is_file() {
        found.insert("main.py".to_owned(), std::fs::read(path).map_err(io)?);
        return Ok(found);
    }
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?.path();
            let is_hidden =
                entry.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if is_hidden || entry.ends_with("__pycache__") {
                continue;
            }
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            let name = entry.strip_prefix(path).unwrap_or(&entry).to_string_lossy().into_owned();
            found.insert(name, std::fs::read(&entry).map_err(io)?);
            if found.len() > FILES_MAX {
                let why = format!("it has more than {FILES_MAX} files");
                return Err(
                    ActionError::new(what, why).help("name the folder of the board's own files")
                );
            }
        }
    }
    Ok(found)
}

impl Board for MicroPythonBoard {
    fn facts(&self) -> Facts {
        Facts {
            board: self.recipe.name.clone(),
            chip: None,
            can: vec!["console"],
            cloud: CloudKind::Fake,
            cannot: vec![NO_NVS],
        }
    }

    fn flash(&mut self, firmware: &Firmware) -> Result<(), ActionError> {
        let what = format!("put {} on the board", firmware.image);
        self.files = Files::fill(read(&firmware.image)?, &self.recipe.variables);
        let mut patterns = Patterns::default();
        patterns.add(&firmware.console).map_err(|error| error.stops(what.clone()))?;
        self.open()?;
        self.ask(&what, Job::Understand(patterns))?;
        self.upload(&what, firmware.erase)?;
        self.ask(&what, Job::Restart(POWER_ON)).map(drop)
    }

    fn reset(&mut self) -> Result<(), ActionError> {
        let what = "reset the board";
        self.ask(what, Job::Orders(vec![Order::Enter]))?;
        self.sink.tell(Event::Reset { cause: "external".into() });
        self.ask(what, Job::Restart(RESET)).map(drop)
    }

    fn power(&mut self, _: PowerOrder) -> Result<(), ActionError> {
        Err(ActionError::new(
            "switch the supply",
            "nothing is known that switches the supply of this board",
        )
        .help("take a board that has `power-switch`"))
    }

    fn wake(&mut self) -> Result<(), ActionError> {
        Err(ActionError::new("wake the board", "nothing is known that pulls its wake pin")
            .help("take a board that has `wake-pin`"))
    }

    fn write_console(&mut self, text: &str) -> Result<(), ActionError> {
        self.ask("write on the device's console", Job::Write(text.as_bytes().to_vec())).map(drop)
    }

    fn stop(&mut self) {
        if !self.files.filled.is_empty() && self.running.is_some() {
            let what = "take the settings off the board";
            // A board that sleeps or hangs keeps them; the next upload writes over them.
            let _kept = self
                .ask(what, Job::Orders(vec![Order::Enter]))
                .and_then(|_| self.run(what, vec![self.files.remove_filled()]));
            self.files.filled.clear();
        }
        let Some(Running { jobs, thread }) = self.running.take() else { return };
        drop(jobs);
        // It ends with its orders, and does not panic.
        let _ended = thread.join();
    }
}

impl Drop for MicroPythonBoard {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What owns the port: the raw REPL has it while orders are under way, the console otherwise.
struct Worker {
    port: SerialPort,
    sink: Sink,
    console: Console,
    repl: Repl,
    began: Instant,
    /// What the rig has done to start the program.
    started: Started,
    /// How many orders are to be done yet, and who waits for the last.
    under_way: Option<(usize, Sender<Answer>)>,
}

impl Worker {
    fn run(mut self, jobs: &Receiver<(Job, Sender<Answer>)>) {
        loop {
            if self.under_way.is_none() {
                match jobs.try_recv() {
                    Ok((job, answer)) => self.take(job, answer),
                    Err(mpsc::TryRecvError::Disconnected) => return,
                    Err(mpsc::TryRecvError::Empty) => {}
                }
            }
            let mut buffer = [0; 4096];
            match self.port.read(&mut buffer, GLANCE) {
                Ok(count) => self.hear(&buffer[..count]),
                Err(error) => self.lost(error),
            }
        }
    }

    fn take(&mut self, job: Job, answer: Sender<Answer>) {
        let now = self.now();
        match job {
            Job::Understand(patterns) => {
                self.console.set_patterns(patterns);
                // Whoever asked may have gone.
                let _nobody_waits = answer.send(Ok(Vec::new()));
            }
            Job::Write(bytes) => {
                let written = self.port.write(&bytes).map(|()| Vec::new()).map_err(JobError::Port);
                // Whoever asked may have gone.
                let _nobody_waits = answer.send(written);
            }
            Job::Restart(by) => {
                self.console.announce(now, Announced::Silently);
                self.started = Started::by(by);
                self.order(vec![Order::SoftReset], answer);
            }
            Job::Orders(orders) => self.order(orders, answer),
        }
    }

    fn order(&mut self, orders: Vec<Order>, answer: Sender<Answer>) {
        let now = self.now();
        self.under_way = Some((orders.len(), answer));
        for order in orders {
            let outputs = self.repl.order(now, order);
            self.perform(outputs);
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let now = self.now();
        if self.under_way.is_some() {
            let mut outputs =
                if bytes.is_empty() { Vec::new() } else { self.repl.feed(now, bytes) };
            outputs.extend(self.repl.tick(now));
            return self.perform(outputs);
        }
        let events =
            if bytes.is_empty() { self.console.tick(now) } else { self.console.feed(now, bytes) };
        self.tell(events);
    }

    fn tell(&mut self, events: Vec<Event>) {
        for event in events {
            self.sink.tell(self.started.told(event));
        }
    }

    fn perform(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Send(bytes) => {
                    if let Err(error) = self.port.write(&bytes) {
                        return self.lost(error);
                    }
                }
                Output::Done(result) => {
                    let Some((left, answer)) = self.under_way.take() else { return };
                    if left > 1 && result.is_ok() {
                        self.under_way = Some((left - 1, answer));
                        continue;
                    }
                    let _nobody_waits = answer.send(result.map_err(JobError::Repl));
                }
            }
        }
    }

    /// The port is gone: who waits is told, and it is looked for, since a board that sleeps takes its USB port along.
    fn lost(&mut self, error: PortError) {
        let events = self.console.end(self.now());
        self.tell(events);
        self.repl = Repl::default();
        if let Some((_, answer)) = self.under_way.take() {
            let _nobody_waits = answer.send(Err(JobError::Port(error)));
        }
        // It is tried again with the next look.
        let _still_gone = self.port.reopen(LOOK);
    }

    fn now(&self) -> Moment {
        Moment::at(self.began.elapsed())
    }
}
