//! `shadowrig compare`: where two runs differ in what device and cloud said to each other.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use similar::{ChangeTag, TextDiff};

use super::report::read;
use super::{Terminal, exit};
use crate::report::{CaseReport, exchanges::exchanges};

/// How many equal lines are shown around one that differs.
const CONTEXT_LINES: usize = 2;

/// The words behind `shadowrig compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// A run directory, as of a run on the simulated bench.
    #[arg(value_name = "RUN_DIR")]
    one: PathBuf,
    /// Another one with the same cases, as of a run in real time, or on the real cloud.
    #[arg(value_name = "RUN_DIR")]
    other: PathBuf,
}

/// Compares; ends with 0 if all cases are in both runs and nothing differs.
pub(super) fn compare<W: Write, E: Write>(
    args: &CompareArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let Some(one) = read(&args.one, terminal)? else { return Ok(exit::USAGE) };
    let Some(other) = read(&args.other, terminal)? else { return Ok(exit::USAGE) };
    let (one, other) = (one.report.cases, other.report.cases);
    let (mut equal, mut different) = (0, 0);
    for case in &one {
        let Some(same) = find(&other, case) else { continue };
        let difference = difference(case, same);
        if difference.is_empty() {
            equal += 1;
            continue;
        }
        different += 1;
        writeln!(terminal.out, "{}\n{difference}", case.plan.name)?;
    }
    let missing = absent(&one, &other, &args.other) + &absent(&other, &one, &args.one);
    write!(terminal.out, "{missing}")?;
    writeln!(
        terminal.out,
        "{equal} equal, {different} different, {} in one run only",
        missing.lines().count()
    )?;
    let is_same = different == 0 && missing.is_empty();
    Ok(if is_same { exit::PASSED } else { exit::FIRMWARE })
}

fn find<'a>(cases: &'a [CaseReport], wanted: &CaseReport) -> Option<&'a CaseReport> {
    cases.iter().find(|case| case.plan.name == wanted.plan.name)
}

/// The cases that another run does not have, a line each.
fn absent(cases: &[CaseReport], other: &[CaseReport], dir: &Path) -> String {
    let is_absent = |case: &&CaseReport| find(other, case).is_none();
    let line = |case: &CaseReport| format!("not in {}: {}\n", dir.display(), case.plan.name);
    cases.iter().filter(is_absent).map(line).collect()
}

/// The lines that differ, with those around them; nothing if none do.
fn difference(one: &CaseReport, other: &CaseReport) -> String {
    let lines = |case: &CaseReport| exchanges(&case.outcome.log).join("\n");
    let (one_lines, other_lines) = (lines(one), lines(other));
    let diff = TextDiff::from_lines(&one_lines, &other_lines);
    let mut text = String::new();
    for group in diff.grouped_ops(CONTEXT_LINES) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let mark = match change.tag() {
                ChangeTag::Delete => format!("- {}", one.board),
                ChangeTag::Insert => format!("+ {}", other.board),
                ChangeTag::Equal => String::new(),
            };
            text += &format!("  {mark:<12} {}\n", change.value().trim_end());
        }
    }
    text
}
