//! Runs cases side by side and tells about them in their order.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::files::Case;
use crate::report::{CaseReport, Status};

/// What is told while cases run.
#[derive(Debug)]
pub(super) enum Update {
    /// A case began.
    Began(usize),
    /// A case is at this step: its number from 1, how many there are, its title.
    At(usize, usize, usize, String),
    /// A case is over.
    Over(usize, Box<CaseReport>),
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
pub(super) type RunOne<'a> = dyn Fn(usize, &Case, &mut dyn FnMut(Update)) -> CaseReport + Sync + 'a;

/// How cases are run.
pub(super) struct Schedule<'a> {
    /// How many at once, from 1.
    pub(super) jobs: usize,
    /// What a failure does to the others.
    pub(super) on_failure: OnFailure,
    /// Set when somebody wants the run to stop.
    pub(super) interrupted: &'a AtomicBool,
    /// Runs one case; tells the steps that it is at.
    pub(super) run: &'a RunOne<'a>,
}

/// Runs all cases; `told` hears of each update, in the order in which they happen.
pub(super) fn run_all(cases: &[Case], schedule: &Schedule<'_>, told: &mut dyn FnMut(Update)) {
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    std::thread::scope(|scope| {
        for _ in 0..schedule.jobs.min(cases.len()).max(1) {
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let (next, stopped) = (&next, &stopped);
            scope.spawn(move || {
                // The receiver outlives all workers, so nothing that is sent is lost.
                let mut tell = |update| drop(sender.send(update));
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(case) = cases.get(number) else { return };
                    if stopped.load(Ordering::SeqCst) || schedule.interrupted.load(Ordering::SeqCst)
                    {
                        return;
                    }
                    tell(Update::Began(number));
                    let report = (schedule.run)(number, case, &mut tell);
                    let bad = matches!(report.status(), Status::Fail | Status::Error);
                    if bad && schedule.on_failure == OnFailure::Stop {
                        stopped.store(true, Ordering::SeqCst);
                    }
                    tell(Update::Over(number, Box::new(report)));
                }
            });
        }
        drop(sender);
        for update in receiver {
            told(update);
        }
    });
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
