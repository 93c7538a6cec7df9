//! JSON for programs: `run.json` and `case.json`. `docs/report.v1.json` is the schema, `docs/report.md` tells what is what.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::read_error::ReadError;
pub use super::record::Texts;
use super::record::{self, micros};
use super::{CaseReport, RunReport, summary::Summary};
use crate::engine::Log;

/// The version of the format. A reader may meet new fields in a version that it knows, but nothing that it knew changes.
pub const VERSION: u64 = 1;

#[derive(Debug, Serialize)]
struct Run {
    kind: &'static str,
    version: u64,
    shadowrig: &'static str,
    began_at: Option<String>,
    wall_us: u64,
    exit_code: u8,
    summary: Counts,
    cases: Vec<record::Case>,
}

#[derive(Debug, Serialize)]
struct Counts {
    passed: usize,
    failed: usize,
    errors: usize,
    skipped: usize,
    interrupted: usize,
}

#[derive(Debug, Serialize, Deserialize)]
struct CaseFile {
    kind: String,
    version: u64,
    #[serde(flatten)]
    case: record::Case,
}

/// What `run.json` says beside its cases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunFacts {
    /// When the run began.
    pub began_at: Option<String>,
    /// How long it took on its machine.
    pub wall: Duration,
    /// The folders of its cases, in their order; `None` where nothing says so.
    pub folders: Option<Vec<String>>,
}

/// The report of a run: `run.json`.
#[must_use]
pub fn render(run: &RunReport) -> String {
    let summary = Summary::of(&run.cases);
    let Summary { passed, failed, errors, skipped, interrupted } = summary;
    let numbered = run.cases.iter().enumerate();
    let report = Run {
        kind: "shadowrig-run",
        version: VERSION,
        shadowrig: env!("CARGO_PKG_VERSION"),
        began_at: run.began_at.clone(),
        wall_us: micros(run.wall),
        exit_code: summary.exit_code(),
        summary: Counts { passed, failed, errors, skipped, interrupted },
        cases: numbered.map(|(index, case)| record::Case::new(index + 1, case)).collect(),
    };
    text(&report)
}

/// A case: `case.json`; `number` is its place in the run, from 1.
#[must_use]
pub fn render_case(number: usize, case: &CaseReport) -> String {
    let case = record::Case::new(number, case);
    text(&CaseFile { kind: "shadowrig-case".into(), version: VERSION, case })
}

/// Reads what `run.json` says beside its cases.
///
/// # Errors
///
/// That it is not such a file, is from a later version, or names a folder that cannot be one of a run directory.
pub fn parse(text: &str) -> Result<RunFacts, ReadError> {
    let value = head(text, "shadowrig-run")?;
    let folder = |case: &Value| {
        // Only a plain name: what a file says leads to no other place.
        let name = case["folder"].as_str()?;
        let plain =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain.then(|| name.to_owned())
    };
    let folders = value["cases"].as_array().map(|cases| cases.iter().map(folder).collect());
    Ok(RunFacts {
        began_at: value["began_at"].as_str().map(ToOwned::to_owned),
        wall: Duration::from_micros(value["wall_us"].as_u64().unwrap_or(0)),
        folders: Some(folders.flatten().ok_or(ReadError::NotOurs)?),
    })
}

/// Reads a case back, with its place in the run.
///
/// # Errors
///
/// That `case.json` is not such a file, is from a later version, or contradicts itself. The log comes from
/// [`super::events::parse`].
pub fn parse_case(
    text: &str,
    texts: &Texts<'_>,
    log: Log,
) -> Result<(usize, CaseReport), ReadError> {
    let value = head(text, "shadowrig-case")?;
    let file: CaseFile =
        serde_json::from_value(value).map_err(|error| ReadError::json(1, &error))?;
    let number = file.case.number;
    let case = file.case.into_report(texts, log).ok_or_else(|| ReadError::Line {
        line: 1,
        why: "the status does not go with the failure or the reason beside it".into(),
    })?;
    Ok((number, case))
}

/// A JSON document of ours, of a version that can be read.
fn head(text: &str, kind: &str) -> Result<Value, ReadError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| ReadError::json(error.line(), &error))?;
    if value["kind"] != kind {
        return Err(ReadError::NotOurs);
    }
    ReadError::check_version(value["version"].as_u64(), VERSION)?;
    Ok(value)
}

fn text(value: &impl Serialize) -> String {
    // Numbers, text and lists of them can always be written, so there is nothing to lose here.
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text + "\n"
}
