//! A sweep in real time: over programs, virtual boards, and boards of the inventory, with the scheduler and the lab of `run`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::benches::{self, Benches};
use super::files::Case;
use super::interrupt::Interrupt;
use super::known::Known;
use super::lab::{self, Lab};
use super::scheduler::{self, InTurn, On, OnFailure, Queue, Schedule, Task, Update};
use crate::drive::Facts;
use crate::engine::{Action, ActionError, Outcome, Verdict};
use crate::explore::{Pace, Runner};
use crate::report::CaseReport;
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// What is told of a sweep that is under way.
#[derive(Debug)]
pub(super) enum Told {
    /// So many runs are over of so many that are to be made now.
    Over(usize, usize),
    /// Something that a person should know now.
    Note(String),
}

/// Boards of the inventory, and how they are taken. One that a run had stays ours until the sweep is over.
#[derive(Debug)]
pub(super) struct Boards {
    pub(super) known: Vec<Known>,
    pub(super) settings: lab::Settings,
}

/// Runs the scenarios of a sweep on benches in real time, several at once.
pub(super) struct BoardRunner<'a> {
    benches: Benches,
    /// Where boards of the inventory were named.
    boards: Option<Boards>,
    /// How many run at once, from 1.
    jobs: usize,
    /// The folder for what devices keep.
    folder: PathBuf,
    interrupt: &'a Interrupt,
    facts: Facts,
    /// When the sweep began, in milliseconds since 1970.
    began_ms: i64,
    runs: usize,
    shares: BTreeMap<String, usize>,
    told: &'a dyn Fn(Told),
}

/// What was done to a bench, and when.
type Acts = Vec<(Moment, Action)>;

impl<'a> BoardRunner<'a> {
    /// A runner of benches; `plan` is what shall be explored.
    ///
    /// # Errors
    ///
    /// No such bench can be had.
    pub(super) fn new(
        (benches, boards, jobs): (Benches, Option<Boards>, usize),
        (plan, folder): (&Arc<Plan>, PathBuf),
        interrupt: &'a Interrupt,
        told: &'a dyn Fn(Told),
    ) -> Result<Self, ActionError> {
        let facts = match &boards {
            None => benches.facts_of_bench(plan)?,
            Some(boards) => {
                let first = boards.known.first().map(|known| known.board.facts());
                let none = || ActionError::new("find a board for the sweep", "there is none");
                let board = boards.settings.choice.clone();
                Facts { board, ..benches.facts(first.ok_or_else(none)?) }
            }
        };
        let began_ms = jiff::Timestamp::now().as_millisecond();
        Ok(Self {
            benches,
            boards,
            jobs,
            folder,
            interrupt,
            facts,
            began_ms,
            runs: 0,
            shares: BTreeMap::new(),
            told,
        })
    }

    /// Runs plans; with their outcomes what was done in the last one that came to its end.
    fn run(&mut self, plans: &[Arc<Plan>]) -> (Vec<Outcome>, Acts) {
        let case = |plan: &Arc<Plan>| Case { plan: Arc::clone(plan), text: "".into(), round: None };
        let cases: Vec<_> = plans.iter().map(case).collect();
        let lab = self.boards.as_ref().map(|boards| {
            let Boards { known, settings } = boards;
            Lab::new(known.clone(), &cases, &self.benches, settings.clone())
        });
        let in_turn = InTurn::new(cases.len());
        let (first, acts) = (self.runs, Mutex::new(Vec::new()));
        let Self { benches, folder, interrupt, .. } = &*self;
        let schedule = Schedule {
            jobs: self.jobs,
            queue: lab.as_ref().map_or(&in_turn as &dyn Queue, |lab| lab),
            on_failure: OnFailure::GoOn,
            interrupted: &self.interrupt.wanted,
            run: &|task, case, _| {
                let folder = folder.join(format!("run-{}", first + task.number));
                let on = (benches, lab.as_ref());
                let (report, done) = run_one(on, (task, case), (&folder, interrupt));
                *acts.lock().unwrap_or_else(PoisonError::into_inner) = done;
                report
            },
        };
        let not_run = || benches::untouched(Verdict::Interrupted);
        let mut outcomes: Vec<_> = plans.iter().map(|_| not_run()).collect();
        let (mut over, mut boards) = (0, Vec::new());
        scheduler::run_all(&cases, &schedule, &mut |update| match update {
            Update::Over(number, report) => {
                over += 1;
                boards.push(report.board.clone());
                (self.told)(Told::Over(over, plans.len()));
                if let Some(outcome) = outcomes.get_mut(number) {
                    *outcome = report.outcome;
                }
            }
            Update::Note(text) => (self.told)(Told::Note(text)),
            Update::Began(_) | Update::At(..) | Update::Moved(_) => {}
        });
        self.runs += plans.len();
        for board in boards.into_iter().filter(|_| self.boards.is_some()) {
            *self.shares.entry(board).or_default() += 1;
        }
        (outcomes, acts.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One run, what it says about its board, and what was done in it.
fn run_one(
    (benches, lab): (&Benches, Option<&Lab<'_>>),
    (task, case): (&Task, &Case),
    (folder, interrupt): (&Path, &Interrupt),
) -> (CaseReport, Acts) {
    let seat = match &task.on {
        On::Board(seat) => Some(seat),
        On::Bench | On::Nothing(_) => None,
    };
    let known = seat.map(|seat| seat.known.as_ref());
    let (outcome, acts) = match benches.run_real(&case.plan, known, (folder, &interrupt.wanted)) {
        Ok((bench, outcome)) => (outcome, bench.acts().to_vec()),
        Err(error) => (benches::untouched(benches::rig_failed(&error)), Vec::new()),
    };
    let board = known.map_or_else(|| benches.board.to_string(), |known| known.board.name.clone());
    let not_begun = benches::not_begun(case, board, Verdict::Interrupted);
    let mut report = CaseReport { outcome, ..not_begun };
    if let (Some(lab), Some(seat)) = (lab, seat) {
        report.aside = lab.judge(task.number, seat, &report);
    }
    (report, acts)
}

impl Runner for BoardRunner<'_> {
    fn facts(&self) -> Facts {
        self.facts.clone()
    }

    fn misses(&self, plan: &Plan) -> Option<String> {
        let Some(boards) = &self.boards else { return self.facts.misses(plan) };
        let known: Vec<_> = boards.known.iter().collect();
        lab::fits(&known, plan, &self.benches).err()
    }

    fn shares(&self) -> BTreeMap<String, usize> {
        self.shares.clone()
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
        let (outcomes, acts) = self.run(std::slice::from_ref(plan));
        let not_run = || benches::untouched(Verdict::Interrupted);
        (acts, outcomes.into_iter().next().unwrap_or_else(not_run))
    }

    fn run_all(&mut self, plans: &[Arc<Plan>]) -> Vec<Outcome> {
        self.run(plans).0
    }
}
