//! Which of the cases run, and how often.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::files::Case;

/// The words that choose cases.
#[derive(Debug, Args)]
pub(super) struct SelectArgs {
    /// Only cases whose name or file has this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only cases with this tag. May be given several times; one of them is enough.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only every N-th case from the M-th on: slice:M/N.
    #[arg(long, value_name = "slice:M/N", value_parser = parse_partition)]
    partition: Option<Slice>,
    /// Only cases that did not pass in the latest run: the one in --out, else the newest in target/shadowrig.
    #[arg(long, value_name = "failed", value_parser = ["failed"])]
    rerun: Option<String>,
    /// Run each case so often, each time with another seed, to find one that passes by luck.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    stress: Option<u16>,
}

/// One part of the cases: the M-th of N, from 1.
#[derive(Debug, Clone, Copy)]
struct Slice {
    part: usize,
    of: usize,
}

fn parse_partition(text: &str) -> Result<Slice, String> {
    let slice = text.strip_prefix("slice:").and_then(|rest| rest.split_once('/'));
    let numbers = slice.and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    match numbers {
        Some((part, of)) if (1..=of).contains(&part) => Ok(Slice { part, of }),
        _ => Err("write slice:M/N with M from 1 to N, as slice:1/3".into()),
    }
}

impl SelectArgs {
    /// The cases that are wanted, in their order; `out` is where an earlier run may lie.
    pub(super) fn select(&self, cases: Vec<Case>, out: Option<&Path>) -> Vec<Case> {
        let failed = self.rerun.as_ref().map(|_| not_passed(&latest(out)));
        let is_wanted = |case: &Case| {
            let plan = &case.plan;
            let has = |text: &String| plan.name.contains(text) || plan.file.contains(text);
            let tagged = self.tag.is_empty() || self.tag.iter().any(|tag| plan.tags.contains(tag));
            let key = (plan.file.clone(), plan.name.clone());
            self.filter.as_ref().is_none_or(has)
                && tagged
                && failed.as_ref().is_none_or(|failed| failed.contains(&key))
        };
        let in_slice =
            |index: usize| self.partition.is_none_or(|slice| index % slice.of == slice.part - 1);
        let cases = cases.into_iter().filter(is_wanted).enumerate();
        let cases = cases.filter(|(index, _)| in_slice(*index)).map(|(_, case)| case);
        match self.stress {
            None => cases.collect(),
            Some(times) => cases.flat_map(|case| often(&case, times)).collect(),
        }
    }
}

fn often(case: &Case, times: u16) -> Vec<Case> {
    (1..=times).map(|round| Case { round: Some((round, times)), ..case.clone() }).collect()
}

/// The folder of the latest run that came to its end; a name that is not there where there is none.
pub(super) fn latest(out: Option<&Path>) -> PathBuf {
    if let Some(out) = out {
        return out.to_owned();
    }
    let entries = fs::read_dir(super::run_dir::RUNS).into_iter().flatten().flatten();
    let done = entries.map(|entry| entry.path()).filter(|path| path.join("run.json").is_file());
    done.max().unwrap_or_default()
}

/// The files and names of the cases of a run that neither passed nor were skipped.
pub(super) fn not_passed(run: &Path) -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(run.join("run.json")).unwrap_or_default();
    let run: Value = serde_json::from_str(&text).unwrap_or_default();
    let cases = run["cases"].as_array().into_iter().flatten();
    let bad = cases.filter(|case| !matches!(case["status"].as_str(), Some("pass" | "skip")));
    bad.filter_map(|case| Some((case["file"].as_str()?.into(), case["name"].as_str()?.into())))
        .collect()
}
