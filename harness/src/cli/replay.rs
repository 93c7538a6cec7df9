//! `shadowrig replay`: a recorded device against the cloud as it is now.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Terminal, exit, files, report};
use crate::engine::Log;
use crate::replay::{Replayed, replay as play, to_json, told};
use crate::report::events;
use crate::scenario::plan::Plan;

/// The words behind `shadowrig replay`.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// What was recorded: a run directory, as of `record` or `run`, or the `events.jsonl` of a case.
    #[arg(value_name = "RUN_DIR|EVENTS")]
    recording: PathBuf,
    /// Only cases whose names hold this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Begin with what the shadows of this scenario hold, instead of what they held then.
    #[arg(long, value_name = "SCENARIO")]
    scenario: Option<PathBuf>,
    /// What became of each request as JSON, for scripts; see docs/record.md.
    #[arg(long)]
    json: bool,
}

/// Replays; ends with 0 if no answer differs.
pub(super) fn replay<W: Write, E: Write>(
    args: &ReplayArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let plan = match &args.scenario {
        None => None,
        Some(path) => match scenario(path, terminal)? {
            Ok(plan) => Some(plan),
            Err(code) => return Ok(code),
        },
    };
    let Some(mut logs) = logs(&args.recording, terminal)? else { return Ok(exit::USAGE) };
    logs.retain(|(name, _)| args.filter.as_ref().is_none_or(|text| name.contains(text)));
    if logs.is_empty() {
        writeln!(terminal.err, "error: no case of the recording was selected")?;
        writeln!(terminal.err, "help: `shadowrig report show` says what there is")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    let (mut equal, mut different, mut not) = (0, 0, 0);
    let mut why_not = Vec::new();
    let mut is_refused = false;
    let mut cases = Vec::new();
    for (name, log) in &logs {
        let replayed = play(log, plan.as_ref().map(|plan| &plan.shadows));
        match args.json {
            true => cases.push(to_json(name, &replayed)),
            false => show(name, &replayed, terminal)?,
        }
        let counts = replayed.counts();
        (equal, different, not) = (equal + counts.0, different + counts.1, not + counts.2);
        why_not.extend(Some(replayed.why_not()).filter(|words| !words.is_empty()));
        is_refused |= !replayed.refused.is_empty();
    }
    let is_same = different == 0 && !is_refused;
    let code = if is_same { exit::PASSED } else { exit::FIRMWARE };
    if args.json {
        let counts = json!({ "equal": equal, "different": different, "not_compared": not });
        let whole = json!({ "version": 1, "is_same": is_same, "counts": counts, "cases": cases });
        writeln!(terminal.out, "{whole}")?;
        return Ok(code);
    }
    let why = if why_not.is_empty() { String::new() } else { format!(" ({})", why_not.join("; ")) };
    writeln!(
        terminal.out,
        "{equal} answers equal, {different} different, {not} not compared{why}"
    )?;
    Ok(code)
}

fn show<W: Write, E: Write>(
    name: &str,
    replayed: &Replayed,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<()> {
    let text = told(replayed);
    if text.is_empty() {
        return Ok(());
    }
    writeln!(terminal.out, "{name}\n{text}")
}

/// The logs of a recording, each with the name of its case; `None` if it cannot be read, and then the reason is written.
fn logs<W: Write, E: Write>(
    recording: &Path,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Option<Vec<(String, Log)>>> {
    let single = recording.join("events.jsonl");
    let file = if single.is_file() { single } else { recording.to_owned() };
    if !file.is_file() {
        let run = report::read(recording, terminal)?;
        let cases = run.map(|run| run.report.cases.into_iter());
        return Ok(
            cases.map(|cases| cases.map(|case| (case.plan.name, case.outcome.log)).collect())
        );
    }
    let name = file.display();
    let parsed = match fs::read_to_string(&file) {
        Ok(text) => events::parse(&text).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match parsed {
        Ok(log) => Ok(Some(vec![(name.to_string(), log)])),
        Err(error) => {
            writeln!(terminal.err, "error: failed to read {name}: {error}")?;
            writeln!(
                terminal.err,
                "help: name a run directory, or the events.jsonl of a case in it"
            )?;
            Ok(None)
        }
    }
}

fn scenario<W: Write, E: Write>(
    path: &PathBuf,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<std::sync::Arc<Plan>, u8>> {
    let files = match files::read(std::slice::from_ref(path), terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(Err(code)),
    };
    if files::draw_problems(&files, terminal)? {
        return Ok(Err(exit::BAD_SCENARIO));
    }
    match files::cases(files).into_iter().next() {
        Some(case) => Ok(Ok(case.plan)),
        None => {
            writeln!(terminal.err, "error: there is no scenario in {}", path.display())?;
            writeln!(terminal.err, "help: name a scenario file")?;
            Ok(Err(exit::USAGE))
        }
    }
}
