//! `README.txt` of a run directory: what is what.

use super::{RunReport, human, summary::Summary};
use crate::diagnostics::Style;

/// The text for whoever opens the folder.
#[must_use]
pub fn render(run: &RunReport) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let summary = Summary::of(&run.cases).line(run.wall);
    let aside = human::boards_aside(run, Style::Plain);
    let aside: String = aside.lines().map(|line| format!("    {line}\n")).collect();
    let began = run.began_at.as_ref().map(|at| format!(" that began {at}")).unwrap_or_default();
    format!(
        "This folder holds what a run of shadowrig {version}{began} left behind.

    {summary}
{aside}
  index.html    the whole run as one page: time lines, failures, all events; open it in a browser
  junit.xml     the verdicts for CI systems
  run.json      the verdicts for programs
  001-...       one folder a case, in the order of the run:
    scenario.txt    the file that was run, as it was
    case.json       how it ended: steps, failure, times
    events.jsonl    everything that was observed, one JSON object a line; all reports are made from it
    current.csv     what the current meter told, where the case measured

`shadowrig report show FOLDER` prints the verdicts again; with `--report FORMAT=PATH` it writes any report again.
`shadowrig report merge FOLDER... --out NEW` joins several such folders.
In events.jsonl credentials and signatures are masked.
"
    )
}
