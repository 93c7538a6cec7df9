//! `shadowrig check`: all problems of all files, and nothing run.

use std::io::{self, Write};
use std::path::PathBuf;

use super::{Terminal, exit, files};

/// Checks files; returns the exit code.
pub(super) fn check<W: Write, E: Write>(
    paths: &[PathBuf],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<u8> {
    let files = match files::read(paths, terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(code),
    };
    let bad = files::draw_problems(&files, terminal)?;
    let problems: usize = files.iter().map(|file| file.parsed.problems.len()).sum();
    let cases: usize = files.iter().map(|file| file.parsed.plans.len()).sum();
    if bad {
        writeln!(terminal.out, "{problems} problems in {} files", files.len())?;
        return Ok(exit::BAD_SCENARIO);
    }
    if files.is_empty() {
        writeln!(terminal.err, "error: no scenario files found")?;
        return Ok(exit::NOTHING_SELECTED);
    }
    let warnings = if problems == 0 { String::new() } else { format!(", {problems} warnings") };
    writeln!(terminal.out, "{} files and {cases} cases are good{warnings}", files.len())?;
    Ok(exit::PASSED)
}
