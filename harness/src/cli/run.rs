//! `shadowrig run`: files in, verdicts out.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::files::{self, Case};
use super::run_dir::RunDir;
use super::{Terminal, exit};
use crate::drive::Bench;
use crate::drive::sim::SimBench;
use crate::drive::virtual_time;
use crate::engine::{Log, Outcome, Verdict};
use crate::report::{CaseReport, Status, human, junit, summary::Summary};

/// The words behind `shadowrig run`.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Files, or folders with .yaml files in them.
    #[arg(default_value = "scenarios")]
    paths: Vec<PathBuf>,
    /// What to run on: `sim`, `process`.
    #[arg(long, default_value = "sim", value_name = "NAME")]
    board: String,
    /// Where chance comes from; equal seeds give equal runs in virtual time.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Write a report: junit=PATH. May be given several times.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    report: Vec<(Format, PathBuf)>,
    /// Only cases whose name or file has this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only cases with this tag. May be given several times; one of them is enough.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Stop behind the first case that fails.
    #[arg(long)]
    fail_fast: bool,
    /// The folder for what the run leaves behind.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Junit,
}

fn parse_report(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=PATH, as junit=report.xml")?;
    match format {
        "junit" => Ok((Format::Junit, PathBuf::from(path))),
        _ => Err(format!("no report format is called `{format}`; there is junit")),
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
    let cases: Vec<Case> =
        files::cases(files).into_iter().filter(|case| is_wanted(args, case)).collect();
    if cases.is_empty() {
        writeln!(terminal.err, "error: nothing was selected")?;
        writeln!(terminal.err, "help: `shadowrig list` shows what there is")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    let dir = RunDir::create(args.out.clone().unwrap_or_else(default_out))?;
    let mut reports: Vec<CaseReport> = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        let report = run_case(args, case);
        dir.write_case(number, &report)?;
        writeln!(terminal.out, "{}", human::line(&report, terminal.style))?;
        if matches!(report.status(), Status::Fail | Status::Error) {
            writeln!(terminal.out, "\n{}", human::failure(&report, terminal.style))?;
        }
        let stop = args.fail_fast && matches!(report.status(), Status::Fail | Status::Error);
        reports.push(report);
        if stop {
            break;
        }
    }
    dir.write_junit(&reports)?;
    for (Format::Junit, path) in &args.report {
        std::fs::write(path, junit::render(&reports).map_err(io::Error::other)?)?;
    }
    let summary = Summary::of(&reports);
    if summary.exit_code() != exit::PASSED {
        writeln!(terminal.out, "run directory: {}", dir.path().display())?;
    }
    writeln!(terminal.out, "{}", summary.line(began.elapsed()))?;
    Ok(summary.exit_code())
}

fn is_wanted(args: &RunArgs, case: &Case) -> bool {
    let plan = &case.plan;
    let named = args
        .filter
        .as_ref()
        .is_none_or(|text| plan.name.contains(text) || plan.file.contains(text));
    named && (args.tag.is_empty() || args.tag.iter().any(|tag| plan.tags.contains(tag)))
}

fn run_case(args: &RunArgs, case: &Case) -> CaseReport {
    let began = Instant::now();
    let mut bench = SimBench::new(args.seed);
    let facts = bench.facts();
    let outcome = match facts.misses(&case.plan) {
        Some(reason) => Outcome {
            verdict: Verdict::Skipped { reason },
            steps: Vec::new(),
            log: Log::default(),
            took: Duration::ZERO,
        },
        None => virtual_time::run(case.plan.clone(), &mut bench),
    };
    CaseReport {
        plan: case.plan.clone(),
        source: case.text.clone(),
        board: facts.board,
        outcome,
        wall: began.elapsed(),
    }
}

/// `target/shadowrig/<time>`, a new one each time.
fn default_out() -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
    PathBuf::from("target/shadowrig").join(now)
}
