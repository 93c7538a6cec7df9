//! `shadowrig list`: what would run.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use super::{Terminal, exit, files};

/// Lists cases; returns the exit code.
pub(super) fn list<W: Write, E: Write>(
    paths: &[PathBuf],
    as_json: bool,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let files = match files::read(paths, terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    if files::draw_problems(&files, terminal)? {
        return Ok(exit::BAD_SCENARIO);
    }
    let cases = files::cases(files);
    if as_json {
        let plans: Vec<_> = cases.iter().map(|case| case.plan.as_ref()).collect();
        let cases: Vec<_> = cases
            .iter()
            .map(|case| {
                let plan = &case.plan;
                json!({
                    "name": plan.name, "file": plan.file, "tags": plan.tags, "image": plan.firmware.image,
                    "chip": plan.board.chips, "needs": plan.board.needs,
                })
            })
            .collect();
        // The files on their own, each once: a CI job for each is a matrix over them.
        let mut files: Vec<_> = plans.iter().map(|plan| plan.file.as_str()).collect();
        files.dedup();
        writeln!(terminal.out, "{}", json!({ "cases": cases, "files": files }))?;
    } else {
        for case in &cases {
            let tags: Vec<_> = case.plan.tags.iter().map(|tag| format!("#{tag}")).collect();
            let line = format!("{}  {}  {}", case.plan.file, case.plan.name, tags.join(" "));
            writeln!(terminal.out, "{}", line.trim_end())?;
        }
    }
    if cases.is_empty() {
        writeln!(terminal.err, "error: no scenario files found")?;
        writeln!(terminal.err, "help: name scenario files, or folders with .yaml files in them")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    Ok(exit::PASSED)
}
