//! `shadowrig flash`: a firmware file onto a board, without a scenario.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::board_name::BoardName;
use super::known::{self, Known, KnownArgs};
use super::{Terminal, exit, probe};
use crate::board::images;
use crate::board::pins::{ControlPins, LinePins, Pins};
use crate::board::port::{PortName, PortOptions, SerialPort};
use crate::board::probe::Selector;
use crate::engine::ActionError;
use crate::flash::image::Part;
use crate::flash::{
    self, Chip, EraseFirst, Fitted, Identity, Job, Left, Mac, Rewrite, Update, Wanted, Written,
};
use crate::inventory::KnownBoard;
use crate::inventory::lock::BoardLock;
use crate::time;

/// The words behind `shadowrig flash`.
#[derive(Debug, Clone, Args)]
pub(super) struct FlashArgs {
    /// An ELF, a .bin (an app, or a merged image), flasher_args.json, or a name from device-under-test/boards.
    image: String,
    /// The board: a port (/dev/ttyUSB0, rfc2217://host:port), a debug probe (probe:), or a name of the inventory.
    #[arg(long, value_name = "NAME", value_parser = BoardName::parse)]
    board: BoardName,
    #[command(flatten)]
    known: KnownArgs,
    /// What is erased first besides what is written.
    #[arg(long, value_enum, default_value = "nothing", value_name = "WHAT")]
    erase: What,
    /// Write again what is there already.
    #[arg(long)]
    always: bool,
    /// The partition that a program goes to [default: factory, or else the first for programs].
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// The highest baud rate of the line; lower ones are tried when it fails [default: 460800 over USB].
    #[arg(long, value_name = "RATE", value_parser = clap::value_parser!(u32).range(9600..=4_000_000))]
    baud: Option<u32>,
    /// Flash no other board than the one with this address in its fuses.
    #[arg(long, value_name = "MAC", value_parser = parse_mac)]
    mac: Option<Mac>,
    /// The control socket of a `virtual-board`, whose pseudo-terminal has no reset lines.
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
    /// Leave the board in its loader.
    #[arg(long)]
    no_run: bool,
}

/// What is erased first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// The whole flash.
    All,
    /// Nothing but what is written.
    Nothing,
    /// The settings, and what the device remembers: the partition `nvs`.
    #[value(alias = "state")]
    Nvs,
}

impl FlashArgs {
    fn erase_first(&self) -> EraseFirst {
        if self.erase == What::All { EraseFirst::All } else { EraseFirst::Nothing }
    }

    const fn rewrite(&self) -> Rewrite {
        if self.always { Rewrite::Always } else { Rewrite::IfChanged }
    }
}

fn parse_mac(text: &str) -> Result<Mac, String> {
    Mac::parse(text).ok_or_else(|| "write six bytes in hexadecimal, joined by colons".into())
}

/// Flashes; returns the exit code.
pub(super) fn flash<W: Write, E: Write>(
    args: &FlashArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let began = Instant::now();
    let mut teller = Teller::new(terminal.live);
    // A board of the inventory is held until it is flashed.
    let mut known = None;
    let done =
        place_of(args, terminal.variable, &mut known).and_then(|(place, args)| match place {
            Place::Port(port, options, pins) => run(&args, (&port, &options, pins), &mut teller),
            Place::Probe(selector, chip) => run_by_probe(&args, (&selector, chip), &mut teller),
        });
    teller.end();
    for line in &teller.lines {
        writeln!(terminal.err, "{line}")?;
    }
    let (identity, written, stays) = match done {
        Ok(done) => done,
        Err(error) => {
            writeln!(terminal.err, "error: {error}")?;
            if let Some(help) = &error.help {
                writeln!(terminal.err, "help: {help}")?;
            }
            return Ok(exit::RIG);
        }
    };
    if stays {
        writeln!(
            terminal.err,
            "note: this port has no reset lines, so the board stays in its loader; reset it by hand, or name --control"
        )?;
    }
    writeln!(
        terminal.out,
        "flashed {} onto {} {}: {} written ({} bytes), {} unchanged, in {}",
        args.image,
        identity.chip,
        identity.mac,
        written.written,
        written.bytes,
        written.skipped,
        time::span(Duration::from_millis(began.elapsed().as_millis() as u64)),
    )?;
    Ok(exit::PASSED)
}

/// Where a board is.
enum Place {
    /// On a port, opened like this, with the way to its pins.
    Port(PortName, PortOptions, Box<dyn Pins>),
    /// On a debug probe, with the chip that it has to have where that is known.
    Probe(Selector, Option<Chip>),
}

/// Where what `--board` names is, and the words with what the inventory knows of the board.
fn place_of(
    args: &FlashArgs,
    variable: fn(&str) -> Option<String>,
    held: &mut Option<(Known, BoardLock)>,
) -> Result<(Place, FlashArgs), ActionError> {
    let name = match &args.board {
        BoardName::Inventory(name) => name,
        BoardName::Probe(selector) => {
            return Ok((Place::Probe(selector.clone(), None), args.clone()));
        }
        board => {
            let pins: Box<dyn Pins> = match &args.control {
                Some(socket) => Box::new(ControlPins { socket: socket.clone() }),
                None => Box::new(LinePins),
            };
            let place = Place::Port(port_of(board)?, PortOptions::default(), pins);
            return Ok((place, args.clone()));
        }
    };
    let (known, _) = held.insert(known::take(name, &args.known, "flash", variable)?);
    let options = known.options();
    let KnownBoard { probe, chip, .. } = &known.board;
    let place = match (probe, &known.port) {
        (Some(selector), _) => {
            let chip = chip.as_deref().and_then(Chip::by_name);
            Place::Probe(selector.clone(), chip)
        }
        (None, Some(port)) => {
            let pins: Box<dyn Pins> = match &args.control {
                Some(socket) => Box::new(ControlPins { socket: socket.clone() }),
                None => known.pins(),
            };
            Place::Port(port.clone(), options, pins)
        }
        (None, None) => {
            let why = "it is a virtual board that only a run starts";
            return Err(ActionError::new(format!("flash {name}"), why)
                .help("name a port, such as /dev/ttyUSB0"));
        }
    };
    let args = FlashArgs { mac: args.mac.or(Some(known.board.mac)), ..args.clone() };
    Ok((place, args))
}

/// The port of what `--board` names.
fn port_of(board: &BoardName) -> Result<PortName, ActionError> {
    let cannot =
        |why: &str, help: &str| Err(ActionError::new(format!("flash {board}"), why).help(help));
    match board {
        BoardName::Port(port) => Ok(port.clone()),
        BoardName::Inventory(_) | BoardName::Probe(_) => {
            cannot("its port is not known here", "name a port, such as /dev/ttyUSB0")
        }
        BoardName::External(_) => {
            cannot("the rig does not hold the device", "name a port, such as /dev/ttyUSB0")
        }
        BoardName::MicroPython(_) => cannot(
            "the files of a program are put there by `run`; what is flashed is MicroPython itself",
            "name the port alone, such as /dev/ttyACM0",
        ),
        BoardName::Process | BoardName::Sim => {
            cannot("it has no flash", "name a port, such as /dev/ttyUSB0")
        }
        BoardName::Emulated | BoardName::Virtual(_) => cannot(
            "a virtual board of this program is gone when it ends",
            "start one by `cargo run -p virtual-board -- --chip esp32c3 --pty PATH`, and name its port",
        ),
    }
}

/// The same by a debug probe, which resets any board.
fn run_by_probe(
    args: &FlashArgs,
    (selector, chip): (&Selector, Option<Chip>),
    teller: &mut Teller,
) -> Result<(Identity, Written, bool), ActionError> {
    let job = probe::Job {
        image: &args.image,
        partition: args.partition.as_deref(),
        erase: args.erase_first(),
        rewrite: args.rewrite(),
        runs: !args.no_run,
    };
    let add = |parts: &mut Vec<Part>, nvs| {
        if args.erase == What::Nvs {
            add_blank(parts, nvs);
        }
    };
    let who = (selector, chip, args.mac);
    let (identity, written) = probe::flash(who, &job, add, &mut |update| teller.tell(update))?;
    Ok((identity, written, false))
}

/// Does it all; says whether the board stays in its loader though it should not. A board that is not flashed runs on.
fn run(
    args: &FlashArgs,
    (name, options, mut pins): (&PortName, &PortOptions, Box<dyn Pins>),
    teller: &mut Teller,
) -> Result<(Identity, Written, bool), ActionError> {
    let opened = SerialPort::open(name, options);
    let mut port = opened.map_err(|error| error.stops(format!("flash {}", args.image)))?;
    let done = write(args, (&mut port, &mut *pins), teller);
    let mut note = |text| teller.tell(Update::Note(text));
    let started = match args.no_run {
        true => Ok(Left::Runs),
        false => flash::leave(&mut port, &mut *pins, &mut note),
    };
    let (identity, written) = done?;
    let what = "start what was flashed";
    match started.map_err(|error| error.stops(what))? {
        Left::Runs => Ok((identity, written, false)),
        Left::Nobody => Ok((identity, written, true)),
        Left::Stays => Err(ActionError::new(what, "the board stays in its loader")
            .help("it is flashed; let go of BOOT, then press RESET or cut its power")),
    }
}

fn write(
    args: &FlashArgs,
    (port, pins): (&mut SerialPort, &mut dyn Pins),
    teller: &mut Teller,
) -> Result<(Identity, Written), ActionError> {
    let what = format!("flash {}", args.image);
    let wanted = Wanted { mac: args.mac, partition: args.partition.as_deref() };
    let find = |chip| images::find(&args.image, chip).map_err(flash::Failed::Action);
    let mut note = |text| teller.tell(Update::Note(text));
    let fitted = flash::fit((&mut *port, &mut *pins), &wanted, find, &mut note);
    let Fitted { identity, mut image, nvs } = fitted.map_err(|failed| failed.stops(&what))?;
    teller.tell(Update::Note(format!("{} {} on {}", identity.chip, identity.mac, port.name())));
    if args.erase == What::Nvs {
        add_blank(&mut image.parts, nvs);
    }
    let PortOptions { rates: port_rates, wears: port_wears, .. } = port.options().clone();
    let job = Job {
        parts: &image.parts,
        erase: args.erase_first(),
        rewrite: args.rewrite(),
        baud_max: args.baud.or(port.options().flash_baud_max),
        rates: port_rates.as_ref().filter(|_| args.baud.is_none()),
        wears: port_wears.as_ref(),
    };
    let written = flash::write(port, pins, &identity, &job, &mut |update| teller.tell(update));
    let written = written.map_err(|error| error.stops(what))?;
    // The rate that a person says goes before what is remembered; where it works, that is no longer true.
    if let (Some(baud), Some(rates)) = (args.baud, &port_rates)
        && written.written > 0
        && written.baud == baud
        && rates.recall(identity.mac).is_some_and(|rate| rate.failed <= baud)
    {
        rates.forget(identity.mac);
    }
    Ok((identity, written))
}

/// Erased flash over a region, unless the firmware brings something for it.
fn add_blank(parts: &mut Vec<Part>, (offset, size): (u32, u32)) {
    let end = u64::from(offset) + u64::from(size);
    let is_free =
        parts.iter().all(|part| part.end() <= u64::from(offset) || u64::from(part.offset) >= end);
    if is_free {
        parts.push(Part { offset, bytes: vec![0xff; size as usize], name: "nvs (erased)".into() });
    }
}

/// Shows what happens: a bar where somebody watches, lines in any case.
struct Teller {
    bar: Option<ProgressBar>,
    lines: Vec<String>,
    what: String,
}

impl Teller {
    fn new(is_live: bool) -> Self {
        let style = "{msg:40} {bar:30} {bytes:>10}/{total_bytes:10} {bytes_per_sec}";
        let style =
            ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = is_live.then(|| ProgressBar::new(0).with_style(style));
        Self { bar, lines: Vec::new(), what: String::new() }
    }

    fn tell(&mut self, update: Update) {
        let bar = self.bar.as_ref();
        match update {
            Update::Erasing => self.lines.push("erased the whole flash".into()),
            Update::Begins { what, bytes } => {
                if let Some(bar) = bar {
                    bar.set_length(bytes);
                    bar.set_position(0);
                    bar.set_message(what.clone());
                }
                self.what = what;
            }
            Update::At(bytes) => {
                if let Some(bar) = bar {
                    bar.set_position(bytes);
                }
            }
            Update::Verifying => {
                if let Some(bar) = bar {
                    bar.set_message(format!("{}, verifying", self.what));
                }
            }
            Update::Over { skipped } => {
                let verb = if skipped { "unchanged" } else { "verified " };
                self.lines.push(format!("  {verb} {}", self.what));
            }
            Update::Note(text) => self.lines.push(text),
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
