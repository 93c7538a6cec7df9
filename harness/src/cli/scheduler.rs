//! Runs cases side by side and tells about them in their order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::files::Case;
use super::lab::Seat;
use crate::report::{CaseReport, Status};

/// What is told while cases run.
#[derive(Debug)]
pub(super) enum Update {
    /// A case began.
    Began(usize),
    /// A case is at this step: its number from 1, how many there are, its title.
    At(usize, usize, usize, String),
    /// An attempt is over, and the case waits for another board.
    Moved(usize),
    /// Something that a person should know now.
    Note(String),
    /// A case is over.
    Over(usize, Box<CaseReport>),
}

/// A case that is to run now.
#[derive(Debug, Clone)]
pub(super) struct Task {
    /// Its number.
    pub(super) number: usize,
    /// What it runs on.
    pub(super) on: On,
}

/// What a case runs on.
#[derive(Debug, Clone)]
pub(super) enum On {
    /// The bench that all cases have, or one like it.
    Bench,
    /// This board of the inventory.
    Board(Seat),
    /// Nothing: it is over before it began.
    Nothing(Box<CaseReport>),
}

/// Where workers find what to do.
pub(super) trait Queue: Sync {
    /// The next case; waits for a board where that is needed. `None` when there is nothing left to begin, or `is_over` says so.
    fn next(&self, is_over: &dyn Fn() -> bool, tell: &mut dyn FnMut(Update)) -> Option<Task>;

    /// Takes in what came of a case; gives the report back when the case is over.
    fn over(&self, task: &Task, report: CaseReport) -> Option<CaseReport>;
}

/// All cases in their order, each on a bench of its own.
#[derive(Debug)]
pub(super) struct InTurn {
    next: AtomicUsize,
    cases: usize,
}

impl InTurn {
    /// So many cases.
    pub(super) const fn new(cases: usize) -> Self {
        Self { next: AtomicUsize::new(0), cases }
    }
}

impl Queue for InTurn {
    fn next(&self, _: &dyn Fn() -> bool, _: &mut dyn FnMut(Update)) -> Option<Task> {
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        (number < self.cases).then_some(Task { number, on: On::Bench })
    }

    fn over(&self, _: &Task, report: CaseReport) -> Option<CaseReport> {
        Some(report)
    }
}

/// Whether a failed case ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    /// The others run all the same.
    GoOn,
    /// No further case is begun.
    Stop,
}

/// Runs one case, and tells the steps that it is at.
pub(super) type RunOne<'a> = dyn Fn(&Task, &Case, &mut dyn FnMut(Update)) -> CaseReport + Sync + 'a;

/// How cases are run.
pub(super) struct Schedule<'a> {
    /// How many at once, from 1.
    pub(super) jobs: usize,
    /// Where the next case comes from.
    pub(super) queue: &'a dyn Queue,
    /// What a failure does to the others.
    pub(super) on_failure: OnFailure,
    /// Set when somebody wants the run to stop.
    pub(super) interrupted: &'a AtomicBool,
    /// Runs one case; tells the steps that it is at.
    pub(super) run: &'a RunOne<'a>,
}

/// Runs all cases; `told` hears of each update, in the order in which they happen.
pub(super) fn run_all(cases: &[Case], schedule: &Schedule<'_>, told: &mut dyn FnMut(Update)) {
    let stopped = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    std::thread::scope(|scope| {
        for _ in 0..schedule.jobs.min(cases.len()).max(1) {
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let stopped = &stopped;
            scope.spawn(move || {
                // The receiver outlives all workers, so nothing that is sent is lost.
                work(cases, schedule, stopped, &mut |update| drop(sender.send(update)));
            });
        }
        drop(sender);
        for update in receiver {
            told(update);
        }
    });
}

fn work(
    cases: &[Case],
    schedule: &Schedule<'_>,
    stopped: &AtomicBool,
    tell: &mut dyn FnMut(Update),
) {
    let is_over = || stopped.load(Ordering::SeqCst) || schedule.interrupted.load(Ordering::SeqCst);
    while !is_over()
        && let Some(task) = schedule.queue.next(&is_over, tell)
    {
        let number = task.number;
        let Some(case) = cases.get(number) else { return };
        tell(Update::Began(number));
        let report = match &task.on {
            On::Nothing(report) => CaseReport::clone(report),
            On::Bench | On::Board(_) => (schedule.run)(&task, case, tell),
        };
        let Some(report) = schedule.queue.over(&task, report) else {
            tell(Update::Moved(number));
            continue;
        };
        let bad = matches!(report.status(), Status::Fail | Status::Error);
        if bad && schedule.on_failure == OnFailure::Stop {
            stopped.store(true, Ordering::SeqCst);
        }
        tell(Update::Over(number, Box::new(report)));
    }
}

/// Puts reports that come in any order back into the order of the cases.
#[derive(Debug, Default)]
pub(super) struct InOrder {
    early: BTreeMap<usize, CaseReport>,
    next: usize,
}

impl InOrder {
    /// Takes a report in; returns those whose turn has come.
    pub(super) fn take(&mut self, number: usize, report: CaseReport) -> Vec<CaseReport> {
        self.early.insert(number, report);
        let mut ready = Vec::new();
        while let Some(report) = self.early.remove(&self.next) {
            ready.push(report);
            self.next += 1;
        }
        ready
    }

    /// Those that are left when a run ended early, each with its number, in order.
    pub(super) fn rest(self) -> BTreeMap<usize, CaseReport> {
        self.early
    }
}
