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
/// A file that does not parse is a failed test. A case that the bench cannot run is an ignored test, as one with `#[ignore]`;
/// `shadowrig list --board sim` says why.
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
    let facts = benches.facts_of_bench(&case.plan);
    let is_skipped = facts.is_ok_and(|facts| facts.misses(&case.plan).is_some());
    let test = Trial::test(name, move || {
        let folder = PathBuf::new();
        let interrupted = AtomicBool::new(false);
        let report = benches.run((&case, 0), None, (&folder, &interrupted), &mut |_| {});
        match &report.outcome.verdict {
            Verdict::Passed | Verdict::Skipped { .. } => Ok(()),
            Verdict::Interrupted => Err(Failed::from("interrupted")),
            Verdict::Failed(_) => Err(Failed::from(human::failure(&report, Style::Plain))),
        }
    });
    test.with_ignored_flag(is_skipped)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_case_that_the_bench_cannot_run_is_an_ignored_test() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let case = |name: &str, key: &str| {
            let text = format!("version: 1\nname: {name}\n{key}steps:\n  - reset: pin\n");
            fs::write(folder.path().join(format!("{name}.yaml")), text).expect("it can be written");
        };
        case("a", "");
        case("b", "requires: { cloud: aws }\n");
        let cases = cases(&[folder.path().to_owned()]).expect("they are good");
        let ignored: Vec<_> =
            cases.into_iter().map(|case| trial(case).has_ignored_flag()).collect();
        assert_eq!(ignored, [false, true]);
    }
}
