//! `shadowrig record`: use a device against the fake cloud, get a scenario that expects the same again.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::again::CommandLine;
use super::benches::{self, Benches};
use super::board_name::BoardName;
use super::command_words::{Words, parse_command};
use super::files::{self, Case};
use super::interrupt::Interrupt;
use super::known::{self, KnownArgs, parse_span};
use super::real_cloud::parse_thing_name;
use super::run_dir::{RunDir, default_out};
use super::{Terminal, exit, prepare};
use crate::engine::event::{Request, Signature};
use crate::engine::mismatch::Mismatch;
use crate::engine::{Engine, Event, Verdict};
use crate::recording::{Start, Written, written};
use crate::report::{CaseReport, RunReport};
use crate::scenario::parse;
use crate::scenario::plan::{Firmware, Sleeping, StartShadow, slug};
use crate::time;

/// How long a recording may take where nobody says.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The words behind `shadowrig record`.
#[derive(Debug, Args)]
pub(super) struct RecordArgs {
    /// What a person calls the case; its file is named after it.
    name: String,
    /// The device: `external` (whatever you have started and pointed at the address; `external:192.168.4.1:8080` for another
    /// one), or a board as `run` takes it.
    #[arg(long, default_value = "external", value_name = "NAME", value_parser = BoardName::parse)]
    board: BoardName,
    /// On `process`: the program that is the device, with its arguments; it finds its cloud in its environment.
    #[arg(long, value_name = "COMMAND", value_parser = parse_command)]
    command: Option<Words>,
    /// The name of the thing that the device is.
    #[arg(long, default_value = benches::THING_NAME, value_name = "NAME", value_parser = parse_thing_name)]
    thing_name: String,
    #[command(flatten)]
    known: KnownArgs,
    /// End by itself after this time; without it Ctrl-C ends it.
    #[arg(long = "for", value_name = "DURATION", value_parser = parse_span)]
    length: Option<Duration>,
    /// Begin as this scenario does: its firmware, its cloud, its `time`.
    #[arg(long, value_name = "SCENARIO")]
    from: Option<PathBuf>,
    /// The image that runs on the board: a name of the inventory or a path.
    #[arg(long, conflicts_with = "from", value_name = "IMAGE")]
    image: Option<String>,
    /// What the shadow's desired section holds at the beginning, as JSON.
    #[arg(long, conflicts_with = "from", value_name = "JSON", value_parser = parse_section)]
    desired: Option<Value>,
    /// What its reported section holds at the beginning, as JSON.
    #[arg(long, conflicts_with = "from", value_name = "JSON", value_parser = parse_section)]
    reported: Option<Value>,
    /// Cut sleeps short where the board lets them.
    #[arg(long)]
    fast_forward: bool,
    /// Where the file goes.
    #[arg(long, default_value = "scenarios", value_name = "DIR")]
    folder: PathBuf,
    /// The folder for the recording itself, for `replay` and `report show` [default: target/shadowrig/<run>].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

fn parse_section(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(section @ Value::Object(_)) => Ok(section),
        Ok(_) => Err("a section of a shadow is an object, as {\"signal\": 0}".into()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

/// Records; returns the exit code.
pub(super) fn record<W: Write, E: Write>(
    args: &RecordArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let stem = slug(&args.name);
    let path = args.folder.join(format!("{stem}.yaml"));
    if let Some((error, help)) = obstacle(args, &stem, &path) {
        writeln!(terminal.err, "error: {error}\nhelp: {help}")?;
        return Ok(exit::USAGE);
    }
    let start = match start(args, terminal)? {
        Ok(start) => start,
        Err(code) => return Ok(code),
    };
    let case = case(args, &start);
    let dir = RunDir::create(args.out.clone().unwrap_or_else(default_out))?;
    let interrupt = Interrupt::listen()?;
    let mut report = run(args, &case, &dir, (&interrupt, terminal))?;
    // The one step only waits, and Ctrl-C is how it is meant to end.
    match report.outcome.verdict {
        Verdict::Passed | Verdict::Interrupted => report.outcome.verdict = Verdict::Passed,
        Verdict::Skipped { .. } | Verdict::Failed(_) => {
            tell_failure(args, &report.outcome.verdict, terminal)?;
            return Ok(exit::RIG);
        }
    }
    let recorded = written(&start, &report.board, &report.outcome.log);
    report.source = recorded.text.as_str().into();
    dir.write_case(0, &report)?;
    dir.write_run(&RunReport { began_at: None, wall: report.wall, cases: vec![report] })?;
    tell(args, &path, &recorded, (&dir, terminal))
}

/// Says why nothing was recorded: in the words of the command line, since there is no scenario that anybody has written.
fn tell_failure<W: Write, E: Write>(
    args: &RecordArgs,
    verdict: &Verdict,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<()> {
    let (error, help) = match verdict {
        Verdict::Failed(failure) => {
            let Mismatch { headline, actual, help, .. } = &failure.mismatch;
            (format!("{headline}: {actual}"), help.as_deref())
        }
        Verdict::Skipped { reason } => (reason.clone(), None),
        Verdict::Passed | Verdict::Interrupted => return Ok(()),
    };
    writeln!(terminal.err, "error: nothing was recorded on `--board {}`", args.board)?;
    writeln!(terminal.err, "  {error}")?;
    if let Some(help) = help {
        writeln!(terminal.err, "help: {help}")?;
    }
    Ok(())
}

/// Writes the scenario and what its snapshots are compared with, and says what to do with them.
fn tell<W: Write, E: Write>(
    args: &RecordArgs,
    path: &Path,
    recorded: &Written,
    (dir, terminal): (&RunDir, &mut Terminal<'_, W, E>),
) -> io::Result<u8> {
    let kept = dir.path().display();
    if recorded.steps == 0 {
        writeln!(terminal.err, "error: the device did nothing that a scenario could expect again")?;
        writeln!(
            terminal.err,
            "help: see that it talks to the address above, and record for longer; what was seen is in {kept}"
        )?;
        return Ok(exit::NOTHING_SELECTED);
    }
    fs::create_dir_all(&args.folder)?;
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(recorded.text.as_bytes())?;
    let name = path.display().to_string();
    for (snapshot, text) in &recorded.snapshots {
        prepare::store_snapshot(&name, snapshot, text)?;
    }
    let Written { steps, cycles, .. } = recorded;
    writeln!(terminal.out, "wrote {name}: {steps} steps of {cycles} cycles")?;
    writeln!(terminal.out, "run it by: shadowrig run {name} --board {}", args.board)?;
    writeln!(terminal.out, "recording: {kept}")?;
    Ok(exit::PASSED)
}

/// What stands in the way before anything is touched, and what to do about it.
fn obstacle(args: &RecordArgs, stem: &str, path: &Path) -> Option<(String, String)> {
    if stem.is_empty() {
        let help = "give the case a name of letters and digits";
        return Some((
            format!("`{}` has no letter or digit to name a file by", args.name),
            help.into(),
        ));
    }
    if path.exists() {
        let help = "give the case another name, or another folder by --folder";
        return Some((
            format!("{} is there already, and stays as it is", path.display()),
            help.into(),
        ));
    }
    if args.board == BoardName::Sim && args.length.is_none() {
        let error = "on sim time is virtual, so nobody can end the recording by hand";
        return Some((error.into(), "say how long by --for, as --for 2m".into()));
    }
    None
}

/// What holds at the beginning, out of a scenario or of the command line.
fn start<W: Write, E: Write>(
    args: &RecordArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Start, u8>> {
    let sleeping = if args.fast_forward { Sleeping::FastForward } else { Sleeping::Real };
    let is_external = matches!(args.board, BoardName::External(_));
    let Some(from) = &args.from else {
        let image = args.image.clone().unwrap_or_else(|| parse::IMAGE_DEFAULT.to_owned());
        let firmware = Firmware::of_image(image);
        let has_state = args.desired.is_some() || args.reported.is_some();
        let shadow = StartShadow { desired: args.desired.clone(), reported: args.reported.clone() };
        return Ok(Ok(Start {
            name: args.name.clone(),
            firmware: (args.image.is_some() && !is_external).then_some(firmware),
            shadows: if has_state { vec![(None, shadow)] } else { Vec::new() },
            sleeping,
            tls: false,
        }));
    };
    let files = match files::read(std::slice::from_ref(from), terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(Err(code)),
    };
    if files::draw_problems(&files, terminal)? {
        return Ok(Err(exit::BAD_SCENARIO));
    }
    let Some(case) = files::cases(files).into_iter().next() else {
        writeln!(terminal.err, "error: there is no scenario in {}", from.display())?;
        return Ok(Err(exit::USAGE));
    };
    if !case.plan.secrets.is_empty() || !case.plan.firmware.provision.is_empty() {
        writeln!(
            terminal.err,
            "error: {} has secrets or provisions its board, and a recording would write that down",
            from.display()
        )?;
        writeln!(terminal.err, "help: record from a scenario with neither")?;
        return Ok(Err(exit::USAGE));
    }
    let mut start = Start { name: args.name.clone(), ..Start::of(&case.plan) };
    if args.fast_forward {
        start.sleeping = sleeping;
    }
    if is_external {
        start.firmware = None;
    }
    Ok(Ok(start))
}

/// A case that begins as the recording does, and waits.
fn case(args: &RecordArgs, start: &Start) -> Case {
    let length = args.length.unwrap_or(LONGEST);
    let head = start.head(&["panic", "watchdog", "brownout"]);
    let text = format!("{head}steps:\n  - wait: {}\n", time::span(length));
    let mut parsed = crate::scenario::parse(&text, "recording");
    let plan = parsed.plans.pop().expect("a test writes every kind of beginning and reads it back");
    Case { plan: Arc::new(plan), text: text.into(), round: None }
}

fn run<W: Write, E: Write>(
    args: &RecordArgs,
    case: &Case,
    dir: &RunDir,
    (interrupt, terminal): (&Interrupt, &mut Terminal<'_, W, E>),
) -> io::Result<CaseReport> {
    let (sender, listening) = mpsc::channel();
    let benches = Benches {
        network: super::told::Network::default(),
        board: args.board.clone(),
        real_cloud: None,
        made: AtomicU64::new(0),
        seed: 0,
        command: args.command.clone().map(|words| words.words),
        allow_run: false,
        things: std::env::current_exe()?,
        thing: args.thing_name.clone(),
        listening: Some(sender),
        runtime: match args.board.is_in_real_time() {
            true => Some(tokio::runtime::Runtime::new()?),
            false => None,
        },
        again: CommandLine::default(),
    };
    let held = match &args.board {
        BoardName::Inventory(name) => {
            let run = dir.path().display().to_string();
            match known::take(name, &args.known, &run, terminal.variable) {
                Ok(held) => Some(held),
                Err(error) => {
                    let verdict = benches::rig_failed(&error);
                    return Ok(benches::not_begun(case, name.clone(), verdict));
                }
            }
        }
        _ => None,
    };
    let known = held.as_ref().map(|(known, _)| known);
    let mut live = Live { listening, shown: 0, result: Ok(()) };
    let folder = dir.case_path(0, &case.plan.name);
    let report = benches.run((case, 0), known, (&folder, &interrupt.wanted), &mut |engine| {
        live.show(engine, (&args.board, &args.thing_name), terminal);
    });
    live.result?;
    Ok(report)
}

/// Shows what happens while it happens.
struct Live {
    listening: Receiver<String>,
    /// How many entries of the log were shown.
    shown: usize,
    result: io::Result<()>,
}

impl Live {
    fn show<W: Write, E: Write>(
        &mut self,
        engine: &Engine,
        (board, thing): (&BoardName, &str),
        terminal: &mut Terminal<'_, W, E>,
    ) {
        if self.result.is_err() {
            return;
        }
        self.result = (|| {
            if let Ok(endpoint) = self.listening.try_recv() {
                writeln!(terminal.out, "cloud and live page: {endpoint}/")?;
                if matches!(board, BoardName::External(_)) {
                    writeln!(
                        terminal.out,
                        "the device: thing {thing}, region {}, key {}, secret {}",
                        fake_shadow::settings::DEFAULT_REGION,
                        fake_shadow::settings::TEST_ACCESS_KEY_ID,
                        fake_shadow::settings::TEST_SECRET_ACCESS_KEY,
                    )?;
                }
                writeln!(terminal.out, "use the device and the page; Ctrl-C ends the recording")?;
            }
            for entry in &engine.log().entries()[self.shown..] {
                if is_shown(&entry.event) {
                    let at = time::span(entry.at.since_start());
                    writeln!(
                        terminal.out,
                        "{at:>12}  {:<11} {}",
                        entry.event.kind(),
                        entry.event.words()
                    )?;
                }
                if let Event::Request(Request {
                    signature: Signature::Refused { explanation, .. },
                    ..
                }) = &entry.event
                {
                    for line in explanation.lines() {
                        writeln!(terminal.out, "{:>12}  {line}", "")?;
                    }
                }
            }
            self.shown = engine.log().len();
            terminal.out.flush()
        })();
    }
}

const fn is_shown(event: &Event) -> bool {
    !matches!(event, Event::Connection { .. } | Event::Step { .. } | Event::Current(_))
}
