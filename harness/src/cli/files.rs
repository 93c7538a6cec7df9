//! Scenario files: found, read and parsed, all of them before anything runs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Terminal, exit};
use crate::diagnostics::{self, Source};
use crate::scenario::plan::Plan;
use crate::scenario::{Parsed, parse_bytes};

/// A scenario file that was read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) text: Arc<str>,
    pub(super) parsed: Parsed,
}

/// A case and the text of its file.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) plan: Arc<Plan>,
    pub(super) text: Arc<str>,
    /// Which round of how many, where each case runs more than once.
    pub(super) round: Option<(u16, u16)>,
}

/// Reads all scenario files that the paths name; a folder stands for all `.yaml` and `.yml` files below it, hidden ones and
/// those whose names begin with `_` left out: they are there to be included.
///
/// # Errors
///
/// The exit code, when a path cannot be read; the reason is written.
pub(super) fn read<W: Write, E: Write>(
    paths: &[PathBuf],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Vec<File>, u8>> {
    let mut found = match find_all(paths, terminal)? {
        Ok(found) => found,
        Err(code) => return Ok(Err(code)),
    };
    // A file that is named twice runs once, at its first place.
    let mut known = std::collections::BTreeSet::new();
    found.retain(|path: &PathBuf| known.insert(path.clone()));
    let mut files = Vec::new();
    for path in found {
        let name = path.display().to_string();
        match fs::read(&path) {
            Ok(bytes) => {
                let mut load =
                    |path: &str| fs::read_to_string(path).map_err(|error| error.to_string());
                let parsed = parse_bytes(&bytes, &name, &mut load);
                let text = parsed
                    .sources
                    .first()
                    .map_or_else(|| "".into(), |source| Arc::clone(&source.text));
                files.push(File { parsed, text });
            }
            Err(error) => {
                writeln!(terminal.err, "error: failed to read {name}: {error}")?;
                return Ok(Err(exit::USAGE));
            }
        }
    }
    Ok(Ok(files))
}

/// Finds the files that the paths stand for.
///
/// # Errors
///
/// The exit code, when a path is not there or cannot be read; the reason is written.
pub(super) fn find_all<W: Write, E: Write>(
    paths: &[PathBuf],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Vec<PathBuf>, u8>> {
    let mut found = Vec::new();
    for path in paths {
        if let Err(error) = find(path, &mut found) {
            writeln!(terminal.err, "error: failed to read {}: {error}", path.display())?;
            writeln!(
                terminal.err,
                "help: name scenario files, or folders with .yaml files in them"
            )?;
            return Ok(Err(exit::USAGE));
        }
    }
    Ok(Ok(found))
}

/// Draws all problems of all files; tells whether any of them stops a file.
pub(super) fn draw_problems<W: Write, E: Write>(
    files: &[File],
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<bool> {
    for file in files {
        for problem in &file.parsed.problems {
            let Some(source) = file.parsed.sources.get(problem.span.file) else { continue };
            let source = Source { path: &source.path, text: &source.text };
            writeln!(terminal.err, "{}\n", diagnostics::problem(source, problem, terminal.style))?;
        }
    }
    Ok(files.iter().any(|file| !file.parsed.is_good()))
}

/// All cases of all files, in order.
pub(super) fn cases(files: Vec<File>) -> Vec<Case> {
    let cases = files.into_iter().flat_map(|file| {
        let text = file.text;
        file.parsed.plans.into_iter().map(move |plan| Case {
            plan: Arc::new(plan),
            text: text.clone(),
            round: None,
        })
    });
    cases.collect()
}

fn find(path: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(path)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with(['.', '_']);
        let yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if !hidden && (entry.file_type()?.is_dir() || yaml) {
            find(&path, found)?;
        }
    }
    Ok(())
}
