//! `shadowrig run`: files in, verdicts out.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::benches::Benches;
use super::board_name::BoardName;
use super::files::{self, Case};
use super::prepare::PrepareArgs;
use super::progress::Progress;
use super::reports::ReportArgs;
use super::run_dir::RunDir;
use super::scheduler::{self, InOrder, OnFailure, Schedule, Update};
use super::{Terminal, exit};
use crate::report::{CaseReport, RunReport, Status, human, summary::Summary};
use crate::scenario::plan::CloudKind;
use crate::time::Moment;

/// The words behind `shadowrig run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Files, or folders with .yaml files in them.
    #[arg(default_value = "scenarios")]
    paths: Vec<PathBuf>,
    /// What to run on: `sim` (virtual time), `process` (a program on this machine), `virtual` (a chip in software that is
    /// flashed first; `virtual:esp32` for another chip), a port (/dev/ttyUSB0, rfc2217://host:port), or a name of the inventory.
    #[arg(long, default_value = "sim", value_name = "NAME", value_parser = BoardName::parse)]
    board: BoardName,
    /// On `process`: the program that is the device, with its arguments; it finds its cloud in its environment.
    #[arg(long, value_name = "COMMAND", value_parser = parse_command)]
    command: Option<Words>,
    /// The cloud that the device talks to; only the fake one for now.
    #[arg(long, default_value = "fake", value_name = "fake|aws", value_parser = parse_cloud)]
    cloud: CloudKind,
    /// How many cases run at once; by default what suits the board.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where chance comes from; equal seeds give equal runs in virtual time.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    #[command(flatten)]
    prepare: PrepareArgs,
    #[command(flatten)]
    reports: ReportArgs,
    /// Only cases whose name or file has this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only cases with this tag. May be given several times; one of them is enough.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only every N-th case from the M-th on: slice:M/N.
    #[arg(long, value_name = "slice:M/N", value_parser = parse_partition)]
    partition: Option<Slice>,
    /// Begin no further case when one has failed.
    #[arg(long)]
    fail_fast: bool,
    /// The folder for what the run leaves behind [default: target/shadowrig/<run>].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A command cut into words.
#[derive(Debug, Clone)]
struct Words(Vec<String>);

/// One part of the cases: the M-th of N, from 1.
#[derive(Debug, Clone, Copy)]
struct Slice {
    part: usize,
    of: usize,
}

/// Words apart by blanks; quotes keep blanks together.
fn parse_command(text: &str) -> Result<Words, String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, ' ') => words.push(String::new()),
            (_, c) => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    match (quote, words.is_empty()) {
        (Some(open), _) => Err(format!("the {open} is not closed")),
        (None, true) => Err("no program is named".into()),
        (None, false) => Ok(Words(words)),
    }
}

fn parse_cloud(text: &str) -> Result<CloudKind, String> {
    match text {
        "fake" => Ok(CloudKind::Fake),
        "aws" => Err("the real cloud cannot be the cloud of a scenario yet; the device program itself can be \
                      pointed at it, see `thing-host --help`"
            .to_owned()),
        _ => Err("write fake or aws".to_owned()),
    }
}

fn parse_partition(text: &str) -> Result<Slice, String> {
    let slice = text.strip_prefix("slice:").and_then(|rest| rest.split_once('/'));
    let numbers = slice.and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((part, of)) if (1..=of).contains(&part) => Ok(Slice { part, of }),
        _ => Err("write slice:M/N with M from 1 to N, as slice:1/3".into()),
    }
}

/// Runs cases; returns the exit code.
pub(super) fn run<W: Write, E: Write>(
    args: &RunArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let began = Instant::now();
    let files = match files::read(&args.paths, terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    if files::draw_problems(&files, terminal)? {
        writeln!(terminal.err, "error: nothing was run, since not every file can be read")?;
        return Ok(exit::BAD_SCENARIO);
    }
    let cases = select(args, files::cases(files));
    if cases.is_empty() {
        writeln!(terminal.err, "error: nothing was selected")?;
        writeln!(terminal.err, "help: `shadowrig list` shows what there is")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    let cases = match args.prepare.prepare(cases, terminal)? {
        Ok(cases) => cases,
        Err(code) => return Ok(code),
    };
    let dir = RunDir::create(args.out.clone().unwrap_or_else(default_out))?;
    let began_at = Some(jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let cases = run_cases(args, &cases, &dir, terminal)?;
    // In whole microseconds, as it is kept, so that reports written later say the same.
    let wall = Moment::at(began.elapsed()).since_start();
    let report = RunReport { began_at, wall, cases };
    dir.write_run(&report)?;
    args.reports.write(&report, terminal)?;
    let summary = Summary::of(&report.cases);
    if summary.exit_code() != exit::PASSED {
        writeln!(terminal.out, "run directory: {}", dir.path().display())?;
    }
    writeln!(terminal.out, "{}", summary.line(report.wall))?;
    Ok(summary.exit_code())
}

fn select(args: &RunArgs, cases: Vec<Case>) -> Vec<Case> {
    let is_wanted = |case: &Case| {
        let plan = &case.plan;
        let has = |text: &String| plan.name.contains(text) || plan.file.contains(text);
        let named = args.filter.as_ref().is_none_or(has);
        named && (args.tag.is_empty() || args.tag.iter().any(|tag| plan.tags.contains(tag)))
    };
    let cases = cases.into_iter().filter(is_wanted).enumerate();
    let in_slice =
        |index: usize| args.partition.is_none_or(|slice| index % slice.of == slice.part - 1);
    cases.filter(|(index, _)| in_slice(*index)).map(|(_, case)| case).collect()
}

fn run_cases<W: Write, E: Write>(
    args: &RunArgs,
    cases: &[Case],
    dir: &RunDir,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Vec<CaseReport>> {
    let benches = Benches {
        board: args.board.clone(),
        cloud: args.cloud,
        seed: args.seed,
        command: args.command.clone().map(|words| words.0),
        allow_run: args.prepare.allow_run(),
        things: std::env::current_exe()?,
        runtime: match args.board.is_in_real_time() {
            true => Some(tokio::runtime::Runtime::new()?),
            false => None,
        },
    };
    let interrupted = Arc::new(AtomicBool::new(false));
    watch_for_interrupt(&benches, &interrupted);
    let schedule = Schedule {
        jobs: args.jobs.map_or_else(|| args.board.default_jobs(), usize::from),
        on_failure: if args.fail_fast { OnFailure::Stop } else { OnFailure::GoOn },
        interrupted: &interrupted,
        run: &|number, case, tell| {
            let folder = dir.case_path(number, &case.plan.name);
            benches.run(case, &folder, &interrupted, &mut |engine| {
                if let Some((at, of, title)) = engine.at_step() {
                    tell(Update::At(number, at, of, case.plan.mask.text(title)));
                }
            })
        },
    };
    let mut progress = Progress::new(terminal.live);
    let mut in_order = InOrder::default();
    let mut reports = Vec::new();
    let mut written = Ok(());
    scheduler::run_all(cases, &schedule, &mut |update| {
        let number = match &update {
            Update::Began(number) | Update::At(number, ..) | Update::Over(number, _) => *number,
        };
        progress.update(&update, cases.get(number).map_or("", |case| &case.plan.name));
        let Update::Over(number, report) = update else { return };
        for report in in_order.take(number, *report) {
            let number = reports.len();
            let result = args
                .prepare
                .store(&report)
                .and_then(|()| dir.write_case(number, &report))
                .and_then(|()| progress.suspend(|| write_case(&report, terminal)));
            reports.push(report);
            if written.is_ok() {
                written = result;
            }
        }
    });
    for report in in_order.rest() {
        dir.write_case(reports.len(), &report)?;
        write_case(&report, terminal)?;
        reports.push(report);
    }
    written.map(|()| reports)
}

/// Ctrl-C or SIGTERM ends the cases that run, with their clean-up; a second one ends the program at once.
fn watch_for_interrupt(benches: &Benches, interrupted: &Arc<AtomicBool>) {
    let Some(runtime) = &benches.runtime else { return };
    let interrupted = Arc::clone(interrupted);
    runtime.spawn(async move {
        while asked_to_stop().await.is_ok() {
            if interrupted.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(exit::INTERRUPTED));
            }
        }
    });
}

/// Waits for Ctrl-C, or for the signal by which a CI system cancels a job.
async fn asked_to_stop() -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminated.recv() => Ok(()),
    }
}

/// Tells how a case ended, and why where it failed.
pub(super) fn write_case<W: Write, E: Write>(
    report: &CaseReport,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<()> {
    writeln!(terminal.out, "{}", human::line(report, terminal.style))?;
    if matches!(report.status(), Status::Fail | Status::Error) {
        writeln!(terminal.out, "\n{}", human::failure(report, terminal.style))?;
    }
    Ok(())
}

/// `target/shadowrig/<time>`, a new one each time.
fn default_out() -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
    PathBuf::from("target/shadowrig").join(now)
}
