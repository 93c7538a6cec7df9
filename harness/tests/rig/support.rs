//! What several tests of the rig need.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use shadowrig::diagnostics::{self, Source, Style};
use shadowrig::drive::sim::SimBench;
use shadowrig::drive::virtual_time;
use shadowrig::engine::Outcome;
use shadowrig::report::CaseReport;
use shadowrig::scenario::{self, plan::Plan};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The scenario files of a folder below the root and of those in it, in order, each with its name and text.
pub(crate) fn files(folder: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            match path.extension() {
                Some(end) if end == "yaml" => paths.push(path),
                None if path.is_dir() => folders.push(path),
                _ => {}
            }
        }
    }
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has scenarios");
    paths
        .into_iter()
        .map(|path| {
            let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("it can be read"))
        })
        .collect()
}

/// Reads a text; files that it includes are found from a folder of fixtures.
pub(crate) fn parse(text: &str, file: &str) -> scenario::Parsed {
    let folder = root().join("fixtures/scenarios/passing");
    let mut load =
        |path: &str| fs::read_to_string(folder.join(path)).map_err(|_| "no such file".to_owned());
    scenario::parse_with(text, file, &mut load)
}

/// Draws all problems of a text that was read.
pub(crate) fn problems(parsed: &scenario::Parsed) -> Vec<String> {
    let draw = |found: &scenario::problem::Problem| {
        let source = &parsed.sources[found.span.file];
        let source = Source { path: &source.path, text: &source.text };
        diagnostics::problem(source, found, Style::Plain)
    };
    parsed.problems.iter().map(draw).collect()
}

/// Runs all cases of a text on the simulated bench.
pub(crate) fn run(text: &str, file: &str, seed: u64) -> Vec<CaseReport> {
    let parsed = parse(text, file);
    assert!(parsed.is_good(), "{file}: {:?}", parsed.problems);
    parsed
        .plans
        .into_iter()
        .map(|mut plan| {
            plan.snapshots.stored = stored_snapshots(file);
            let plan = Arc::new(plan);
            let outcome = virtual_time::run(plan.clone(), &mut SimBench::new(seed).for_plan(&plan));
            let command = format!("shadowrig run {file} --board sim --seed {seed}");
            CaseReport { seed, command, ..report(&plan, outcome, text, &parsed.sources) }
        })
        .collect()
}

/// A case for each fault, as lines of a matrix, on a device with TLS whose sleeps cost no time: a good cycle, the fault, and a good
/// request behind it. `to` is what it is meant for.
pub(crate) fn good_bad_good(name: &str, faults: &[&str], to: Option<&str>) -> String {
    let rows: String = faults.iter().map(|fault| format!("    - {fault}\n")).collect();
    let to = to.map_or(String::new(), |to| format!("    to: {to}\n"));
    format!(
        "version: 1
name: {name}
time: {{ sleeping: fast-forward }}
cloud: {{ tls: true, shadow: {{ desired: {{ sleep: 600 }}, reported: {{ sleep: 600 }} }} }}
matrix:
  fault:
{rows}steps:
  - expect-cycle: {{ requests: [GET shadow] }}
    within: 60s
  - fault: ${{matrix.fault}}
{to}  - expect-fault: applied
    within: 60s
  - expect-request: {{ is: GET shadow, answered: 200 }}
    within: 60s
"
    )
}

/// The report of a case that has ended.
pub(crate) fn report(
    plan: &Plan,
    outcome: Outcome,
    text: &str,
    sources: &[scenario::SourceText],
) -> CaseReport {
    CaseReport {
        plan: plan.into(),
        outcome,
        source: text.into(),
        included: sources[1..].to_vec(),
        board: "sim".into(),
        aside: None,
        seed: 0,
        command: String::new(),
        origin: None,
        earlier: Vec::new(),
        wall: std::time::Duration::ZERO,
    }
}

/// The snapshots that are stored for a scenario of `scenarios`, or of those that fail.
fn stored_snapshots(file: &str) -> BTreeMap<String, String> {
    let prefix = format!("{}.", file.trim_end_matches(".yaml"));
    let folders = ["scenarios", "fixtures/scenarios/failing"].into_iter();
    let entries = folders.flat_map(|folder| {
        fs::read_dir(root().join(folder).join("__snapshots__")).expect("the folder is there")
    });
    let entries = entries.flatten();
    let stored = entries.filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let name = name.strip_prefix(&prefix)?.strip_suffix(".json")?.to_owned();
        Some((name, fs::read_to_string(entry.path()).ok()?))
    });
    stored.collect()
}

/// Runs the program in a folder.
pub(crate) fn shadowrig(folder: &Path, arguments: &[&str]) -> Output {
    shadowrig_with(folder, &[], arguments)
}

/// Runs the program in a folder, with variables of the environment.
pub(crate) fn shadowrig_with(
    folder: &Path,
    environment: &[(&str, &str)],
    arguments: &[&str],
) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shadowrig"))
        .current_dir(folder)
        // No test asks whatever this machine may be an instance of.
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(environment.iter().copied())
        // What is counted of boards belongs to the test.
        .env("XDG_STATE_HOME", "state")
        .args(arguments)
        .output()
        .expect("the program starts")
}
