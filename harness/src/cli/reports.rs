//! `--report FORMAT=PATH`: which reports are wanted, and where they go.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::Terminal;
use crate::report::format::Format;
use crate::report::{RunReport, github};

/// The words about reports; several commands have them.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// Write a report; FORMAT is junit, json, html, tap or github, and PATH is `-` for standard output. May be given several
    /// times. `github` writes annotations to standard output and its step summary to PATH; with `github=-` the summary goes
    /// where GitHub Actions wants it.
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_wanted)]
    report: Vec<Wanted>,
    /// Where GitHub Actions wants the step summary.
    #[arg(long, hide = true, env = "GITHUB_STEP_SUMMARY", value_name = "PATH")]
    step_summary: Option<OsString>,
}

/// A report that is wanted.
#[derive(Debug, Clone)]
struct Wanted {
    format: Format,
    to: To,
}

/// Where a report goes.
#[derive(Debug, Clone)]
enum To {
    File(PathBuf),
    Output,
}

fn parse_wanted(text: &str) -> Result<Wanted, String> {
    let (name, path) = text.split_once('=').ok_or("write FORMAT=PATH, as junit=report.xml")?;
    let format = Format::named(name).ok_or_else(|| {
        let names = Format::ALL.map(Format::name).join(", ");
        format!("no report format is called `{name}`; there are {names}")
    })?;
    let to = match path {
        "" => return Err(format!("write {name}=PATH, or {name}=- for standard output")),
        "-" => To::Output,
        path => To::File(PathBuf::from(path)),
    };
    Ok(Wanted { format, to })
}

impl ReportArgs {
    /// Whether any report is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.report.is_empty()
    }

    /// Writes all reports that are wanted. A file is written anew; only the step summary of GitHub Actions is added to, since
    /// other commands of the step write there too.
    pub(super) fn write<W: Write, E: Write>(
        &self,
        run: &RunReport,
        terminal: &mut Terminal<'_, W, E>,
    ) -> io::Result<()> {
        let of_job = self.step_summary.as_deref().filter(|path| !path.is_empty()).map(Path::new);
        for wanted in &self.report {
            let text = wanted.format.render(run).map_err(io::Error::other)?;
            if wanted.format == Format::Github {
                write!(terminal.out, "{}", github::annotations(run))?;
            }
            match (&wanted.to, wanted.format, of_job) {
                (To::File(path), Format::Github, Some(of_job)) if path == of_job => {
                    add(path, &text)?;
                }
                (To::File(path), ..) => create(path, &text)?,
                (To::Output, Format::Github, Some(of_job)) => add(of_job, &text)?,
                (To::Output, Format::Github, None) => {}
                (To::Output, ..) => write!(terminal.out, "{text}")?,
            }
        }
        Ok(())
    }
}

/// Writes a file anew, with the folders that it needs.
pub(super) fn create(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = folder.map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, text)).map_err(|error| failed(path, &error))
}

/// Writes behind what a file holds.
fn add(path: &Path, text: &str) -> io::Result<()> {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| failed(path, &error))
}

fn failed(path: &Path, error: &io::Error) -> io::Error {
    let why = format!("failed to write the report {}: {error}", path.display());
    io::Error::new(error.kind(), why)
}
