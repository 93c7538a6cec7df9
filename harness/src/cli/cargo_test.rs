//! Scenarios as tests of `cargo test` and `cargo nextest`: one test a case, on the simulated bench.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64};

use libtest_mimic::{Arguments, Failed, Trial};

use super::again::CommandLine;
use super::benches::{self, Benches};
use super::board_name::BoardName;
use super::files::{self, Case};
use super::prepare::PrepareArgs;
use super::{Terminal, exit};
use crate::diagnostics::Style;
use crate::engine::Verdict;
use crate::report::human;

/// Runs the scenarios of some files and folders as tests; the words of the command line are those of any test program.
///
/// Call it from a test target with `harness = false`:
///
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     shadowrig::cli::cargo_test(&["scenarios"])
/// }
/// ```
///
/// A file that does not parse is a failed test. A case that the bench cannot run passes as skipped.
#[must_use = "return it from `main`, so that cargo hears of it"]
pub fn cargo_test(paths: &[&str]) -> ExitCode {
    let arguments = Arguments::from_args();
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let trials = match cases(&paths) {
        Ok(cases) => cases.into_iter().map(trial).collect(),
        Err(why) => vec![Trial::test("the scenarios can be read", move || Err(Failed::from(why)))],
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// All cases, or what is wrong with their files.
fn cases(paths: &[PathBuf]) -> Result<Vec<Case>, String> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let read = read(paths, &mut out, &mut err);
    let said = || String::from_utf8_lossy(&err).into_owned();
    match read {
        Ok(Ok(cases)) => Ok(cases),
        Ok(Err(_)) => Err(said()),
        Err(error) => Err(error.to_string()),
    }
}

fn read(
    paths: &[PathBuf],
    out: &mut Vec<u8>,
    err: &mut Vec<u8>,
) -> io::Result<Result<Vec<Case>, u8>> {
    let mut terminal = Terminal {
        out,
        err,
        style: Style::Plain,
        live: false,
        variable: |name| std::env::var(name).ok(),
        log: || Box::new(io::sink()),
    };
    let files = match files::read(paths, &mut terminal)? {
        Ok(files) => files,
        Err(code) => return Ok(Err(code)),
    };
    if files::draw_problems(&files, &mut terminal)? {
        return Ok(Err(exit::BAD_SCENARIO));
    }
    PrepareArgs::default().prepare(files::cases(files), &mut terminal)
}

fn trial(case: Case) -> Trial {
    let name = format!("{}::{}", case.plan.file, case.plan.name);
    Trial::test(name, move || {
        let benches = Benches {
            network: super::told::Network::default(),
            board: BoardName::Sim,
            real_cloud: None,
            made: AtomicU64::new(0),
            seed: 0,
            command: None,
            allow_run: false,
            things: PathBuf::new(),
            thing: benches::THING_NAME.to_owned(),
            listening: None,
            runtime: None,
            again: CommandLine::default(),
        };
        let folder = PathBuf::new();
        let interrupted = AtomicBool::new(false);
        let report = benches.run((&case, 0), None, (&folder, &interrupted), &mut |_| {});
        match &report.outcome.verdict {
            Verdict::Passed | Verdict::Skipped { .. } => Ok(()),
            Verdict::Interrupted => Err(Failed::from("interrupted")),
            Verdict::Failed(_) => Err(Failed::from(human::failure(&report, Style::Plain))),
        }
    })
}
