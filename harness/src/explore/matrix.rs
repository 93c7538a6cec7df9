//! A sweep as people read it, and as programs do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::combination::{EDGE_COLUMNS, REQUEST_COLUMNS, Slot, WRITE_COLUMNS, nth};
use super::faults::variants;
use super::sweep::{Cell, Sweep};

/// One table of the matrix.
pub(super) struct Table {
    pub(super) title: &'static str,
    /// What stands above the columns, short.
    pub(super) columns: Vec<String>,
    /// What the columns are in full; none where they say so themselves.
    pub(super) legend: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One row of a table.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) slots: Vec<Slot>,
}

/// The tables of a sweep, without rows and tables in which nothing was tried.
pub(super) fn tables(sweep: &Sweep) -> Vec<Table> {
    let row = |name: String, columns: usize, slot: &dyn Fn(usize) -> Slot| Row {
        name,
        slots: (0..columns).map(slot).collect(),
    };
    let faults = variants().into_iter().enumerate();
    let faults = faults.map(|(index, variant)| {
        row(variant.name, sweep.meetings.len(), &|column| Slot::Fault(index, column))
    });
    let edges = sweep.edges.iter().enumerate().map(|(index, edge)| {
        let at = edge.at.to_string();
        let name = format!("{at:>9}  {}", edge.what);
        row(name, EDGE_COLUMNS.len(), &|column| Slot::Edge(index, column))
    });
    let requests = sweep.meetings.iter().enumerate().map(|(index, meeting)| {
        row(nth(meeting), REQUEST_COLUMNS.len(), &|column| Slot::Request(index, column))
    });
    let writes = sweep.writes.iter().enumerate().map(|(index, write)| {
        let name = format!(
            "{:>9}  state write {}, {} bytes",
            write.at.to_string(),
            index + 1,
            write.bytes
        );
        row(name, WRITE_COLUMNS.len(), &|column| Slot::Write(index, column))
    });
    let words = |columns: &[&str]| columns.iter().map(|word| (*word).to_owned()).collect();
    let tables = [
        Table {
            title: "faults",
            columns: (1..=sweep.meetings.len()).map(|number| number.to_string()).collect(),
            legend: sweep.meetings.iter().map(nth).collect(),
            rows: faults.collect(),
        },
        Table {
            title: "at each edge",
            columns: words(&EDGE_COLUMNS),
            legend: Vec::new(),
            rows: edges.collect(),
        },
        Table {
            title: "power cuts in a request",
            columns: words(&REQUEST_COLUMNS),
            legend: Vec::new(),
            rows: requests.collect(),
        },
        Table {
            title: "power cuts at a write of the state",
            columns: WRITE_COLUMNS.iter().map(|cut| cut.word().to_owned()).collect(),
            legend: Vec::new(),
            rows: writes.collect(),
        },
    ];
    let was_tried = |row: &Row| row.slots.iter().any(|slot| sweep.cell(*slot).is_some());
    tables
        .into_iter()
        .map(|table| Table { rows: table.rows.into_iter().filter(was_tried).collect(), ..table })
        .filter(|table| !table.rows.is_empty())
        .collect()
}

/// The letter of each invariant that is broken, by its place, in the order of the failures.
pub(super) fn letters(sweep: &Sweep) -> BTreeMap<usize, char> {
    let mut letters = BTreeMap::new();
    for (_, cell) in &sweep.cells {
        if let Cell::Broken(rule) = cell {
            let next = ('A'..='Z').nth(letters.len()).unwrap_or('Z');
            letters.entry(*rule).or_insert(next);
        }
    }
    letters
}

/// What stands for a cell.
pub(super) fn sign(cell: Option<&Cell>, letters: &BTreeMap<usize, char>) -> char {
    match cell {
        Some(Cell::Broken(rule)) => letters.get(rule).copied().unwrap_or('Z'),
        Some(Cell::Good) => '.',
        Some(Cell::Odd(_)) => '?',
        Some(Cell::Skipped(_)) => '-',
        None => ' ',
    }
}

/// What could not be done, each reason once, with how often.
pub(super) fn reasons(sweep: &Sweep) -> Vec<(char, String, usize)> {
    let mut reasons: Vec<(char, String, usize)> = Vec::new();
    for (_, cell) in &sweep.cells {
        let (sign, reason) = match cell {
            Cell::Odd(reason) => ('?', reason),
            Cell::Skipped(reason) => ('-', reason),
            Cell::Broken(_) | Cell::Good => continue,
        };
        match reasons.iter_mut().find(|(_, known, _)| known == reason) {
            Some((.., count)) => *count += 1,
            None => reasons.push((sign, reason.clone(), 1)),
        }
    }
    reasons
}

/// What it ran on; of several boards how many runs each made.
pub(super) fn place(sweep: &Sweep) -> String {
    let share = |(board, runs): (&String, &usize)| match runs {
        1 => format!("1 run on {board}"),
        runs => format!("{runs} runs on {board}"),
    };
    let shares: Vec<_> = sweep.shares.iter().map(share).collect();
    match shares.len() {
        0 | 1 => sweep.board.clone(),
        _ => format!("{}: {}", sweep.board, shares.join(", ")),
    }
}

/// What was left out before anything was tried.
pub(super) fn left_out(sweep: &Sweep) -> Vec<String> {
    let broken = sweep.broken_before.iter();
    let mut lines: Vec<_> = broken
        .map(|(rule, why)| format!("{rule} does not hold even when nothing goes wrong: {why}"))
        .collect();
    if sweep.left_out > 0 {
        lines.push(format!("the last {} edges of a long scenario", sweep.left_out));
    }
    lines
}

/// The matrix: a table for each kind of combination, then what is broken.
#[must_use]
pub fn words(sweep: &Sweep) -> String {
    let mut text = String::new();
    let letters = letters(sweep);
    let _ = writeln!(text, "{} (on {})", sweep.name, place(sweep));
    for line in left_out(sweep) {
        let _ = writeln!(text, "left out: {line}");
    }
    for table in tables(sweep) {
        write_table(&mut text, (sweep, &table), &letters);
    }
    let _ = writeln!(text, "\n.  all invariants hold");
    for (rule, letter) in by_letter(&letters) {
        let rule = &sweep.rules[rule];
        let _ = writeln!(text, "{letter}  {} does not: {}", rule.name, rule.says);
    }
    for (sign, reason, count) in reasons(sweep) {
        let what = if sign == '?' { "not seen to its end" } else { "not possible here" };
        let _ = writeln!(text, "{sign}  {what}, {count} times: {reason}");
    }
    if !sweep.failures.is_empty() {
        let _ = writeln!(text, "\nbroken");
    }
    for failure in &sweep.failures {
        let _ = writeln!(text, "  {}: {}\n      {}", failure.rule, failure.what, failure.why);
        if let Some(reduction) = &failure.reduction {
            let steps = reduction.steps.join("; ");
            let steps = if steps.is_empty() { "as small as it gets" } else { &steps };
            let _ = writeln!(text, "      reduced in {} runs: {steps}", reduction.trials);
        }
    }
    text
}

/// The invariants in the order of their letters.
pub(super) fn by_letter(letters: &BTreeMap<usize, char>) -> Vec<(usize, char)> {
    let mut list: Vec<_> = letters.iter().map(|(rule, letter)| (*rule, *letter)).collect();
    list.sort_by_key(|(_, letter)| *letter);
    list
}

fn write_table(
    text: &mut String,
    (sweep, table): (&Sweep, &Table),
    letters: &BTreeMap<usize, char>,
) {
    let _ = writeln!(text, "\n{}", table.title);
    for (index, legend) in table.legend.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}  {legend}", index + 1);
    }
    if !table.legend.is_empty() {
        text.push('\n');
    }
    let length = |name: &str| name.chars().count();
    let width = table.rows.iter().map(|row| length(&row.name)).max().unwrap_or_default();
    let heads: String = table.columns.iter().map(|head| format!(" {head:>2}")).collect();
    let _ = writeln!(text, "  {:width$}{heads}", "");
    for row in &table.rows {
        let cells = row.slots.iter().zip(&table.columns).map(|(slot, head)| {
            let width = length(head).max(2);
            format!(" {:>width$}", sign(sweep.cell(*slot), letters))
        });
        let line = format!("  {:width$}{}", row.name, cells.collect::<String>());
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

/// The last line.
#[must_use]
pub fn last_line(sweep: &Sweep, wall: std::time::Duration) -> String {
    let skipped = match sweep.skipped() {
        0 => String::new(),
        count => format!(", {count} not possible on {}", sweep.board),
    };
    format!(
        "{} combinations, {} break an invariant, {} could not be run{skipped}, in {:.2}s",
        sweep.cells.len(),
        sweep.failures.len(),
        sweep.odd(),
        wall.as_secs_f64()
    )
}

/// The sweep for programs: each combination with how it ended.
#[must_use]
pub fn to_json(sweep: &Sweep) -> Value {
    let cell = |cell: &Cell| match cell {
        Cell::Broken(rule) => json!({ "state": "broken", "rule": sweep.rules[*rule].name }),
        Cell::Good => json!({ "state": "good" }),
        Cell::Odd(reason) => json!({ "state": "odd", "reason": reason }),
        Cell::Skipped(reason) => json!({ "state": "skipped", "reason": reason }),
    };
    let cells = sweep.cells.iter().map(|(combination, ended)| {
        let mut cell = cell(ended);
        if let Value::Object(members) = &mut cell {
            members.insert("what".to_owned(), combination.what.clone().into());
        }
        cell
    });
    let failures = sweep.failures.iter().map(|failure| {
        let reduction = failure.reduction.as_ref();
        let reduction = reduction
            .map(|reduction| json!({ "runs": reduction.trials, "steps": reduction.steps }));
        json!({
            "what": failure.what, "rule": failure.rule, "why": failure.why,
            "scenario": failure.scenario, "reduction": reduction,
        })
    });
    json!({
        "version": 1,
        "name": sweep.name,
        "board": sweep.board,
        "shares": sweep.shares,
        "runs": sweep.runs,
        "rules": sweep.rules.iter().map(|rule| json!({ "name": rule.name, "says": rule.says })).collect::<Vec<_>>(),
        "left_out": left_out(sweep),
        "combinations": cells.collect::<Vec<_>>(),
        "failures": failures.collect::<Vec<_>>(),
    })
}
