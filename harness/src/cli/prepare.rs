//! What cases need beside their files: secrets, stored snapshots, and the word that they may run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;

use super::again::CommandLine;
use super::files::Case;
use super::{Terminal, exit};
use crate::engine::Event;
use crate::report::CaseReport;
use crate::scenario::plan::Plan;
use crate::scenario::secrets::{LENGTH_MIN, Mask};
use crate::scenario::snapshots::{SnapshotMode, Snapshots};

/// The folder beside a scenario that holds its snapshots.
const FOLDER: &str = "__snapshots__";

/// The words that say what cases may use.
#[derive(Debug, Default, Args)]
pub(super) struct PrepareArgs {
    /// Let scenarios run programs on this machine (`run:`). A scenario can then do whatever you can.
    #[arg(long)]
    allow_run: bool,
    /// Values of secrets, a `NAME=value` a line; they go before the variables of the environment.
    #[arg(long, value_name = "FILE")]
    secrets_file: Option<PathBuf>,
    /// Store what `snapshot:` sees. Look at the difference before you commit it. Refused where the variable CI is set.
    #[arg(long)]
    update_snapshots: bool,
    /// Run cases that are in quarantine too.
    #[arg(long)]
    run_quarantined: bool,
    /// Names of cases that are not to count for now, one a line, `#` begins a comment; they are skipped.
    #[arg(long, value_name = "FILE")]
    quarantine: Option<PathBuf>,
}

impl PrepareArgs {
    /// Whether scenarios may run programs.
    pub(super) const fn allow_run(&self) -> bool {
        self.allow_run
    }

    /// The words that a run must have again.
    pub(super) fn again(&self, line: CommandLine) -> CommandLine {
        line.flag("--allow-run", self.allow_run)
            .path("--secrets-file", self.secrets_file.as_deref())
            .flag("--run-quarantined", self.run_quarantined)
    }

    /// Gives cases what they need.
    ///
    /// # Errors
    ///
    /// The exit code when a file cannot be read, or when snapshots are to be written in CI; the reason is written.
    pub(super) fn prepare<W: Write, E: Write>(
        &self,
        cases: Vec<Case>,
        terminal: &mut Terminal<'_, W, E>,
    ) -> io::Result<Result<Vec<Case>, u8>> {
        let in_ci =
            (terminal.variable)("CI").is_some_and(|ci| !matches!(ci.as_str(), "" | "false"));
        if self.update_snapshots && in_ci {
            writeln!(terminal.err, "error: snapshots are not written in CI")?;
            writeln!(
                terminal.err,
                "help: run with --update-snapshots at your desk, and commit what it wrote"
            )?;
            return Ok(Err(exit::USAGE));
        }
        let mut files = BTreeMap::new();
        for path in [&self.secrets_file, &self.quarantine].into_iter().flatten() {
            match fs::read_to_string(path) {
                Ok(text) => drop(files.insert(path, text)),
                Err(error) => {
                    writeln!(terminal.err, "error: failed to read {}: {error}", path.display())?;
                    return Ok(Err(exit::USAGE));
                }
            }
        }
        let text = |path: &Option<PathBuf>| path.as_ref().and_then(|path| files.get(path));
        let secrets = text(&self.secrets_file).map_or("", String::as_str);
        let quarantined = text(&self.quarantine).map_or("", String::as_str);
        let prepared = cases.into_iter().map(|case| {
            let mut plan = Plan::clone(&case.plan);
            give_secrets(&mut plan, |name| {
                secret(secrets, name).or_else(|| (terminal.variable)(name))
            });
            self.give_snapshots(&mut plan);
            if !self.run_quarantined {
                keep_in_quarantine(&mut plan, quarantined);
            }
            Case { plan: Arc::new(plan), ..case }
        });
        Ok(Ok(prepared.collect()))
    }

    fn give_snapshots(&self, plan: &mut Plan) {
        let mode = if self.update_snapshots { SnapshotMode::Update } else { SnapshotMode::Check };
        let takes_any = plan.all_steps().iter().any(|step| step.verb == "snapshot");
        let stored = if takes_any { read_stored(&plan.file) } else { BTreeMap::new() };
        plan.snapshots = Snapshots { stored, mode };
    }

    /// Stores the snapshots that a case took, where that was asked for.
    pub(super) fn store(&self, case: &CaseReport) -> io::Result<()> {
        if !self.update_snapshots {
            return Ok(());
        }
        for entry in case.outcome.log.entries() {
            let Event::Snapshot { name, text } = &entry.event else { continue };
            store_snapshot(&case.plan.file, name, text)?;
        }
        Ok(())
    }
}

/// Stores a snapshot of a scenario's file.
pub(super) fn store_snapshot(file: &str, name: &str, text: &str) -> io::Result<()> {
    let path = path(file, name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// The value of a secret in a file of `NAME=value` lines.
fn secret(text: &str, name: &str) -> Option<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let mut pairs = lines.filter_map(|line| line.split_once('='));
    pairs.find(|(known, _)| known.trim() == name).map(|(_, value)| value.trim().to_owned())
}

fn give_secrets(plan: &mut Plan, value: impl Fn(&str) -> Option<String>) {
    let mut values = Vec::new();
    for name in plan.secrets.clone() {
        let help = format!("set the variable {name}, or name it in --secrets-file");
        let reason = match value(&name) {
            None => format!("the case needs the secret {name}: {help}"),
            Some(value) if value.len() < LENGTH_MIN => {
                format!(
                    "the secret {name} is too short to be masked: it needs {LENGTH_MIN} characters"
                )
            }
            Some(value) => {
                plan.variables.insert(format!("secrets.{name}"), Value::String(value.clone()));
                values.push(value);
                continue;
            }
        };
        plan.unmet.get_or_insert(reason);
    }
    plan.mask = Mask::new(values.iter().map(String::as_str));
}

fn keep_in_quarantine(plan: &mut Plan, list: &str) {
    let names = list.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let listed = || names.filter(|name| !name.is_empty()).any(|name| name == plan.name);
    let reason = match &plan.quarantine {
        Some(reason) => reason.clone(),
        None if listed() => "it is on the list".to_owned(),
        None => return,
    };
    plan.unmet = Some(format!("in quarantine: {reason}"));
}

/// Where a snapshot is stored: beside the scenario, with the scenario's name before its own.
fn path(file: &str, name: &str) -> PathBuf {
    let file = Path::new(file);
    let stem =
        file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    file.with_file_name(FOLDER).join(format!("{stem}.{name}.json"))
}

/// All snapshots of a scenario, by their names.
fn read_stored(file: &str) -> BTreeMap<String, String> {
    let sample = path(file, "");
    let (Some(folder), Some(stem)) = (sample.parent(), Path::new(file).file_stem()) else {
        return BTreeMap::new();
    };
    let prefix = format!("{}.", stem.to_string_lossy());
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = name.strip_prefix(&prefix)?.strip_suffix(".json")?.to_owned();
            Some((name, fs::read_to_string(entry.path()).ok()?))
        })
        .collect()
}
