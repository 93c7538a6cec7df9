//! The sweep: each combination run, and its invariants checked.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::combination::{Combination, Slot};
use super::edges::{self, EDGES_MAX, Edge, Meeting, Write};
use super::faults::variants;
use super::place::Mishap;
use super::reduce::{Reduction, reduce};
use super::rhythm::Rhythm;
use super::runner::{Pace, Runner};
use super::script::{End, Script, head, shortest, sleeps, steps_began, within};
use crate::drive::sim::MakeDevice;
use crate::engine::event::Event;
use crate::engine::{Outcome, Verdict};
use crate::invariant::{Rule, Violation, built_in, over_log};
use crate::scenario;
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// How many sleeps a run is watched behind its last act.
const SLEEPS_WATCHED: u32 = 8;

/// The same in real time, where a run ends with the last of them: enough for what must have recovered after three quiet wakes.
const CYCLES_WATCHED: usize = 5;

/// How long a run is watched at least behind its last act: longer than any wake may last.
const WATCHED_MIN: Duration = Duration::from_secs(300);

/// Why nothing was explored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotExplored {
    /// The scenario itself fails.
    Fails(String),
    /// It does something that cannot be repeated at another time.
    NotRepeatable(String),
    /// The bench cannot run it.
    Skipped(String),
}

/// What came out of a sweep.
#[derive(Debug)]
pub struct Sweep {
    /// The scenario.
    pub name: String,
    /// What it ran on.
    pub board: String,
    /// Where several boards shared the runs, how many each made.
    pub shares: BTreeMap<String, usize>,
    /// The invariants that were checked.
    pub rules: Vec<Rule>,
    /// Invariants that do not hold even when nothing goes wrong, which were left out.
    pub broken_before: Vec<(String, String)>,
    /// Connections and requests: the columns of the faults.
    pub meetings: Vec<Meeting>,
    /// What was observed: the rows of power cuts.
    pub edges: Vec<Edge>,
    /// Writes of the device's state: the rows of power cuts in them.
    pub writes: Vec<Write>,
    /// How many edges came too late to be looked at.
    pub left_out: usize,
    /// How many runs it took, those that reduce a failure left out.
    pub runs: usize,
    /// How each combination ended, in the order in which they were tried.
    pub cells: Vec<(Combination, Cell)>,
    /// The combinations that break an invariant.
    pub failures: Vec<Failure>,
}

/// How a combination ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// It breaks the invariant of that place.
    Broken(usize),
    /// The invariants hold.
    Good,
    /// The run did not come to its end, or what should go wrong did not; with what was said of it.
    Odd(String),
    /// The bench cannot do it, with the reason.
    Skipped(String),
}

/// A combination that breaks an invariant.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What was done, in words.
    pub what: String,
    /// The invariant.
    pub rule: String,
    /// What was seen.
    pub why: String,
    /// A scenario that shows it.
    pub scenario: String,
    /// How it was made smaller; none where runs are dear, or where a smaller one for the same invariant was found before.
    pub reduction: Option<Reduction>,
}

/// Explores one case on the simulated bench.
///
/// # Errors
///
/// Why it cannot be explored.
pub fn sweep(plan: &Arc<Plan>, seed: u64, make: MakeDevice) -> Result<Sweep, NotExplored> {
    let mut runner = super::runner::SimRunner { seed, make };
    sweep_on(plan, &mut runner, &|_| true)
}

/// Explores one case; only combinations whose words `is_wanted` takes are tried.
///
/// # Errors
///
/// Why it cannot be explored.
pub fn sweep_on(
    plan: &Arc<Plan>,
    runner: &mut dyn Runner,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Sweep, NotExplored> {
    if let Some(reason) = runner.misses(plan) {
        return Err(NotExplored::Skipped(reason));
    }
    let (acts, outcome) = runner.take_down(plan);
    match &outcome.verdict {
        Verdict::Passed => {}
        Verdict::Failed(failure) => {
            return Err(NotExplored::Fails(failure.mismatch.headline.clone()));
        }
        Verdict::Interrupted | Verdict::Skipped { .. } => {
            return Err(NotExplored::Fails("it did not come to its end".to_owned()));
        }
    }
    let script = Script::of(plan, &acts, &outcome)
        .map_err(|what| NotExplored::NotRepeatable(what.to_owned()))?;
    let mut explorer = Explorer::new(script, plan, runner);
    if explorer.good.verdict != Verdict::Passed {
        return Err(NotExplored::NotRepeatable(
            "does something that cannot be written out".to_owned(),
        ));
    }
    explorer.drop_broken();
    Ok(explorer.explore(is_wanted))
}

pub(super) struct Explorer<'a> {
    pub(super) script: Script,
    end: End,
    pub(super) rules: Vec<Rule>,
    broken_before: Vec<(String, String)>,
    good: Outcome,
    pub(super) runner: &'a mut dyn Runner,
    runs: usize,
}

impl<'a> Explorer<'a> {
    fn new(script: Script, plan: &Plan, runner: &'a mut dyn Runner) -> Self {
        let mut rules = built_in().to_vec();
        let own =
            plan.invariants.iter().filter(|own| rules.iter().all(|rule| rule.name != own.name));
        let own: Vec<_> = own.cloned().collect();
        rules.extend(own);
        let mut explorer = Self {
            end: End::Wait(WATCHED_MIN),
            good: untouched(),
            broken_before: Vec::new(),
            runs: 1,
            script,
            rules,
            runner,
        };
        explorer.find_end();
        explorer.good = explorer.run(&explorer.script.written(&[], &[], explorer.end));
        explorer.runs += 1;
        explorer
    }

    /// Finds out how long each run is to be watched.
    fn find_end(&mut self) {
        if self.runner.pace() == Pace::Real {
            self.end = End::Cycles(CYCLES_WATCHED, within(self.script.took));
            return;
        }
        let first = self.run(&self.script.written(&[], &[], self.end));
        self.runs += 1;
        let sleeps = first.log.entries().iter().filter_map(|entry| match entry.event {
            Event::Sleep { announced } => announced,
            _ => None,
        });
        let longest = sleeps.max().unwrap_or_default();
        self.end = End::Wait(WATCHED_MIN.max(longest * SLEEPS_WATCHED));
    }

    /// Leaves out the invariants that this scenario does not keep anyway.
    fn drop_broken(&mut self) {
        let broken = self.violations(&self.good);
        for violation in &broken {
            let name = self.rules[violation.rule].name.clone();
            self.broken_before.push((name, violation.why.clone()));
        }
        let mut index = 0;
        self.rules.retain(|_| {
            index += 1;
            broken.iter().all(|violation| violation.rule != index - 1)
        });
    }

    fn explore(mut self, is_wanted: &dyn Fn(&str) -> bool) -> Sweep {
        let until = self.scenario_ends();
        let mut meetings = edges::meetings(&self.good.log, until);
        let mut edges = edges::edges(&self.good.log, until);
        let mut writes = edges::writes(&self.good.log, until);
        let over = |length: usize| length.saturating_sub(EDGES_MAX);
        let left_out = over(edges.len()) + over(meetings.len()) + over(writes.len());
        meetings.truncate(EDGES_MAX);
        edges.truncate(EDGES_MAX);
        writes.truncate(EDGES_MAX);
        let pace = self.runner.pace();
        let mut combinations =
            super::combination::all(&variants(), (&meetings, &edges, &writes), pace);
        combinations.retain(|combination| is_wanted(&combination.what));
        let cells = self.try_out(&combinations);
        let failures = self.failures(&combinations, &cells);
        let cells = cells.into_iter().map(|(cell, _)| cell);
        Sweep {
            name: self.script.name,
            board: self.runner.facts().board,
            shares: self.runner.shares(),
            rules: self.rules,
            broken_before: self.broken_before,
            meetings,
            edges,
            writes,
            left_out,
            runs: self.runs,
            cells: combinations.into_iter().zip(cells).collect(),
            failures,
        }
    }

    /// Where in the good run the scenario is over. Where time passes by itself one run is slower than another, so sleeps are counted.
    fn scenario_ends(&self) -> Moment {
        let took = steps_began(&self.good.log).after(self.script.took);
        if self.runner.pace() == Pace::Virtual {
            return took;
        }
        sleeps(&self.good.log).nth(self.script.sleeps.saturating_sub(1)).unwrap_or(took)
    }

    /// Runs all combinations; with each its first violation, at the time of its steps.
    fn try_out(&mut self, combinations: &[Combination]) -> Vec<(Cell, Option<Violation>)> {
        let rules: Vec<_> = self.rules.iter().collect();
        let plan = |combination: &Combination| {
            let mishaps = std::slice::from_ref(&combination.mishap);
            let text = self.script.written(mishaps, &rules, self.end);
            let plan = scenario::parse(&text, "explore").plans.into_iter().next();
            let plan = plan.ok_or_else(|| Cell::Odd("it cannot be written out".to_owned()))?;
            match self.runner.misses(&plan) {
                Some(reason) => Err(Cell::Skipped(reason)),
                None => Ok(Arc::new(plan)),
            }
        };
        let plans: Vec<Result<Arc<Plan>, Cell>> = combinations.iter().map(plan).collect();
        let runnable: Vec<_> =
            plans.iter().filter_map(|plan| plan.as_ref().ok().cloned()).collect();
        self.runs += runnable.len();
        let mut outcomes = self.runner.run_all(&runnable).into_iter();
        plans
            .into_iter()
            .map(|plan| match plan {
                Err(cell) => (cell, None),
                Ok(_) => outcomes.next().map_or_else(
                    || (Cell::Odd("it was not run".to_owned()), None),
                    |outcome| self.judge(&outcome),
                ),
            })
            .collect()
    }

    fn judge(&self, outcome: &Outcome) -> (Cell, Option<Violation>) {
        if let Some(violation) = self.violations(outcome).into_iter().next() {
            return (Cell::Broken(violation.rule), Some(violation));
        }
        let cell = match &outcome.verdict {
            Verdict::Passed => Cell::Good,
            Verdict::Failed(failure) => Cell::Odd(failure.mismatch.headline.clone()),
            Verdict::Interrupted => Cell::Odd("it was interrupted".to_owned()),
            Verdict::Skipped { reason } => Cell::Skipped(reason.clone()),
        };
        (cell, None)
    }

    /// What is broken, written out. Of each invariant the first one is made as small as it gets, where runs cost nothing.
    fn failures(
        &mut self,
        combinations: &[Combination],
        cells: &[(Cell, Option<Violation>)],
    ) -> Vec<Failure> {
        let mut failures: Vec<Failure> = Vec::new();
        for (combination, (_, violation)) in combinations.iter().zip(cells) {
            let Some(violation) = violation else { continue };
            let name = format!("{}: {}", self.script.name, combination.what);
            let script = Script { name, ..self.script.clone() };
            let rule = self.rules[violation.rule].clone();
            let is_first = failures.iter().all(|failure| failure.rule != rule.name);
            let reduction = (is_first && self.runner.pace() == Pace::Virtual)
                .then(|| reduce(self, (&script, &combination.mishap), violation));
            let mishaps = std::slice::from_ref(&combination.mishap);
            let text = match &reduction {
                Some(reduction) => reduction.scenario.clone(),
                None => self.handed_out(&script, mishaps, violation),
            };
            let why = reduction.as_ref().map_or(&violation.why, |reduction| &reduction.why);
            failures.push(Failure {
                what: combination.what.clone(),
                scenario: format!("{}{text}", head(&rule, why, mishaps)),
                rule: rule.name,
                why: format!("{}, at {}", violation.why, violation.at),
                reduction,
            });
        }
        failures
    }

    /// A violation as the text of a scenario. In virtual time the last run is of what is handed out, so that it is known to fail.
    pub(super) fn handed_out(
        &mut self,
        script: &Script,
        mishaps: &[Mishap],
        violation: &Violation,
    ) -> String {
        let rule = self.rules[violation.rule].clone();
        if self.runner.pace() == Pace::Real {
            return script.written(mishaps, &[&rule], self.end);
        }
        let by_time = script.written(mishaps, &[&rule], shortest(script, mishaps, violation));
        let rhythm = Rhythm::of(&self.run(&by_time).log);
        let by_cycles = script.written_by_cycles(mishaps, &[&rule], rhythm, violation.at);
        let outcome = self.run(&by_cycles);
        let is_shown = self.violations(&outcome).iter().any(|found| found.rule == violation.rule);
        if is_shown { by_cycles } else { by_time }
    }

    /// How long a run is watched behind its last step.
    pub(super) const fn settle(&self) -> Duration {
        match self.end {
            End::Wait(settle) => settle,
            End::Cycles(..) => WATCHED_MIN,
        }
    }

    pub(super) fn run(&mut self, text: &str) -> Outcome {
        let plan = scenario::parse(text, "explore").plans.into_iter().next();
        let outcomes = plan.map(|plan| self.runner.run_all(&[Arc::new(plan)]));
        outcomes.unwrap_or_default().into_iter().next().unwrap_or_else(untouched)
    }

    /// The violations of a run, at the time of its steps.
    pub(super) fn violations(&self, outcome: &Outcome) -> Vec<Violation> {
        let shadow = self.script.firmware.shadow.as_deref();
        let unix_ms = |at: Moment| self.runner.unix_ms(at);
        let ended_at = Moment::at(outcome.took);
        let mut found = over_log(&self.rules, &outcome.log, shadow, (ended_at, &unix_ms));
        let began = steps_began(&outcome.log);
        found.iter_mut().for_each(|found| found.at = Moment::at(found.at.since(began)));
        found
    }
}

/// The outcome of a text that could not be run.
fn untouched() -> Outcome {
    Outcome {
        verdict: Verdict::Skipped { reason: "it could not be run".to_owned() },
        steps: Vec::new(),
        log: crate::engine::Log::default(),
        took: Duration::ZERO,
    }
}

impl Sweep {
    /// How a combination ended; `None` where there is none for that place.
    #[must_use]
    pub fn cell(&self, slot: Slot) -> Option<&Cell> {
        let of_slot = |(combination, _): &&(Combination, Cell)| combination.slot == slot;
        self.cells.iter().find(of_slot).map(|(_, cell)| cell)
    }

    /// How many combinations came to no end, or met nothing.
    #[must_use]
    pub fn odd(&self) -> usize {
        self.cells.iter().filter(|(_, cell)| matches!(cell, Cell::Odd(_))).count()
    }

    /// How many combinations the bench could not do.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.cells.iter().filter(|(_, cell)| matches!(cell, Cell::Skipped(_))).count()
    }
}
