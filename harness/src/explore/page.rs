//! A sweep as one page. It loads nothing and runs nothing.

use std::time::Duration;

use askama::Template;

use super::matrix;
use super::sweep::{Cell, Failure, Sweep};
use crate::report::html::{STYLE, hash};

const OWN_STYLE: &str = include_str!("page/explore.css");

/// The page. `wall` is how long the sweep took on this machine.
///
/// # Errors
///
/// What the library of templates says; it does not happen with text.
pub fn render(sweep: &Sweep, wall: Duration) -> Result<String, askama::Error> {
    let style = format!("{STYLE}{OWN_STYLE}");
    let letters = matrix::letters(sweep);
    let invariants = matrix::by_letter(&letters).into_iter().map(|(rule, letter)| {
        let rule = &sweep.rules[rule];
        (letter, rule.name.clone(), rule.says.clone())
    });
    let page = Page {
        verdict: match sweep.failures.len() {
            0 => format!(
                "{} combinations keep every invariant",
                sweep.cells.len() - sweep.odd() - sweep.skipped()
            ),
            count => format!("{count} of {} combinations break an invariant", sweep.cells.len()),
        },
        is_good: sweep.failures.is_empty(),
        name: &sweep.name,
        place: matrix::place(sweep),
        last_line: matrix::last_line(sweep, wall),
        version: env!("CARGO_PKG_VERSION"),
        left_out: matrix::left_out(sweep),
        invariants: invariants.collect(),
        reasons: matrix::reasons(sweep),
        tables: matrix::tables(sweep).iter().map(|table| view(sweep, table)).collect(),
        failures: &sweep.failures,
        style_hash: hash(&style),
        style,
    };
    page.render()
}

/// The page as its template sees it.
#[derive(Template)]
#[template(path = "explore.html")]
struct Page<'a> {
    verdict: String,
    is_good: bool,
    name: &'a str,
    place: String,
    last_line: String,
    version: &'static str,
    left_out: Vec<String>,
    invariants: Vec<(char, String, String)>,
    reasons: Vec<(char, String, usize)>,
    tables: Vec<TableView>,
    failures: &'a [Failure],
    style: String,
    style_hash: String,
}

struct TableView {
    title: &'static str,
    /// Each with what it is in full.
    columns: Vec<(String, String)>,
    rows: Vec<(String, Vec<CellView>)>,
}

struct CellView {
    sign: char,
    class: &'static str,
    /// What a reader is told of it.
    says: String,
}

fn view(sweep: &Sweep, table: &matrix::Table) -> TableView {
    let letters = matrix::letters(sweep);
    let cell = |slot| {
        let cell = sweep.cell(slot);
        let (class, says) = match cell {
            None => ("none", "not meant for this".to_owned()),
            Some(Cell::Good) => ("ok", "all invariants hold".to_owned()),
            Some(Cell::Broken(rule)) => {
                ("broken", format!("{} is broken", sweep.rules[*rule].name))
            }
            Some(Cell::Odd(reason) | Cell::Skipped(reason)) => ("odd", reason.clone()),
        };
        CellView { sign: matrix::sign(cell, &letters), class, says }
    };
    let columns = table.columns.iter().enumerate().map(|(index, head)| {
        (head.clone(), table.legend.get(index).cloned().unwrap_or_else(|| head.clone()))
    });
    let rows = table.rows.iter().map(|row| {
        (row.name.trim().to_owned(), row.slots.iter().map(|slot| cell(*slot)).collect())
    });
    TableView { title: table.title, columns: columns.collect(), rows: rows.collect() }
}
