//! `events.jsonl`: everything observed, one JSON object a line, first a line about the run. The source of all reports.

use serde_json::{Map, Value, json};

use super::CaseReport;

/// The version of this format.
pub const VERSION: u64 = 1;

/// The log of a case. Holds nothing of the machine that it ran on, so equal runs in virtual time give equal bytes.
#[must_use]
pub fn render(case: &CaseReport) -> String {
    let head = json!({
        "kind": "run", "version": VERSION, "name": case.plan.name, "file": case.plan.file, "board": case.board,
    });
    let mut text = format!("{head}\n");
    for entry in case.outcome.log.entries() {
        let at = Map::from_iter([("at_us".to_owned(), Value::from(entry.at.micros()))]);
        let mut line = at;
        if let Value::Object(mut fields) = entry.event.to_json() {
            line.append(&mut fields);
        }
        text += &format!("{}\n", Value::Object(line));
    }
    text
}
