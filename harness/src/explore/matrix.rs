//! A sweep as people read it.

use std::fmt::Write as _;

use super::sweep::{Cell, Sweep};

/// The matrix: faults by connections and requests, then the power cuts, then what is broken.
#[must_use]
pub fn words(sweep: &Sweep) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}", sweep.name);
    for (rule, why) in &sweep.broken_before {
        let _ =
            writeln!(text, "left out: {rule} does not hold even when nothing goes wrong: {why}");
    }
    if sweep.left_out > 0 {
        let _ = writeln!(text, "left out: the last {} edges of a long scenario", sweep.left_out);
    }
    let _ = writeln!(text, "\nfaults");
    for (index, meeting) in sweep.meetings.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}  {meeting}", index + 1);
    }
    let width = sweep.faults.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let heads: String = (1..=sweep.meetings.len()).map(|number| format!(" {number:>2}")).collect();
    let _ = writeln!(text, "\n  {:width$}{heads}", "");
    for (name, row) in &sweep.faults {
        let cells: String = row.iter().map(|cell| format!(" {:>2}", sign(*cell))).collect();
        let _ = writeln!(text, "{}", format!("  {name:width$}{cells}").trim_end());
    }
    let _ = writeln!(text, "\npower cuts");
    for (edge, cell) in &sweep.cuts {
        let at = edge.at.to_string();
        let _ = writeln!(text, "  {} {at:>9}  {}", sign(*cell), edge.what);
    }
    if !sweep.failures.is_empty() {
        let _ = writeln!(text, "\nbroken");
    }
    for failure in &sweep.failures {
        let _ = writeln!(text, "  {}: {}\n      {}", failure.rule, failure.what, failure.why);
    }
    text
}

/// The last line.
#[must_use]
pub fn last_line(sweep: &Sweep, wall: std::time::Duration) -> String {
    format!(
        "{} combinations, {} break an invariant, {} could not be run, in {:.2}s",
        sweep.runs.saturating_sub(2),
        sweep.failures.len(),
        sweep.odd(),
        wall.as_secs_f64()
    )
}

impl Sweep {
    /// How many combinations could not be run, or met nothing.
    #[must_use]
    pub fn odd(&self) -> usize {
        let faults = self.faults.iter().flat_map(|(_, row)| row);
        let cuts = self.cuts.iter().map(|(_, cell)| cell);
        faults.chain(cuts).filter(|cell| **cell == Cell::Odd).count()
    }
}

const fn sign(cell: Cell) -> char {
    match cell {
        Cell::Broken(_) => 'X',
        Cell::Good => '.',
        Cell::None => ' ',
        Cell::Odd => '?',
    }
}
