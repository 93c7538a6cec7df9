//! `shadowrig report`: what runs left behind, shown again or joined.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::reports::ReportArgs;
use super::run::write_case;
use super::run_dir::{self, ReadRun, RunDir, default_out};
use super::{Terminal, exit};
use crate::report::{CaseReport, RunReport, summary::Summary};

/// The words behind `shadowrig report`.
#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// Show a run again, or write reports of it; ends with 0 whatever the run's verdict.
    Show {
        /// The run directory.
        #[arg(value_name = "RUN_DIR")]
        dir: PathBuf,
        #[command(flatten)]
        reports: ReportArgs,
    },
    /// Join run directories to a new one; ends with 0 whatever the runs' verdicts.
    Merge {
        /// The run directories, in the order that their cases will have.
        #[arg(required = true, value_name = "RUN_DIR")]
        dirs: Vec<PathBuf>,
        /// The new run directory; it must not exist, or be empty [default: target/shadowrig/<run>].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        #[command(flatten)]
        reports: ReportArgs,
    },
}

/// Shows or joins; returns the exit code.
pub(super) fn report<W: Write, E: Write>(
    command: &ReportCommand,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    match command {
        ReportCommand::Show { dir, reports } => show(dir, reports, terminal),
        ReportCommand::Merge { dirs, out, reports } => {
            let out = out.clone().unwrap_or_else(default_out);
            merge(dirs, &out, reports, terminal)
        }
    }
}

fn show<W: Write, E: Write>(
    dir: &Path,
    reports: &ReportArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let Some(run) = read(dir, terminal)? else { return Ok(exit::USAGE) };
    if !reports.is_empty() {
        reports.write(&run.report, terminal)?;
        return Ok(exit::PASSED);
    }
    for case in &run.report.cases {
        write_case(case, terminal)?;
    }
    writeln!(terminal.out, "{}", Summary::of(&run.report.cases).line(run.report.wall))?;
    Ok(exit::PASSED)
}

fn merge<W: Write, E: Write>(
    dirs: &[PathBuf],
    out: &Path,
    reports: &ReportArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    if let Some(why) = obstacle(dirs, out)? {
        writeln!(terminal.err, "error: {why}")?;
        return Ok(exit::USAGE);
    }
    let mut runs = Vec::new();
    for dir in dirs {
        let Some(run) = read(dir, terminal)? else { return Ok(exit::USAGE) };
        runs.push(run);
    }
    name_duplicates(dirs, &mut runs);
    let folders: Vec<PathBuf> = runs.iter().flat_map(|run| run.folders.clone()).collect();
    let joined = join(runs);
    let dir = RunDir::create(out.to_owned())?;
    for (number, (case, folder)) in joined.cases.iter().zip(&folders).enumerate() {
        copy(folder, &dir.case_path(number, &case.plan.name))?;
        dir.write_case(number, case)?;
    }
    dir.write_run(&joined)?;
    reports.write(&joined, terminal)?;
    writeln!(terminal.out, "run directory: {}", dir.path().display())?;
    writeln!(terminal.out, "{}", Summary::of(&joined.cases).line(joined.wall))?;
    Ok(exit::PASSED)
}

/// A run; `None` when it cannot be read, and then the reason is written.
pub(super) fn read<W: Write, E: Write>(
    dir: &Path,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Option<ReadRun>> {
    match run_dir::read(dir) {
        Ok(run) => {
            if !run.is_complete {
                let dir = dir.display();
                writeln!(terminal.err, "warning: the run in {dir} did not come to its end")?;
            }
            Ok(Some(run))
        }
        Err(error) => {
            writeln!(terminal.err, "error: {error}\nhelp: {}", error.help())?;
            Ok(None)
        }
    }
}

/// Why these cannot be joined, with what to do next.
fn obstacle(dirs: &[PathBuf], out: &Path) -> io::Result<Option<String>> {
    let is_used = match fs::read_dir(out) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
        Err(error) => return Err(error),
    };
    if is_used {
        let out = out.display();
        return Ok(Some(format!(
            "{out} is there already, and nothing is overwritten\nhelp: name a new folder by --out"
        )));
    }
    let mut seen: BTreeMap<PathBuf, &Path> = BTreeMap::new();
    for dir in dirs {
        // A folder that is not there is told about when it is read.
        let Ok(real) = fs::canonicalize(dir) else { continue };
        if let Some(first) = seen.insert(real, dir) {
            let (first, dir) = (first.display(), dir.display());
            return Ok(Some(format!(
                "{dir} and {first} are the same folder\nhelp: name each run directory once"
            )));
        }
    }
    Ok(None)
}

/// Gives cases that several of the runs have the names of their runs.
fn name_duplicates(dirs: &[PathBuf], runs: &mut [ReadRun]) {
    let key = |case: &CaseReport| (case.plan.file.clone(), case.title());
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for run in runs.iter() {
        let of_run: BTreeSet<_> = run.report.cases.iter().map(key).collect();
        for case in of_run {
            *counts.entry(case).or_default() += 1;
        }
    }
    let names: Vec<_> = dirs.iter().map(|dir| run_name(dir, dirs)).collect();
    for (run, name) in runs.iter_mut().zip(names) {
        for case in &mut run.report.cases {
            if counts.get(&key(case)).is_some_and(|runs| *runs > 1) {
                case.origin = Some(match case.origin.take() {
                    None => name.clone(),
                    Some(inner) => format!("{name}/{inner}"),
                });
            }
        }
    }
}

/// The last part of a run directory's path; all of it where another one ends the same way.
fn run_name(dir: &Path, dirs: &[PathBuf]) -> String {
    let same_end = dirs.iter().filter(|other| other.file_name() == dir.file_name()).count();
    match dir.file_name() {
        Some(name) if same_end == 1 => name.to_string_lossy().into_owned(),
        Some(_) | None => dir.display().to_string(),
    }
}

fn join(runs: Vec<ReadRun>) -> RunReport {
    let began_at = runs.iter().filter_map(|run| run.report.began_at.clone()).min();
    let wall = runs.iter().map(|run| run.report.wall).sum();
    let cases = runs.into_iter().flat_map(|run| run.report.cases).collect();
    RunReport { began_at, wall, cases }
}

/// Copies the files of a folder, those of its folders too; links are left out.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (kind, to) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
