//! The run directory: what a run leaves for whoever wants to understand it later.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::report::{CaseReport, events, junit};

/// A folder for one run.
#[derive(Debug)]
pub(super) struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes the folder.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a case; cases have different names, since their numbers are in them.
    pub(super) fn case_path(&self, number: usize, name: &str) -> PathBuf {
        self.path.join(format!("{:03}-{}", number + 1, slug(name)))
    }

    /// Writes `events.jsonl` of a case.
    pub(super) fn write_case(&self, number: usize, case: &CaseReport) -> io::Result<()> {
        let folder = self.case_path(number, &case.plan.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("events.jsonl"), events::render(case))
    }

    /// Writes `junit.xml` of the run.
    pub(super) fn write_junit(&self, cases: &[CaseReport]) -> io::Result<()> {
        fs::write(self.path.join("junit.xml"), junit::render(cases).map_err(io::Error::other)?)
    }
}

/// A name as part of a path: short, lower-case, nothing but letters, digits and `-`.
fn slug(name: &str) -> String {
    const CHARS_MAX: usize = 60;
    let mut slug = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(CHARS_MAX);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_part_of_a_path() {
        assert_eq!(slug("Obey once: signal=2 [é]"), "obey-once-signal-2");
    }
}
