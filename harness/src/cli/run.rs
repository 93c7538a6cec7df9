//! `shadowrig run`: files in, verdicts out.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use super::again::CommandLine;
use super::attempts::{RetryArgs, RigErrors};
use super::benches::{self, Benches};
use super::board_name::{BoardName, RunOn, Wanted};
use super::command_words::{Words, parse_command};
use super::files::{self, Case};
use super::interrupt::Interrupt;
use super::known::{Known, KnownArgs};
use super::lab::{self, Lab};
use super::prepare::PrepareArgs;
use super::progress::Progress;
use super::real_cloud::{RealCloud, RealCloudArgs, parse_cloud, parse_thing_name};
use super::reports::ReportArgs;
use super::run_dir::{RunDir, default_out};
use super::scheduler::{self, InOrder, InTurn, On, OnFailure, Queue, Schedule, Task, Update};
use super::select::SelectArgs;
use super::told::NetworkArgs;
use super::{Terminal, exit, watch};
use crate::engine::Verdict;
use crate::report::{CaseReport, RunReport, Status, human, summary::Summary};
use crate::scenario::plan::CloudKind;
use crate::time::Moment;
use clap::Args;
use tokio::runtime::Runtime;

/// Why a case was not begun when another one failed.
const NOT_BEGUN: &str = "not begun, since a case before it failed and the run has --fail-fast";

/// The words behind `shadowrig run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Files, or folders with .yaml files in them.
    #[arg(default_value = "scenarios")]
    paths: Vec<PathBuf>,
    /// What to run on: `sim` (virtual time), `process` (a program on this machine), `virtual` (a chip in software that is
    /// flashed first; `virtual:esp32` for another chip), a port (/dev/ttyUSB0, rfc2217://host:port), `micropython:/dev/ttyACM0`; or
    /// boards of the inventory, as many at once as there are: names (`shade-1,shade-2`), `label:motor`, `chip:esp32c3`, `lab` for all,
    /// joined by `+`, taken away by `!`. May be given several times.
    #[arg(long, default_value = "sim", value_name = "NAME,...", value_delimiter = ',', value_parser = Wanted::parse)]
    board: Vec<Wanted>,
    /// On `process`: the program that is the device, with its arguments; it finds its cloud in its environment.
    #[arg(long, value_name = "COMMAND", value_parser = parse_command)]
    command: Option<Words>,
    /// The cloud that the device talks to. Before the real one, `aws`, the rig stands as a proxy: it records both sides, checks
    /// signatures and injects faults; what only the fake one can do is skipped.
    #[arg(long, default_value = "fake", value_name = "fake|aws", value_parser = parse_cloud)]
    cloud: CloudKind,
    /// The name of the thing that the device is, in real time [default: thing-1]. With `--cloud aws`: the thing whose shadows
    /// the cases use, one case after another; what they held is put back [default: a new name for each case, whose shadows are
    /// deleted].
    #[arg(long, value_name = "NAME", value_parser = parse_thing_name)]
    thing_name: Option<String>,
    #[command(flatten)]
    real_cloud: RealCloudArgs,
    /// How many cases run at once; by default what suits the board, and with boards of the inventory as many as there are.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where chance comes from; equal seeds give equal runs in virtual time.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    #[command(flatten)]
    known: KnownArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    prepare: PrepareArgs,
    #[command(flatten)]
    reports: ReportArgs,
    #[command(flatten)]
    select: SelectArgs,
    #[command(flatten)]
    retry: RetryArgs,
    /// What is not good enough for a run: `warnings` of the files.
    #[arg(long, value_name = "warnings", value_parser = ["warnings"])]
    deny: Option<String>,
    /// Begin no further case when one has failed.
    #[arg(long)]
    fail_fast: bool,
    /// Run again whenever a scenario or the device's program changes, those that failed first; Ctrl-C ends it.
    #[arg(long)]
    watch: bool,
    /// The folder for what the run leaves behind [default: target/shadowrig/<run>].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl RunArgs {
    /// Files and folders, as they were given.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The folder that was given for what the run leaves behind.
    pub(super) fn out(&self) -> Option<&Path> {
        self.out.as_deref()
    }

    /// What all cases of a run on such a board share.
    fn benches(
        &self,
        board: &BoardName,
        (runtime, real_cloud): (Option<Runtime>, Option<RealCloud>),
        variable: fn(&str) -> Option<String>,
    ) -> io::Result<Benches> {
        Ok(Benches {
            network: self.network.network(variable),
            board: board.clone(),
            real_cloud,
            made: AtomicU64::new(0),
            seed: self.seed,
            command: self.command.clone().map(|command| command.words),
            allow_run: self.prepare.allow_run(),
            things: std::env::current_exe()?,
            thing: self.thing_name.clone().unwrap_or_else(|| benches::THING_NAME.to_owned()),
            listening: None,
            runtime,
            again: self.again(),
        })
    }

    /// The words that make a run what it is, besides its files, board and seed.
    fn again(&self) -> CommandLine {
        let command = self.command.as_ref().map(|command| command.text.as_str());
        let line = CommandLine::default().value("--command", command);
        let line = line.value("--thing-name", self.thing_name.as_deref());
        let line = line.path("--inventory", self.known.inventory.inventory.as_deref());
        self.prepare.again(self.network.again(self.real_cloud.again(self.cloud, line)))
    }

    /// What a watcher looks at: scenarios, and the device's program and its arguments where they are files.
    pub(super) fn watched(&self) -> Vec<PathBuf> {
        let words = self.command.iter().flat_map(|command| &command.words).map(PathBuf::from);
        self.paths.iter().cloned().chain(words.filter(|word| word.is_file())).collect()
    }
}

/// Runs cases; returns the exit code.
pub(super) fn run<W: Write, E: Write>(
    args: &RunArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let interrupt = Interrupt::listen()?;
    if args.watch {
        return watch::run(args, (&interrupt, terminal));
    }
    run_once(args, &args.paths, (&interrupt, terminal))
}

/// Runs the cases of some files once; returns the exit code.
pub(super) fn run_once<W: Write, E: Write>(
    args: &RunArgs,
    paths: &[PathBuf],
    (interrupt, terminal): (&Interrupt, &mut Terminal<'_, W, E>),
) -> io::Result<u8> {
    let began = Instant::now();
    let on = match RunOn::of(&args.board) {
        Ok(on) => on,
        Err(why) => {
            writeln!(terminal.err, "error: {why}")?;
            return Ok(exit::USAGE);
        }
    };
    let cases = match selected(args, paths, terminal)? {
        Ok(cases) => cases,
        Err(code) => return Ok(code),
    };
    let runtime = on.name().is_in_real_time().then(Runtime::new).transpose()?;
    if runtime.is_none() && args.thing_name.is_some() {
        writeln!(terminal.err, "error: --thing-name is about a device in real time")?;
        writeln!(terminal.err, "help: on the simulated bench the thing is `thing-1`")?;
        return Ok(exit::USAGE);
    }
    let of_cloud = (args.cloud, args.thing_name.as_deref());
    let real_cloud = match args.real_cloud.of_run(of_cloud, runtime.as_ref(), terminal)? {
        Ok(real_cloud) => real_cloud,
        Err(code) => return Ok(code),
    };
    let known = match &on {
        RunOn::Bench(_) => None,
        RunOn::Lab(choice) => match lab::choose(choice, &args.known, terminal)? {
            Ok(boards) => Some(boards),
            Err(code) => return Ok(code),
        },
    };
    let dir = RunDir::create(args.out.clone().unwrap_or_else(default_out))?;
    let began_at = Some(jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let benches = args.benches(&on.name(), (runtime, real_cloud), terminal.variable)?;
    let place = (&dir, &benches);
    let cases = run_cases(args, &cases, (place, &on, known), (interrupt, terminal))?;
    // In whole microseconds, as it is kept, so that reports written later say the same.
    let wall = Moment::at(began.elapsed()).since_start();
    let report = RunReport { began_at, wall, cases };
    dir.write_run(&report)?;
    args.reports.write(&report, terminal)?;
    let summary = Summary::of(&report.cases);
    let flaky = report.cases.iter().filter(|case| case.is_flaky()).count();
    let code = match summary.exit_code() {
        exit::PASSED if flaky > 0 && args.retry.flaky_fails() => exit::FIRMWARE,
        code => code,
    };
    if code != exit::PASSED {
        writeln!(terminal.out, "run directory: {}", dir.path().display())?;
    }
    write!(terminal.out, "{}", human::boards_aside(&report, terminal.style))?;
    if flaky > 0 {
        writeln!(terminal.out, "{flaky} of those that passed did so at a later attempt: flaky")?;
    }
    writeln!(terminal.out, "{}", summary.line(report.wall))?;
    Ok(code)
}

/// The cases that are to run, ready; the exit code of a run that has none.
fn selected<W: Write, E: Write>(
    args: &RunArgs,
    paths: &[PathBuf],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Vec<Case>, u8>> {
    let files = match files::read(paths, terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(Err(code)),
    };
    if files::draw_problems(&files, terminal)? {
        writeln!(terminal.err, "error: nothing was run, since not every file can be read")?;
        return Ok(Err(exit::BAD_SCENARIO));
    }
    if args.deny.is_some() && files.iter().any(|file| !file.parsed.problems.is_empty()) {
        writeln!(
            terminal.err,
            "error: nothing was run, since --deny warnings does not let these pass"
        )?;
        return Ok(Err(exit::BAD_SCENARIO));
    }
    let cases = args.select.select(files::cases(files), args.out.as_deref());
    if cases.is_empty() {
        writeln!(terminal.err, "error: nothing was selected")?;
        writeln!(terminal.err, "help: `shadowrig list` shows what there is")?;
        return Ok(Err(exit::NOTHING_SELECTED));
    }
    args.prepare.prepare(cases, terminal)
}

fn run_cases<W: Write, E: Write>(
    args: &RunArgs,
    cases: &[Case],
    ((dir, benches), on, known): ((&RunDir, &Benches), &RunOn, Option<Vec<Known>>),
    (interrupt, terminal): (&Interrupt, &mut Terminal<'_, W, E>),
) -> io::Result<Vec<CaseReport>> {
    let lab = known.map(|boards| {
        let run = dir.path().display().to_string();
        let taken = (on.to_string(), args.known.wait_board);
        let settings = lab::Settings::new(&run, taken, terminal.variable);
        Lab::new(boards, cases, benches, settings)
    });
    for note in lab.iter().flat_map(Lab::notes) {
        writeln!(terminal.err, "note: {note}")?;
    }
    let rig_errors = match benches.runtime {
        Some(_) => RigErrors::MayPass,
        None => RigErrors::Stay,
    };
    let in_turn = InTurn::new(cases.len());
    let suits = || lab.as_ref().map_or_else(|| on.name().default_jobs(), Lab::size);
    let schedule = Schedule {
        jobs: match benches.real_cloud {
            // One after another: a thing is one device's, and the account has its quotas.
            Some(_) => 1,
            None => args.jobs.map_or_else(suits, usize::from),
        },
        queue: lab.as_ref().map_or(&in_turn as &dyn Queue, |lab| lab),
        on_failure: if args.fail_fast { OnFailure::Stop } else { OnFailure::GoOn },
        interrupted: &interrupt.wanted,
        run: &|task, case, tell| {
            let folder = dir.case_path(task.number, &case.plan.name);
            args.retry.run(case, rig_errors, &mut |attempt| {
                run_one((benches, lab.as_ref()), (task, case, attempt), (&folder, interrupt), tell)
            })
        },
    };
    let mut told = Told { args, dir, reports: Vec::new(), terminal };
    let mut rest = told.run(cases, &schedule)?;
    // A run that ended early still tells of each case, so that numbers and folders go together.
    for (number, case) in cases.iter().enumerate().skip(told.reports.len()) {
        let verdict = match interrupt.is_wanted() {
            true => Verdict::Interrupted,
            false => Verdict::Skipped { reason: NOT_BEGUN.to_owned() },
        };
        let report = rest
            .remove(&number)
            .unwrap_or_else(|| benches::not_begun(case, on.to_string(), verdict));
        dir.write_case(number, &report)?;
        write_case(&report, told.terminal)?;
        told.reports.push(report);
    }
    Ok(told.reports)
}

/// One attempt of a case, and what it says about its board.
fn run_one(
    (benches, lab): (&Benches, Option<&Lab<'_>>),
    (task, case, attempt): (&Task, &Case, u64),
    (folder, interrupt): (&Path, &Interrupt),
    tell: &mut dyn FnMut(Update),
) -> CaseReport {
    let seat = match &task.on {
        On::Board(seat) => Some(seat),
        On::Bench | On::Nothing(_) => None,
    };
    let known = seat.map(|seat| seat.known.as_ref());
    let place = (folder, interrupt.wanted.as_ref());
    let mut report = benches.run((case, attempt), known, place, &mut |engine| {
        if let Some((at, of, title)) = engine.at_step() {
            tell(Update::At(task.number, at, of, case.plan.mask.text(title)));
        }
    });
    if let (Some(lab), Some(seat)) = (lab, seat) {
        report.aside = lab.judge(task.number, seat, &report);
    }
    report
}

/// What is told while cases run, and their reports in order.
struct Told<'a, 'b, 'c, W: Write, E: Write> {
    args: &'a RunArgs,
    dir: &'a RunDir,
    reports: Vec<CaseReport>,
    terminal: &'b mut Terminal<'c, W, E>,
}

impl<W: Write, E: Write> Told<'_, '_, '_, W, E> {
    /// Runs all cases; gives the reports whose turn has not come, since the run ended before.
    fn run(
        &mut self,
        cases: &[Case],
        schedule: &Schedule<'_>,
    ) -> io::Result<BTreeMap<usize, CaseReport>> {
        let mut progress = Progress::new(self.terminal.live);
        let mut in_order = InOrder::default();
        let mut written = Ok(());
        scheduler::run_all(cases, schedule, &mut |update| {
            let number = match &update {
                Update::Began(number)
                | Update::At(number, ..)
                | Update::Moved(number)
                | Update::Over(number, _) => Some(*number),
                Update::Note(_) => None,
            };
            let case = number.and_then(|number| cases.get(number));
            progress.update(&update, case.map_or("", |case| &case.plan.name));
            let result = match update {
                Update::Over(number, report) => {
                    let ready = in_order.take(number, *report);
                    ready.into_iter().try_for_each(|report| self.over(report, &progress))
                }
                Update::Note(text) => progress.suspend(|| {
                    writeln!(self.terminal.err, "note: {text}")?;
                    self.terminal.err.flush()
                }),
                Update::Began(_) | Update::At(..) | Update::Moved(_) => Ok(()),
            };
            if written.is_ok() {
                written = result;
            }
        });
        written.map(|()| in_order.rest())
    }

    fn over(&mut self, report: CaseReport, progress: &Progress) -> io::Result<()> {
        let number = self.reports.len();
        let stored = self.args.prepare.store(&report);
        let result = stored
            .and_then(|()| self.dir.write_case(number, &report))
            .and_then(|()| progress.suspend(|| write_case(&report, self.terminal)));
        self.reports.push(report);
        result
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
