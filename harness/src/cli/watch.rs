//! `run --watch`: again whenever something changed, what failed first.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::interrupt::Interrupt;
use super::run::{self, RunArgs};
use super::{Terminal, exit, files, select};

/// How often files are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// When each file was last changed, and how long it is.
type Seen = BTreeMap<PathBuf, (SystemTime, u64)>;

/// Runs until somebody ends it; returns the exit code of that.
pub(super) fn run<W: Write, E: Write>(
    args: &RunArgs,
    (interrupt, terminal): (&Interrupt, &mut Terminal<'_, W, E>),
) -> io::Result<u8> {
    // What is not there now would be waited for in silence; what goes later, as in an editor that writes anew, may come back.
    if let Err(code) = files::find_all(args.paths(), terminal)? {
        return Ok(code);
    }
    loop {
        let before = look(&args.watched());
        run::run_once(args, &failed_first(args), (interrupt, terminal))?;
        writeln!(terminal.out, "\nwatching; Ctrl-C ends it")?;
        terminal.out.flush()?;
        let mut settled = before.clone();
        loop {
            if interrupt.is_wanted() {
                return Ok(exit::INTERRUPTED);
            }
            std::thread::sleep(LOOK_EVERY);
            let now = look(&args.watched());
            // A build writes for a while; it is over when two looks see the same.
            if now != before && now == settled {
                break;
            }
            settled = now;
        }
    }
}

/// The paths as they were given, with the files that failed the last time before them.
fn failed_first(args: &RunArgs) -> Vec<PathBuf> {
    let failed = select::not_passed(&select::latest(args.out()));
    let mut paths: Vec<PathBuf> = failed.into_iter().map(|(file, _)| file.into()).collect();
    paths.retain(|path| path.is_file());
    paths.dedup();
    paths.extend(args.paths().iter().cloned());
    paths
}

fn look(paths: &[PathBuf]) -> Seen {
    let mut seen = Seen::new();
    paths.iter().for_each(|path| look_at(path, &mut seen));
    seen
}

fn look_at(path: &Path, seen: &mut Seen) {
    let Ok(facts) = fs::metadata(path) else { return };
    if facts.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| look_at(&entry.path(), seen));
    } else if let Ok(changed) = facts.modified() {
        seen.insert(path.to_owned(), (changed, facts.len()));
    }
}
