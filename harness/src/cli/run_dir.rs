//! The run directory: what a run leaves for whoever wants to understand it later, and how that is read again.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::report::format::Format;
use crate::report::json::{self, RunFacts, Texts};
use crate::report::read_error::ReadError;
use crate::report::{CaseReport, RunReport, case, events, readme, trace};

/// Where runs leave what they leave behind, where nobody says otherwise.
pub(super) const RUNS: &str = "target/shadowrig";

/// The file that tells about the whole run; it is written last.
const RUN: &str = "run.json";
/// The file that tells about a case.
const CASE: &str = "case.json";
/// The log of a case.
const EVENTS: &str = "events.jsonl";
/// What the current meter told of a case that measured.
const TRACE: &str = "current.csv";
/// The scenario of a case as it was run. Its name does not end with `.yaml`, so that `run .` never takes it for one to run.
const SCENARIO: &str = "scenario.txt";

/// A folder for one run.
#[derive(Debug)]
pub(super) struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes the folder. Where an earlier run used it, that run's index goes, so that nobody mixes the two up.
    pub(super) fn create(path: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&path)?;
        match fs::remove_file(path.join(RUN)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(Self { path }),
        }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a case; cases have different ones, since their numbers are in them.
    pub(super) fn case_path(&self, number: usize, name: &str) -> PathBuf {
        self.path.join(case::folder(number + 1, name))
    }

    /// Writes what is kept of a case: its scenario, its log and how it ended.
    pub(super) fn write_case(&self, number: usize, case: &CaseReport) -> io::Result<()> {
        let folder = self.case_path(number, &case.plan.name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(SCENARIO), &*case.source)?;
        for (index, source) in case.included.iter().enumerate() {
            fs::write(folder.join(included(index)), &*source.text)?;
        }
        fs::write(folder.join(EVENTS), events::render(case))?;
        if let Some(trace) = trace::render(case) {
            fs::write(folder.join(TRACE), trace)?;
        }
        fs::write(folder.join(CASE), json::render_case(number + 1, case))
    }

    /// Writes what tells about the run as a whole.
    pub(super) fn write_run(&self, run: &RunReport) -> io::Result<()> {
        let render = |format: Format| format.render(run).map_err(io::Error::other);
        fs::write(self.path.join("README.txt"), readme::render(run))?;
        fs::write(self.path.join("junit.xml"), render(Format::Junit)?)?;
        fs::write(self.path.join("index.html"), render(Format::Html)?)?;
        fs::write(self.path.join(RUN), render(Format::Json)?)
    }
}

/// A run that was read from its directory.
#[derive(Debug)]
pub(super) struct ReadRun {
    /// The run.
    pub(super) report: RunReport,
    /// The folder of each case, in the order of the cases.
    pub(super) folders: Vec<PathBuf>,
    /// Whether the run came to its end; if not, these are the cases that were over.
    pub(super) is_complete: bool,
}

/// Why a run directory cannot be read.
#[derive(Debug)]
pub(super) enum NotReadable {
    /// There is no trace of a run in it.
    NoRun(PathBuf),
    /// A file of it is not what it should be.
    BadFile(PathBuf, ReadError),
    /// The system says no.
    Io(PathBuf, io::Error),
}

impl fmt::Display for NotReadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRun(path) => {
                write!(
                    f,
                    "{} is not a run directory: it has neither {RUN} nor a folder with {CASE}",
                    path.display()
                )
            }
            Self::BadFile(path, error) => write!(f, "failed to read {}: {error}", path.display()),
            Self::Io(path, error) => write!(f, "failed to read {}: {error}", path.display()),
        }
    }
}

impl NotReadable {
    /// What to do next.
    pub(super) const fn help(&self) -> &'static str {
        match self {
            Self::NoRun(_) | Self::BadFile(_, ReadError::NotOurs) => {
                "name the folder that `shadowrig run` printed, or gave by `--out`"
            }
            Self::BadFile(_, ReadError::Newer { .. }) => "read it with the shadowrig that wrote it",
            Self::BadFile(..) => {
                "the file was changed or cut after the run; run the scenarios again"
            }
            Self::Io(..) => "check that the folder is there and can be read",
        }
    }
}

/// Reads a run back from its directory; one that did not come to its end too, as far as it came.
pub(super) fn read(path: &Path) -> Result<ReadRun, NotReadable> {
    if !fs::metadata(path).map_err(|error| NotReadable::Io(path.into(), error))?.is_dir() {
        return Err(NotReadable::NoRun(path.into()));
    }
    let index = path.join(RUN);
    let (facts, is_complete) = match fs::read_to_string(&index) {
        Ok(text) => {
            let facts =
                json::parse(&text).map_err(|error| NotReadable::BadFile(index.clone(), error))?;
            (facts, true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => (RunFacts::default(), false),
        Err(error) => return Err(NotReadable::Io(index, error)),
    };
    let folders = match &facts.folders {
        Some(folders) => folders.iter().map(|folder| path.join(folder)).collect(),
        None => find_cases(path).map_err(|error| NotReadable::Io(path.into(), error))?,
    };
    if !is_complete && folders.is_empty() {
        return Err(NotReadable::NoRun(path.into()));
    }
    let mut cases = Vec::new();
    for folder in folders {
        let (number, case) = read_case(&folder)?;
        cases.push((number, folder, case));
    }
    cases.sort_by_key(|(number, ..)| *number);
    let wall =
        if is_complete { facts.wall } else { cases.iter().map(|(.., case)| case.wall).sum() };
    let (folders, cases) = cases.into_iter().map(|(_, folder, case)| (folder, case)).unzip();
    let report = RunReport { began_at: facts.began_at, wall, cases };
    Ok(ReadRun { report, folders, is_complete })
}

fn read_case(folder: &Path) -> Result<(usize, CaseReport), NotReadable> {
    let read = |name: &str| {
        let path = folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok((path, text)),
            Err(error) => Err(NotReadable::Io(path, error)),
        }
    };
    let (events_path, events) = read(EVENTS)?;
    let (case_path, case) = read(CASE)?;
    let (_, scenario) = read(SCENARIO)?;
    let log = events::parse(&events).map_err(|error| NotReadable::BadFile(events_path, error))?;
    let paths = (0..).map(|index| folder.join(included(index)));
    let included: Vec<_> = paths.map_while(|path| fs::read_to_string(path).ok()).collect();
    let texts = Texts { scenario: &scenario, included: &included };
    json::parse_case(&case, &texts, log).map_err(|error| NotReadable::BadFile(case_path, error))
}

/// The file with an included file's text, as it was run.
fn included(index: usize) -> String {
    format!("included-{}.txt", index + 1)
}

/// The folders below a path that hold a case.
fn find_cases(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let folder = entry?.path();
        if folder.join(CASE).is_file() {
            found.push(folder);
        }
    }
    found.sort();
    Ok(found)
}

/// `target/shadowrig/<time>`, a new one each time.
pub(super) fn default_out() -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ").to_string();
    PathBuf::from(RUNS).join(now)
}
