//! A sweep in real time: over programs, virtual boards, and boards of the inventory.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::benches::{self, Benches};
use super::interrupt::Interrupt;
use super::known::Known;
use crate::drive::{Bench as _, Facts};
use crate::engine::{Action, ActionError, Outcome};
use crate::explore::{Pace, Runner};
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// Runs the scenarios of a sweep on benches in real time, several at once.
pub(super) struct BoardRunner<'a> {
    benches: Benches,
    /// The board of the inventory, where one was named.
    known: Option<Known>,
    /// How many run at once, from 1.
    jobs: usize,
    /// The folder for what devices keep.
    folder: PathBuf,
    interrupt: &'a Interrupt,
    facts: Facts,
    /// When the sweep began, in milliseconds since 1970.
    began_ms: i64,
    runs: usize,
    /// Told of each run that is over, with how many are over and how many there are.
    told: &'a (dyn Fn(usize, usize) + Sync),
}

impl<'a> BoardRunner<'a> {
    /// A runner of benches; `plan` is what shall be explored.
    ///
    /// # Errors
    ///
    /// No such bench can be had.
    pub(super) fn new(
        (benches, known, jobs): (Benches, Option<Known>, usize),
        (plan, folder): (&Arc<Plan>, PathBuf),
        interrupt: &'a Interrupt,
        told: &'a (dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, ActionError> {
        let bench = benches.bench((plan, known.as_ref()), &folder.join("facts"))?;
        let (facts, began_ms) = (benches.facts(bench.facts()), bench.began_ms());
        drop(bench);
        Ok(Self { benches, known, jobs, folder, interrupt, facts, began_ms, runs: 0, told })
    }
}

impl Runner for BoardRunner<'_> {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }

    fn pace(&self) -> Pace {
        Pace::Real
    }

    /// As if each run had begun with the sweep.
    fn unix_ms(&self, at: Moment) -> i64 {
        let since = i64::try_from(at.since_start().as_millis()).unwrap_or(i64::MAX);
        self.began_ms.saturating_add(since)
    }

    fn take_down(&mut self, plan: &Arc<Plan>) -> (Vec<(Moment, Action)>, Outcome) {
        let folder = self.folder.join("good");
        let place = (folder.as_path(), &*self.interrupt.wanted);
        match self.benches.run_real(plan, self.known.as_ref(), place) {
            Ok((bench, outcome)) => (bench.acts().to_vec(), outcome),
            Err(error) => (Vec::new(), benches::untouched(benches::rig_failed(&error))),
        }
    }

    fn run_all(&mut self, plans: &[Arc<Plan>]) -> Vec<Outcome> {
        let (next, over) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let outcomes = Mutex::new(vec![None; plans.len()]);
        let first = self.runs;
        self.runs += plans.len();
        let run = |number: usize, plan: &Arc<Plan>| {
            let folder = self.folder.join(format!("run-{}", first + number));
            let place = (folder.as_path(), &*self.interrupt.wanted);
            let ran = self.benches.run_real(plan, self.known.as_ref(), place);
            ran.map_or_else(
                |error| benches::untouched(benches::rig_failed(&error)),
                |(_, outcome)| outcome,
            )
        };
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.min(plans.len()) {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst);
                        let Some(plan) = plans.get(number) else { return };
                        if self.interrupt.is_wanted() {
                            return;
                        }
                        let outcome = run(number, plan);
                        outcomes.lock().unwrap_or_else(PoisonError::into_inner)[number] =
                            Some(outcome);
                        (self.told)(over.fetch_add(1, Ordering::SeqCst) + 1, plans.len());
                    }
                });
            }
        });
        let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
        let not_run = || benches::untouched(crate::engine::Verdict::Interrupted);
        outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(not_run)).collect()
    }
}
