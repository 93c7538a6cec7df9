//! `shadowrig explore`: one good cycle, and all the bad ones.

use std::cell::RefCell;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use clap::Args;

use super::again::CommandLine;
use super::benches::Benches;
use super::board_name::{RunOn, Wanted};
use super::command_words::{Words, parse_command};
use super::explore_boards::{BoardRunner, Boards, Told};
use super::interrupt::Interrupt;
use super::known::KnownArgs;
use super::{Terminal, exit, files, lab};
use crate::drive::sim::device;
use crate::engine::ActionError;
use crate::explore::sweep::NotExplored;
use crate::explore::{SimRunner, Sweep, matrix, page, sweep_on};
use crate::scenario::plan::Plan;

/// The words behind `shadowrig explore`.
#[derive(Debug, Args)]
pub(super) struct ExploreArgs {
    /// A scenario that passes; of a matrix the first row.
    scenario: PathBuf,
    /// What to run on, as of `run`. On `sim` a sweep takes seconds; on boards it takes as long as the device is awake, some
    /// hundred times; boards of the inventory, as `lab`, share the runs among them.
    #[arg(long, default_value = "sim", value_name = "NAME,...", value_delimiter = ',', value_parser = Wanted::parse)]
    board: Vec<Wanted>,
    /// On `process`: the program that is the device, with its arguments.
    #[arg(long, value_name = "COMMAND", value_parser = parse_command)]
    command: Option<Words>,
    #[command(flatten)]
    known: KnownArgs,
    /// How many runs at once in real time; by default what suits the board.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Try only combinations with this text in their words, as `power cut` or `GET shadow 1`. May be given several times.
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Where chance comes from; equal seeds give equal sweeps in virtual time.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Write a report: html=PATH or json=PATH. May be given several times.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    report: Vec<Report>,
    /// The folder for a scenario for each combination that breaks an invariant.
    #[arg(long, default_value = "target/shadowrig/explore", value_name = "DIR")]
    out: PathBuf,
}

/// A report that is wanted.
#[derive(Debug, Clone)]
enum Report {
    Html(PathBuf),
    Json(PathBuf),
}

fn parse_report(text: &str) -> Result<Report, String> {
    match text.split_once('=') {
        Some(("html", path)) if !path.is_empty() => Ok(Report::Html(path.into())),
        Some(("json", path)) if !path.is_empty() => Ok(Report::Json(path.into())),
        _ => Err("write html=PATH or json=PATH; a sweep has no other report".to_owned()),
    }
}

/// Explores a scenario; returns the exit code.
pub(super) fn explore<W: Write, E: Write>(
    args: &ExploreArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let began = Instant::now();
    let on = match RunOn::of(&args.board) {
        Ok(on) => on,
        Err(why) => {
            writeln!(terminal.err, "error: {why}")?;
            return Ok(exit::USAGE);
        }
    };
    let files = match files::read(std::slice::from_ref(&args.scenario), terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    if files::draw_problems(&files, terminal)? {
        return Ok(exit::BAD_SCENARIO);
    }
    let Some(case) = files::cases(files).into_iter().next() else {
        writeln!(terminal.err, "error: there is no scenario in {}", args.scenario.display())?;
        writeln!(terminal.err, "help: name a scenario file")?;
        return Ok(exit::NOTHING_SELECTED);
    };
    let swept = match on.name().is_in_real_time() {
        true => match sweep_boards(args, (&case.plan, &on), terminal)? {
            Ok(swept) => swept,
            Err(code) => return Ok(code),
        },
        false => {
            let mut runner = SimRunner { seed: args.seed, make: device::thing };
            sweep_on(&case.plan, &mut runner, &|what| args.wants(what))
        }
    };
    match swept {
        Ok(swept) => tell(args, (&swept, began.elapsed()), terminal),
        Err(error) => refuse(&error, &args.scenario, terminal),
    }
}

impl ExploreArgs {
    fn wants(&self, what: &str) -> bool {
        self.filter.is_empty() || self.filter.iter().any(|text| what.contains(text.as_str()))
    }
}

fn tell<W: Write, E: Write>(
    args: &ExploreArgs,
    (swept, wall): (&Sweep, Duration),
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    write!(terminal.out, "{}", matrix::words(swept))?;
    write_out(swept, &args.out, terminal)?;
    for report in &args.report {
        match report {
            Report::Html(path) => {
                let page = page::render(swept, wall).map_err(io::Error::other)?;
                super::reports::create(path, &page)?;
            }
            Report::Json(path) => {
                super::reports::create(path, &format!("{:#}\n", matrix::to_json(swept)))?;
            }
        }
    }
    if swept.cells.is_empty() {
        writeln!(terminal.err, "error: no combination has a text of --filter in its words")?;
        writeln!(terminal.err, "help: leave --filter out to see them all")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    writeln!(terminal.out, "{}", matrix::last_line(swept, wall))?;
    Ok(if swept.failures.is_empty() { exit::PASSED } else { exit::FIRMWARE })
}

/// Sweeps in real time; the exit code where there is no bench.
fn sweep_boards<W: Write, E: Write>(
    args: &ExploreArgs,
    (plan, on): (&Arc<Plan>, &RunOn),
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Result<Sweep, NotExplored>, u8>> {
    let interrupt = Interrupt::listen()?;
    let boards = match on {
        RunOn::Bench(_) => None,
        RunOn::Lab(choice) => match lab::choose(choice, &args.known, terminal)? {
            Ok(known) => {
                let run = args.out.display().to_string();
                let taken = (on.to_string(), args.known.wait_board);
                let settings = lab::Settings::new(&run, taken, terminal.variable);
                Some(Boards { known, settings: settings.keeping() })
            }
            Err(code) => return Ok(Err(code)),
        },
    };
    let board = on.name();
    let suits = boards.as_ref().map_or_else(|| board.default_jobs(), |boards| boards.known.len());
    let jobs = args.jobs.map_or(suits, usize::from);
    let benches = Benches {
        network: super::told::Network::default(),
        board,
        real_cloud: None,
        made: AtomicU64::new(0),
        seed: args.seed,
        command: args.command.clone().map(|words| words.words),
        allow_run: false,
        things: std::env::current_exe()?,
        runtime: Some(tokio::runtime::Runtime::new()?),
        thing: super::benches::THING_NAME.to_owned(),
        listening: None,
        again: CommandLine::default(),
    };
    let folder = tempfile::tempdir()?;
    let bar = indicatif::ProgressBar::with_draw_target(
        None,
        match terminal.live {
            true => indicatif::ProgressDrawTarget::stderr(),
            false => indicatif::ProgressDrawTarget::hidden(),
        },
    );
    let notes = RefCell::new(&mut terminal.err);
    let told = |told: Told| match told {
        Told::Over(over, of) => {
            bar.set_length(of as u64);
            bar.set_position(over as u64);
        }
        // Who cannot be told of what is waited for is not to lose the sweep by it.
        Told::Note(text) => drop(bar.suspend(|| writeln!(notes.borrow_mut(), "note: {text}"))),
    };
    let place = (plan, folder.path().to_owned());
    let swept = BoardRunner::new((benches, boards, jobs), place, &interrupt, &told)
        .map(|mut runner| sweep_on(plan, &mut runner, &|what| args.wants(what)));
    bar.finish_and_clear();
    match swept {
        Err(error) => rig_failed(&error, terminal).map(Err),
        Ok(_) if interrupt.is_wanted() => Ok(Err(exit::INTERRUPTED)),
        Ok(swept) => Ok(Ok(swept)),
    }
}

fn rig_failed<W: Write, E: Write>(
    error: &ActionError,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    writeln!(terminal.err, "error: {error}")?;
    if let Some(help) = &error.help {
        writeln!(terminal.err, "help: {help}")?;
    }
    Ok(exit::RIG)
}

fn refuse<W: Write, E: Write>(
    error: &NotExplored,
    scenario: &Path,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let path = scenario.display();
    let (why, help, code) = match error {
        NotExplored::Fails(headline) => (
            format!("it fails when nothing goes wrong: {headline}"),
            format!("`shadowrig run {path}` says more; explore it when it passes"),
            exit::FIRMWARE,
        ),
        NotExplored::NotRepeatable(what) => (
            format!("it {what}, and a sweep is about what goes wrong by itself"),
            "explore a scenario that only sets what is desired, and expects".to_owned(),
            exit::USAGE,
        ),
        NotExplored::Skipped(reason) => {
            (reason.clone(), "explore it on a bench that has it, as sim".to_owned(), exit::USAGE)
        }
    };
    writeln!(terminal.err, "error: {path} cannot be explored: {why}\nhelp: {help}")?;
    Ok(code)
}

/// Writes a scenario for each failure, in the order of the failures.
fn write_out<W: Write, E: Write>(
    swept: &Sweep,
    folder: &Path,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<()> {
    if swept.failures.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    for (index, failure) in swept.failures.iter().enumerate() {
        let path = folder.join(format!("{:03}-{}.yaml", index + 1, failure.rule));
        fs::write(path, &failure.scenario)?;
    }
    writeln!(terminal.out, "\nshow them again: shadowrig run {}", folder.display())
}
