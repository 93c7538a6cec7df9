//! The boards of the inventory that a run may use: which case goes on which, with the locks that make them ours.
//!
//! A board is taken when the first case needs it, kept while others of the run can use it, and free again as soon as none can. What decides
//! is [`Pool`]; here are the locks, the waiting and the words.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::attempts;
use super::benches::{self, Benches};
use super::files::Case;
use super::known::{Known, KnownArgs, WAIT_FOR_IT};
use super::scheduler::{On, Queue, Task, Update};
pub(super) use super::taking::Settings;
use super::{Terminal, boards, exit};
use crate::engine::{ActionError, Trouble, Verdict};
use crate::inventory::aside::{self, Aside};
use crate::inventory::file;
use crate::inventory::lock::{self, BoardLock, LockError};
use crate::inventory::matching::{self, Choice};
use crate::inventory::pool::{Afterwards, Judgement, Offer, Pool, Wants};
use crate::inventory::wear::Wears;
use crate::report::{Attempt, CaseReport};
use crate::scenario::plan::Plan;

/// How often a board that somebody else has is tried again, and how late a worker hears that the run is over.
const LOOK: Duration = Duration::from_millis(200);

/// A board that a case runs on.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    index: usize,
    /// The board.
    pub(super) known: Arc<Known>,
}

/// The boards of a run, and the cases that wait for them.
#[derive(Debug)]
pub(super) struct Lab<'a> {
    boards: Vec<Arc<Known>>,
    cases: &'a [Case],
    settings: Settings,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    pool: Pool,
    /// Cases that no board fits, with the reason.
    skipped: BTreeMap<usize, String>,
    held: BTreeMap<usize, BoardLock>,
    /// Why boards are not ours, as somebody else said last.
    others: BTreeMap<usize, String>,
    /// Since when a case waits for boards of others.
    since: BTreeMap<usize, Instant>,
    told: BTreeSet<String>,
    /// The attempts of cases that were moved.
    earlier: BTreeMap<usize, Vec<Attempt>>,
    asides: BTreeMap<usize, String>,
}

/// The boards that `--board` means.
///
/// # Errors
///
/// The exit code when the inventory cannot be used, or a word means no board; the reason is written.
pub(super) fn choose<W: Write, E: Write>(
    choice: &Choice,
    args: &KnownArgs,
    terminal: &mut Terminal<'_, W, E>,
) -> io::Result<Result<Vec<Known>, u8>> {
    let file = match boards::load(&args.inventory, terminal)? {
        Ok(file) => file,
        Err(code) => return Ok(Err(code)),
    };
    if !file.path.exists() {
        let path = file.path.display();
        writeln!(terminal.err, "error: there is no inventory {path}")?;
        writeln!(
            terminal.err,
            "help: `shadowrig boards learn` writes one, or name another by --inventory"
        )?;
        return Ok(Err(exit::RIG));
    }
    let inventory = &file.read.inventory;
    let indexes = match choice.boards(inventory) {
        Ok(indexes) => indexes,
        Err(error) => {
            let path = file.path.display();
            writeln!(terminal.err, "error: {error} ({path})\nhelp: {}", error.help())?;
            return Ok(Err(exit::RIG));
        }
    };
    let chosen = indexes.iter().filter_map(|index| inventory.boards.get(*index));
    let locks = file::locks(terminal.variable);
    let wears = Wears::of_user(terminal.variable);
    let known = |board| Known::of(board, &file.path, (&locks, wears.clone()));
    let (good, bad): (Vec<_>, Vec<_>) = chosen.map(known).partition(Result::is_ok);
    let word = if good.is_empty() { "error" } else { "warning" };
    for error in bad.into_iter().filter_map(Result::err) {
        let help = error.help.as_deref().unwrap_or_default();
        writeln!(terminal.err, "{word}: {error}\nhelp: {help}")?;
    }
    let good: Vec<_> = good.into_iter().flatten().collect();
    Ok(if good.is_empty() { Err(exit::RIG) } else { Ok(good) })
}

/// The boards that a case can run on, as indexes.
///
/// # Errors
///
/// Why there is none.
pub(super) fn fits(
    boards: &[&Known],
    plan: &Plan,
    benches: &Benches,
) -> Result<Vec<usize>, String> {
    let boards: Vec<_> = boards.iter().map(|known| &known.board).collect();
    let mut found = matching::candidates(&boards, plan, &|board| benches.facts(board.facts()))?;
    let mut reason = None;
    found.retain(|index| {
        let unreachable = benches.unreachable_fault(boards.get(*index).copied(), plan);
        let is_reached = unreachable.is_none();
        reason = reason.take().or(unreachable);
        is_reached
    });
    match reason {
        Some(reason) if found.is_empty() => Err(reason),
        _ => Ok(found),
    }
}

impl<'a> Lab<'a> {
    /// Decides where each case can run; touches no board.
    pub(super) fn new(
        boards: Vec<Known>,
        cases: &'a [Case],
        benches: &Benches,
        settings: Settings,
    ) -> Self {
        let asides: BTreeMap<_, _> = boards
            .iter()
            .enumerate()
            .filter_map(|(index, known)| {
                let aside = aside::recall(&settings.locks, known.board.mac)?;
                Some((index, format!("{} was {aside}", known.board.name)))
            })
            .collect();
        let mut inner = Inner {
            pool: Pool::new(boards.len(), &asides.keys().copied().collect()),
            asides,
            ..Inner::default()
        };
        let all: Vec<_> = boards.iter().collect();
        for (number, case) in cases.iter().enumerate() {
            match fits(&all, &case.plan, benches) {
                Ok(boards) => {
                    let image = case.plan.firmware.image.clone();
                    inner.pool.wait(number, Wants { boards, image });
                }
                Err(reason) => drop(inner.skipped.insert(number, reason)),
            }
        }
        let boards = boards.into_iter().map(Arc::new).collect();
        Self { boards, cases, settings, inner: Mutex::new(inner), changed: Condvar::new() }
    }

    /// How many boards there are.
    pub(super) fn size(&self) -> usize {
        self.boards.len()
    }

    /// What earlier runs say about the boards, a line each.
    pub(super) fn notes(&self) -> Vec<String> {
        let note = |text: &String| format!("{text}; it is used only where no other board fits");
        self.inner().asides.values().map(note).collect()
    }

    /// Takes in what an attempt says about its board; gives the reason when the board is set aside by it.
    pub(super) fn judge(&self, number: usize, seat: &Seat, report: &CaseReport) -> Option<String> {
        let mac = seat.known.board.mac;
        let locks = &self.settings.locks;
        let mut inner = self.inner();
        let trouble = trouble(report);
        match inner.pool.judge(number, seat.index, trouble) {
            Judgement::Stays => {
                let worked =
                    matches!(&report.outcome.verdict, Verdict::Passed | Verdict::Failed(_));
                if worked && trouble.is_none() && inner.asides.remove(&seat.index).is_some() {
                    aside::forget(locks, mac);
                }
                None
            }
            Judgement::AsideAndMoved | Judgement::AsideAndOver => {
                let reason = reason(report);
                let aside = Aside {
                    reason: reason.clone(),
                    run: self.settings.holder.run.clone(),
                    since: self.settings.holder.since.clone(),
                };
                // The report of this run says it in any case.
                let _only_told_here = aside::remember(locks, mac, &aside);
                let name = &seat.known.board.name;
                inner.asides.insert(seat.index, format!("{name} was set aside: {reason}"));
                Some(reason)
            }
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The best case that can begin now.
    fn begin(&self, inner: &mut Inner) -> Option<Task> {
        let mut tried = BTreeSet::new();
        for offer in inner.pool.offers() {
            if offer.is_ours || (tried.insert(offer.board) && self.lock(inner, offer)) {
                inner.pool.begin(offer);
                inner.since.remove(&offer.case);
                let known = Arc::clone(self.boards.get(offer.board)?);
                let on = On::Board(Seat { index: offer.board, known });
                return Some(Task { number: offer.case, on });
            }
        }
        None
    }

    /// Whether a board could be had.
    fn lock(&self, inner: &mut Inner, offer: Offer) -> bool {
        let Some(known) = self.boards.get(offer.board) else { return false };
        let Settings { locks, holder, keep, .. } = &self.settings;
        let mac = known.board.mac;
        if let Some(lock) = keep.as_ref().and_then(|keep| keep.inner().remove(&mac)) {
            inner.held.insert(offer.board, lock);
            return true;
        }
        match lock::take(locks, mac, holder, Duration::ZERO) {
            Ok(lock) => {
                inner.held.insert(offer.board, lock);
                true
            }
            Err(error) => {
                let words = match &error {
                    LockError::Held { .. } => {
                        error.to_string().replacen("it", &known.board.name, 1)
                    }
                    LockError::File { .. } => format!("{}: {error}", known.board.name),
                };
                inner.others.insert(offer.board, words);
                false
            }
        }
    }

    /// Tells what cases wait for; gives one that has waited long enough, or in vain.
    fn wait(&self, inner: &mut Inner, tell: &mut dyn FnMut(Update)) -> Option<Task> {
        for number in inner.pool.waiting() {
            if !inner.pool.waits_for_others(number) {
                inner.since.remove(&number);
                continue;
            }
            let boards = inner.pool.boards_of(number);
            let since = *inner.since.entry(number).or_insert_with(Instant::now);
            let error = if boards.is_empty() {
                let reasons: Vec<_> = inner.asides.values().cloned().collect();
                ActionError::new("find a board for the case", reasons.join("; ")).help(
                    "`shadowrig boards doctor` looks at them, and brings back those that answer",
                )
            } else {
                let who: Vec<_> =
                    boards.iter().filter_map(|board| inner.others.get(board)).cloned().collect();
                if since.elapsed() < self.settings.wait {
                    for who in who {
                        if inner.told.insert(who.clone()) {
                            tell(Update::Note(format!("waiting: {who}")));
                        }
                    }
                    continue;
                }
                ActionError::new("take a board for the case", who.join("; ")).help(WAIT_FOR_IT)
            };
            inner.pool.give_up(number);
            return self.nothing(inner, number, benches::rig_failed(&error));
        }
        None
    }

    /// A case that is over before it began.
    fn nothing(&self, inner: &mut Inner, number: usize, verdict: Verdict) -> Option<Task> {
        let boards = inner.pool.boards_of(number);
        let board = match boards.as_slice() {
            [only] => self.boards.get(*only)?.board.name.clone(),
            _ => self.settings.choice.clone(),
        };
        let mut report = benches::not_begun(self.cases.get(number)?, board, verdict);
        report.earlier = inner.earlier.remove(&number).unwrap_or_default();
        Some(Task { number, on: On::Nothing(Box::new(report)) })
    }
}

impl Queue for Lab<'_> {
    fn next(&self, is_over: &dyn Fn() -> bool, tell: &mut dyn FnMut(Update)) -> Option<Task> {
        let mut inner = self.inner();
        loop {
            if is_over() {
                return None;
            }
            if let Some((number, reason)) = inner.skipped.pop_first() {
                return self.nothing(&mut inner, number, Verdict::Skipped { reason });
            }
            if inner.pool.is_empty() {
                return None;
            }
            let task = self.begin(&mut inner).or_else(|| self.wait(&mut inner, tell));
            if task.is_some() {
                return task;
            }
            let waited = self.changed.wait_timeout(inner, LOOK);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn over(&self, task: &Task, mut report: CaseReport) -> Option<CaseReport> {
        let On::Board(seat) = &task.on else { return Some(report) };
        let mut inner = self.inner();
        let number = task.number;
        let moves = report.aside.is_some() && !inner.pool.boards_of(number).is_empty();
        let earlier = inner.earlier.entry(number).or_default();
        earlier.append(&mut report.earlier);
        let report = if moves {
            earlier.push(attempts::attempt(&report));
            None
        } else {
            report.earlier = inner.earlier.remove(&number).unwrap_or_default();
            Some(report)
        };
        let and = if moves { Afterwards::WaitAgain } else { Afterwards::Over };
        inner.pool.end(number, seat.index, and);
        for board in inner.pool.let_go() {
            let Some(lock) = inner.held.remove(&board) else { continue };
            // One that was set aside is of no use to us any more.
            let is_good = !inner.asides.contains_key(&board);
            let keep = self.settings.keep.as_ref().filter(|_| is_good);
            if let (Some(keep), Some(known)) = (keep, self.boards.get(board)) {
                keep.inner().insert(known.board.mac, lock);
            }
        }
        drop(inner);
        self.changed.notify_all();
        report
    }
}

/// What an attempt says about its board.
fn trouble(report: &CaseReport) -> Option<Trouble> {
    match &report.outcome.verdict {
        Verdict::Failed(failure) => failure.mismatch.trouble,
        Verdict::Passed | Verdict::Interrupted | Verdict::Skipped { .. } => None,
    }
}

/// Why a board is set aside, in one line.
fn reason(report: &CaseReport) -> String {
    let Verdict::Failed(failure) = &report.outcome.verdict else { return String::new() };
    let mismatch = &failure.mismatch;
    let why = mismatch.actual.lines().next().unwrap_or_default();
    format!("{}: {}", mismatch.headline, why.trim_end_matches([';', ':']))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::cli::again::CommandLine;
    use crate::cli::board_name::BoardName;
    use crate::cli::taking::Keep;
    use crate::cli::told::Network;
    use crate::inventory::lock::Holder;
    use crate::inventory::read::read;

    const INVENTORY: &str = include_str!("../../../fixtures/inventory/four-virtual.toml");
    const CASE: &str = "version: 1\nname: a case\nsteps: [expect-cycle: {}]\n";

    fn benches() -> Benches {
        Benches {
            board: BoardName::Inventory("lab".into()),
            real_cloud: None,
            made: std::sync::atomic::AtomicU64::new(0),
            seed: 0,
            command: None,
            allow_run: false,
            things: PathBuf::new(),
            network: Network::default(),
            thing: benches::THING_NAME.into(),
            listening: None,
            runtime: None,
            again: CommandLine::default(),
        }
    }

    fn boards(locks: &Path) -> Vec<Known> {
        let boards = read(INVENTORY).inventory.boards;
        let known = |board| {
            Known::of(board, Path::new("four-virtual.toml"), (locks, Wears(locks.to_owned())))
        };
        boards.iter().map(|board| known(board).expect("they are in software")).collect()
    }

    fn cases(count: usize) -> Vec<Case> {
        let plan = Arc::new(crate::scenario::parse(CASE, "a.yaml").plans[0].clone());
        let case = || Case { plan: Arc::clone(&plan), text: "".into(), round: None };
        std::iter::repeat_with(case).take(count).collect()
    }

    fn settings(locks: &Path, keep: Option<Keep>) -> Settings {
        let holder = Holder {
            pid: std::process::id(),
            user: "me".into(),
            run: "r".into(),
            since: "now".into(),
        };
        Settings {
            locks: locks.to_owned(),
            holder,
            wait: Duration::ZERO,
            choice: "lab".into(),
            keep,
        }
    }

    /// Runs all that can be run at once, and gives the boards in their order.
    fn round(lab: &Lab<'_>, cases: &[Case]) -> Vec<String> {
        let next = |_: &Case| lab.next(&|| false, &mut |_| {}).expect("a board is free");
        let tasks: Vec<_> = cases.iter().map(next).collect();
        let name = |task: &Task| match &task.on {
            On::Board(seat) => seat.known.board.name.clone(),
            On::Bench | On::Nothing(_) => String::new(),
        };
        let mut names: Vec<_> = tasks.iter().map(name).collect();
        for (task, case) in tasks.iter().zip(cases) {
            let over = benches::not_begun(case, name(task), Verdict::Passed);
            lab.over(task, over).expect("it is over");
        }
        names.sort();
        names
    }

    #[test]
    fn as_many_cases_run_at_once_as_there_are_boards_each_on_its_own() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let (benches, cases) = (benches(), cases(4));
        let lab = Lab::new(boards(folder.path()), &cases, &benches, settings(folder.path(), None));
        assert_eq!(round(&lab, &cases), ["c3-1", "c3-2", "old-1", "older-1"]);
    }

    #[test]
    fn boards_that_are_kept_stay_ours_from_one_lab_to_the_next() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let locks = folder.path();
        let (benches, cases, boards) = (benches(), cases(4), boards(locks));
        let taken = || {
            let is_taken = |known: &&Known| lock::holder(locks, known.board.mac).is_some();
            boards.iter().filter(is_taken).count()
        };
        for keep in [None, Some(Keep::default())] {
            for _ in 0..2 {
                let settings = settings(locks, keep.clone());
                let lab = Lab::new(boards.clone(), &cases, &benches, settings);
                assert_eq!(round(&lab, &cases).len(), 4);
                drop(lab);
                assert_eq!(taken(), if keep.is_some() { 4 } else { 0 });
            }
            drop(keep);
            assert_eq!(taken(), 0);
        }
    }
}
