//! `shadowrig check`: all problems of all files, and nothing run.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{Terminal, exit, files};

/// Checks files; returns the exit code.
pub(super) fn check<W: Write, E: Write>(
    paths: &[PathBuf],
    denies_warnings: bool,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let files = match files::read(paths, terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    let bad = files::draw_problems(&files, terminal)?;
    let problems: usize = files.iter().map(|file| file.parsed.problems.len()).sum();
    let cases: usize = files.iter().map(|file| file.parsed.plans.len()).sum();
    if bad || (denies_warnings && problems > 0) {
        let files = plural(files.len(), "file");
        writeln!(terminal.out, "{} in {files}", plural(problems, "problem"))?;
        return Ok(exit::BAD_SCENARIO);
    }
    if files.is_empty() {
        writeln!(terminal.err, "error: no scenario files found")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    let warnings = match problems {
        0 => String::new(),
        problems => format!(", with {}", plural(problems, "warning")),
    };
    let (parsed, files) = (&files, plural(files.len(), "file"));
    writeln!(terminal.out, "good: {files}, {}{warnings}", plural(cases, "case"))?;
    for plan in parsed.iter().flat_map(|file| &file.parsed.plans) {
        if let Some(reason) = &plan.unmet {
            writeln!(terminal.out, "each run skips {}: {}: {reason}", plan.file, plan.name)?;
        }
    }
    Ok(exit::PASSED)
}

/// A number of things: `1 file`, `2 files`.
fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
