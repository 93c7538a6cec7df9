//! What a person reads while cases run: one line a case, and a drawing for each that failed.

use anstyle::{AnsiColor, Style as Ansi};

use super::visible::visible;
use super::{CaseReport, RunReport, Status};
use crate::diagnostics::{self, Style};
use crate::engine::Verdict;
use crate::time;

/// The line of a case that is over: status, device time, name.
#[must_use]
pub fn line(case: &CaseReport, style: Style) -> String {
    let (word, color) = match case.status() {
        Status::Pass if case.is_flaky() => ("FLAKY", AnsiColor::Yellow),
        Status::Pass => ("PASS", AnsiColor::Green),
        Status::Fail => ("FAIL", AnsiColor::Red),
        Status::Error => ("ERROR", AnsiColor::Magenta),
        Status::Skip => ("SKIP", AnsiColor::Yellow),
        Status::Interrupted => ("STOP", AnsiColor::Yellow),
    };
    let word = paint(&format!("{word:>5}"), Ansi::new().fg_color(Some(color.into())).bold(), style);
    let board = paint(&format!("{:<8}", case.board), Ansi::new().dimmed(), style);
    let took = match case.status() {
        Status::Skip => String::new(),
        _ => time::span(case.outcome.took),
    };
    let mut line = format!("{word} {took:>10}  {board} {}", case.title());
    if case.again().is_some() {
        line += &paint(&format!(" (seed {})", case.seed), Ansi::new().dimmed(), style);
    }
    if !case.earlier.is_empty() {
        let tries = format!(" (attempt {}; before: {})", case.earlier.len() + 1, whys(case));
        line += &paint(&tries, Ansi::new().dimmed(), style);
    }
    if let Verdict::Skipped { reason } = &case.outcome.verdict {
        line += &paint(&format!(" ({reason})"), Ansi::new().dimmed(), style);
    }
    line
}

/// The boards that a run set aside, a line each, with how they come back; empty where it set none aside.
#[must_use]
pub fn boards_aside(run: &RunReport, style: Style) -> String {
    let boards = run.boards_aside();
    if boards.is_empty() {
        return String::new();
    }
    let word = paint("set aside", Ansi::new().fg_color(Some(AnsiColor::Yellow.into())), style);
    let lines: String = boards
        .iter()
        .map(|(board, reason)| format!("{word} {board}: {}\n", visible(reason)))
        .collect();
    lines + "help: `shadowrig boards doctor` looks at them, and brings back those that answer\n"
}

/// Why the attempts before failed, each reason once.
fn whys(case: &CaseReport) -> String {
    let mut whys: Vec<String> = Vec::new();
    for attempt in &case.earlier {
        let why = match attempt.board == case.board {
            true => attempt.headline.clone(),
            false => format!("{} on {}", attempt.headline, attempt.board),
        };
        if !whys.contains(&why) {
            whys.push(why);
        }
    }
    whys.join("; ")
}

/// Why a case failed; empty for one that did not.
#[must_use]
pub fn failure(case: &CaseReport, style: Style) -> String {
    let Verdict::Failed(failure) = &case.outcome.verdict else { return String::new() };
    let source = case.source_of(failure.span);
    let mut text = diagnostics::failure(source, &case.outcome.verdict, &case.outcome.log, style);
    if let Some(again) = case.again() {
        text += &format!("  by chance, the same again: {again}\n");
    }
    text
}

fn paint(text: &str, ansi: Ansi, style: Style) -> String {
    match style {
        Style::Colored => format!("{ansi}{text}{ansi:#}"),
        Style::Plain => text.to_owned(),
    }
}
