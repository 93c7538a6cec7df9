//! `shadowrig list`: what would run, and where.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;

use clap::Args;
use serde_json::json;

use super::again::CommandLine;
use super::benches::{self, Benches};
use super::board_name::{RunOn, Wanted};
use super::files::Case;
use super::known::{Known, KnownArgs};
use super::{Terminal, exit, files, lab};
use crate::engine::ActionError;

/// The words behind `shadowrig list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Files, or folders.
    #[arg(default_value = "scenarios")]
    paths: Vec<PathBuf>,
    /// As JSON, for the matrix of a CI job.
    #[arg(long)]
    json: bool,
    /// Say too where each case would run, or why it would be skipped: what `run --board` takes. No board is touched.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', value_parser = Wanted::parse)]
    board: Vec<Wanted>,
    /// As if programs might be run on this machine (`run:`); none is.
    #[arg(long)]
    allow_run: bool,
    #[command(flatten)]
    known: KnownArgs,
}

/// Where a case would run: the names of the boards that fit, or why none does.
type Where = Result<Vec<String>, String>;

/// Lists cases; returns the exit code.
pub(super) fn list<W: Write, E: Write>(
    args: &ListArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let files = match files::read(&args.paths, terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    if files::draw_problems(&files, terminal)? {
        return Ok(exit::BAD_SCENARIO);
    }
    let cases = files::cases(files);
    let places = match places(args, &cases, terminal)? {
        Ok(places) => places,
        Err(code) => return Ok(code),
    };
    match args.json {
        true => writeln!(terminal.out, "{}", as_json(&cases, &places))?,
        false => {
            for (index, case) in cases.iter().enumerate() {
                writeln!(terminal.out, "{}", line(case, places.get(index)))?;
            }
        }
    }
    if cases.is_empty() {
        writeln!(terminal.err, "error: no scenario files found")?;
        writeln!(terminal.err, "help: name scenario files, or folders with .yaml files in them")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    Ok(exit::PASSED)
}

fn line(case: &Case, place: Option<&Where>) -> String {
    let plan = &case.plan;
    let tags: Vec<_> = plan.tags.iter().map(|tag| format!("#{tag}")).collect();
    let line = format!("{}  {}  {}", plan.file, plan.name, tags.join(" "));
    let place = match place {
        None => plan.unmet.iter().map(|reason| format!("  skipped: {reason}")).collect(),
        Some(Ok(boards)) => format!("  on {}", boards.join(", ")),
        Some(Err(reason)) => format!("  skipped: {reason}"),
    };
    format!("{}{place}", line.trim_end())
}

fn as_json(cases: &[Case], places: &[Where]) -> serde_json::Value {
    let case = |(index, case): (usize, &Case)| {
        let plan = &case.plan;
        let mut value = json!({
            "name": plan.name, "file": plan.file, "tags": plan.tags, "image": plan.firmware.image,
            "chip": plan.board.chips, "needs": plan.board.needs,
            "labels": plan.board.labels, "same": plan.board.same,
        });
        if let Some(reason) = &plan.unmet {
            value["skip"] = json!(reason);
        }
        if let Some(place) = places.get(index) {
            value["boards"] = json!(place.as_deref().unwrap_or_default());
            value["skip"] = json!(place.as_ref().err());
        }
        value
    };
    // The files on their own, each once: a CI job for each is a matrix over them.
    let mut files: Vec<_> = cases.iter().map(|case| case.plan.file.as_str()).collect();
    files.dedup();
    json!({ "cases": cases.iter().enumerate().map(case).collect::<Vec<_>>(), "files": files })
}

/// Where each case would run; nothing where nobody asked.
fn places<W: Write, E: Write>(
    args: &ListArgs,
    cases: &[Case],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Vec<Where>, u8>> {
    if args.board.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let on = match RunOn::of(&args.board) {
        Ok(on) => on,
        Err(why) => {
            writeln!(terminal.err, "error: {why}")?;
            return Ok(Err(exit::USAGE));
        }
    };
    let board = on.name();
    let runtime = match board.is_in_real_time() {
        true => Some(tokio::runtime::Runtime::new()?),
        false => None,
    };
    let benches = Benches {
        network: super::told::Network::default(),
        board,
        real_cloud: None,
        made: AtomicU64::new(0),
        seed: 0,
        command: None,
        allow_run: args.allow_run,
        things: std::env::current_exe()?,
        thing: benches::THING_NAME.to_owned(),
        listening: None,
        runtime,
        again: CommandLine::default(),
    };
    let RunOn::Lab(choice) = &on else {
        return match of_bench(&benches, cases) {
            Ok(places) => Ok(Ok(places)),
            Err(error) => {
                writeln!(terminal.err, "error: {error}")?;
                Ok(Err(exit::RIG))
            }
        };
    };
    let boards = match lab::choose(choice, &args.known, terminal)? {
        Ok(boards) => boards,
        Err(code) => return Ok(Err(code)),
    };
    let boards: Vec<&Known> = boards.iter().collect();
    let names = |fit: Vec<usize>| {
        let fit = fit.into_iter().filter_map(|index| boards.get(index));
        fit.map(|known| known.board.name.clone()).collect()
    };
    let place = |case: &Case| lab::fits(&boards, &case.plan, &benches).map(names);
    Ok(Ok(cases.iter().map(place).collect()))
}

/// Where cases would run that all have the same bench.
fn of_bench(benches: &Benches, cases: &[Case]) -> Result<Vec<Where>, ActionError> {
    let Some(first) = cases.first() else { return Ok(Vec::new()) };
    let facts = benches.facts_of_bench(&first.plan)?;
    let place = |case: &Case| {
        let reason =
            facts.misses(&case.plan).or_else(|| benches.unreachable_fault(None, &case.plan));
        reason.map_or_else(|| Ok(vec![facts.board.clone()]), Err)
    };
    Ok(cases.iter().map(place).collect())
}
