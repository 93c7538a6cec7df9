//! `shadowrig explore`: one good cycle, and all the bad ones.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use super::board_name::BoardName;
use super::{Terminal, exit, files};
use crate::drive::sim::device;
use crate::explore::sweep::NotExplored;
use crate::explore::{Sweep, matrix, sweep};

/// The words behind `shadowrig explore`.
#[derive(Debug, Args)]
pub(super) struct ExploreArgs {
    /// A scenario that passes; of a matrix the first row.
    scenario: PathBuf,
    /// What to run on; only `sim` can be explored.
    #[arg(long, default_value = "sim", value_name = "NAME", value_parser = BoardName::parse)]
    board: BoardName,
    /// Where chance comes from; equal seeds give equal sweeps.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// The folder for a scenario for each combination that breaks an invariant.
    #[arg(long, default_value = "target/shadowrig/explore", value_name = "DIR")]
    out: PathBuf,
}

/// Explores a scenario; returns the exit code.
pub(super) fn explore<W: Write, E: Write>(
    args: &ExploreArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    if args.board != BoardName::Sim {
        writeln!(
            terminal.err,
            "error: {} cannot be explored: a sweep repeats the run some hundred times, at the speed of the device",
            args.board
        )?;
        writeln!(
            terminal.err,
            "help: explore on sim, and run what it writes out with `run --board {}`",
            args.board
        )?;
        return Ok(exit::USAGE);
    }
    let began = Instant::now();
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
    let swept = match sweep(&case.plan, args.seed, device::thing) {
        Ok(swept) => swept,
        Err(error) => return refuse(&error, &args.scenario, terminal),
    };
    write!(terminal.out, "{}", matrix::words(&swept))?;
    write_out(&swept, &args.out, terminal)?;
    writeln!(terminal.out, "{}", matrix::last_line(&swept, began.elapsed()))?;
    Ok(if swept.failures.is_empty() { exit::PASSED } else { exit::FIRMWARE })
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
            (reason.clone(), "explore a scenario that runs on sim".to_owned(), exit::USAGE)
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
