//! For GitHub Actions: an annotation at the line of each failing step, and a step summary in Markdown.
//!
//! The rules: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>. GitHub shows ten
//! annotations of each level a step; all of them stand in the log.

use super::{CaseReport, RunReport, Status, human, summary::Summary, visible::visible};
use crate::diagnostics::Style;
use crate::engine::Verdict;
use crate::scenario::node::Span;
use crate::time;

/// One workflow command a line: an error for each case that failed, a warning for each that was interrupted.
#[must_use]
pub fn annotations(run: &RunReport) -> String {
    run.cases.iter().map(annotation).collect()
}

fn annotation(case: &CaseReport) -> String {
    let place = match &case.outcome.verdict {
        Verdict::Failed(failure) => failure.span,
        Verdict::Passed | Verdict::Skipped { .. } | Verdict::Interrupted => Span::default(),
    };
    let file = property(file(case.source_of(place).path));
    let title = property(&visible(&case.title()));
    match &case.outcome.verdict {
        Verdict::Passed if case.is_flaky() => {
            let attempt = case.earlier.len() + 1;
            format!("::warning file={file},title={title}::flaky: passed at attempt {attempt}\n")
        }
        Verdict::Passed | Verdict::Skipped { .. } => String::new(),
        Verdict::Interrupted => format!("::warning file={file},title={title}::interrupted\n"),
        Verdict::Failed(failure) => {
            // A case whose bench could not be had fails at no line.
            let place = match failure.span.line {
                0 => String::new(),
                line => format!(",line={line},col={}", failure.span.column.max(1)),
            };
            let mismatch = &failure.mismatch;
            let text = format!(
                "{}\nexpected: {}\nactual: {}",
                mismatch.headline, mismatch.expected, mismatch.actual
            );
            format!("::error file={file}{place},title={title}::{}\n", data(&visible(&text)))
        }
    }
}

/// The file from the root of the repository, where the path was given from there.
fn file(path: &str) -> &str {
    path.trim_start_matches("./")
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The step summary: counts, what failed with its drawing, and all cases in a table.
#[must_use]
pub fn summary(run: &RunReport) -> String {
    let summary = Summary::of(&run.cases);
    let mark = if summary.exit_code() == 0 { "✅" } else { "❌" };
    let mut text = format!("## {mark} Shadowrig: {}\n\n", summary.line(run.wall));
    for case in &run.cases {
        if let Verdict::Failed(failure) = &case.outcome.verdict {
            let word = if case.status() == Status::Error { "Error in the rig" } else { "Failure" };
            let drawn = visible(&human::failure(case, Style::Plain));
            let fence = fence(&drawn);
            text += &format!(
                "### {word}: {}\n\n{}\n\n{fence}text\n{}\n{fence}\n\n",
                inline(&case.title()),
                inline(&failure.mismatch.headline),
                drawn.trim_end(),
            );
        }
    }
    for (board, reason) in run.boards_aside() {
        text += &format!("Set aside: {}: {}\n\n", inline(board), inline(reason));
    }
    text += "| | case | board | device time |\n| --- | --- | --- | ---: |\n";
    text.extend(run.cases.iter().map(row));
    text + "\n"
}

fn row(case: &CaseReport) -> String {
    let (mark, took) = match case.status() {
        Status::Pass if case.is_flaky() => ("⚠️ flaky", time::span(case.outcome.took)),
        Status::Pass => ("✅ pass", time::span(case.outcome.took)),
        Status::Fail => ("❌ fail", time::span(case.outcome.took)),
        Status::Error => ("💥 error", time::span(case.outcome.took)),
        Status::Interrupted => ("⏹ interrupted", time::span(case.outcome.took)),
        Status::Skip => ("⏭ skip", String::new()),
    };
    let reason = match &case.outcome.verdict {
        Verdict::Skipped { reason } => format!("<br>{}", inline(reason)),
        Verdict::Passed | Verdict::Failed(_) | Verdict::Interrupted => String::new(),
    };
    let (title, board) = (inline(&case.title()), inline(&case.board));
    format!("| {mark} | {title}{reason} | {board} | {took} |\n")
}

/// Text within a line of Markdown: nothing in it is a mark, a link, a mention or the end of a cell.
fn inline(text: &str) -> String {
    let mut line = String::new();
    for c in visible(text).chars() {
        match c {
            '\n' | '\t' => line.push(' '),
            // As numbers, since a backslash does not stop a mention or the end of a cell.
            '&' | '<' | '>' | '@' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '~' | '$'
            | '!' => {
                line += &format!("&#{};", u32::from(c));
            }
            ':' => line.push_str("&#58;"),
            c => line.push(c),
        }
    }
    line
}

/// A fence that is longer than any row of backticks in the text.
fn fence(text: &str) -> String {
    let (mut longest, mut row) = (0, 0);
    for c in text.chars() {
        row = if c == '`' { row + 1 } else { 0 };
        longest = longest.max(row);
    }
    "`".repeat(3.max(longest + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_property_ends_neither_its_command_nor_itself() {
        assert_eq!(property("50%: a,b\r\nc"), "50%25%3A a%2Cb%0D%0Ac");
        assert_eq!(data("50%: a,b\n::error::x"), "50%25: a,b%0A::error::x");
    }

    #[test]
    fn markdown_of_a_device_stays_text() {
        assert_eq!(
            inline("<b>a|b</b> `x` @team"),
            "&#60;b&#62;a&#124;b&#60;/b&#62; &#96;x&#96; &#64;team"
        );
        assert_eq!(fence("a ```` b"), "`````");
    }
}
