//! The sweep: each combination run, and its invariants checked.

use std::sync::Arc;
use std::time::Duration;

use super::edges::{self, EDGES_MAX};
use super::faults::{Variant, variants};
use super::script::{Mishap, Script, take_down};
use crate::drive::sim::{MakeDevice, SimBench};
use crate::drive::virtual_time;
use crate::engine::event::Event;
use crate::engine::{Outcome, Verdict};
use crate::invariant::{Rule, Violation, built_in, over_log};
use crate::scenario;
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// How many sleeps a run is watched behind its last act.
const SLEEPS_WATCHED: u32 = 8;

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
    /// The invariants that were checked.
    pub rules: Vec<Rule>,
    /// Invariants that do not hold even when nothing goes wrong, which were left out.
    pub broken_before: Vec<(String, String)>,
    /// The columns of the matrix of faults: connections and requests.
    pub meetings: Vec<String>,
    /// The rows of the matrix of faults, each with a cell for each column.
    pub faults: Vec<(String, Vec<Cell>)>,
    /// The power cuts, each at an edge.
    pub cuts: Vec<(edges::Edge, Cell)>,
    /// How many edges came too late to be looked at.
    pub left_out: usize,
    /// How many runs it took.
    pub runs: usize,
    /// The combinations that break an invariant.
    pub failures: Vec<Failure>,
}

/// How a combination ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// It breaks the invariant of that place.
    Broken(usize),
    /// The invariants hold.
    Good,
    /// It makes no sense: the fault is not meant for that.
    None,
    /// The run could not be made, or the fault was not met.
    Odd,
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
}

/// Explores one case on the simulated bench.
///
/// # Errors
/// Why it cannot be explored.
pub fn sweep(plan: &Arc<Plan>, seed: u64, make: MakeDevice) -> Result<Sweep, NotExplored> {
    let bench = || SimBench::of(seed, make);
    if let Some(reason) = crate::drive::Bench::facts(&bench()).misses(plan) {
        return Err(NotExplored::Skipped(reason));
    }
    let (script, outcome, odd) = take_down(plan, &mut bench());
    match outcome.verdict {
        Verdict::Passed => {}
        Verdict::Failed(failure) => return Err(NotExplored::Fails(failure.mismatch.headline)),
        Verdict::Interrupted | Verdict::Skipped { .. } => {
            return Err(NotExplored::Fails("it did not come to its end".to_owned()));
        }
    }
    if let Some(what) = odd {
        return Err(NotExplored::NotRepeatable(what));
    }
    let mut explorer = Explorer::new(script, plan, seed, make);
    if explorer.good.verdict != Verdict::Passed {
        return Err(NotExplored::NotRepeatable(
            "does something that cannot be written out".to_owned(),
        ));
    }
    explorer.drop_broken();
    Ok(explorer.explore())
}

struct Explorer {
    script: Script,
    settle: Duration,
    rules: Vec<Rule>,
    broken_before: Vec<(String, String)>,
    good: Outcome,
    seed: u64,
    make: MakeDevice,
    runs: usize,
    failures: Vec<Failure>,
}

impl Explorer {
    fn new(script: Script, plan: &Plan, seed: u64, make: MakeDevice) -> Self {
        let mut rules = built_in().to_vec();
        let own =
            plan.invariants.iter().filter(|own| rules.iter().all(|rule| rule.name != own.name));
        let own: Vec<_> = own.cloned().collect();
        rules.extend(own);
        let mut explorer = Self {
            settle: WATCHED_MIN,
            good: untouched(),
            broken_before: Vec::new(),
            failures: Vec::new(),
            runs: 0,
            script,
            rules,
            seed,
            make,
        };
        let first = explorer.run(&explorer.script.written(&[], &[], WATCHED_MIN));
        let sleeps = first.log.entries().iter().filter_map(|entry| match entry.event {
            Event::Sleep { announced } => announced,
            _ => None,
        });
        let longest = sleeps.max().unwrap_or_default();
        explorer.settle = WATCHED_MIN.max(longest * SLEEPS_WATCHED);
        explorer.good = explorer.run(&explorer.script.written(&[], &[], explorer.settle));
        explorer.runs += 2;
        explorer
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

    fn explore(mut self) -> Sweep {
        let until = Moment::at(self.script.took);
        let mut meetings = edges::meetings(&self.good.log, until);
        let mut edges = edges::edges(&self.good.log, until);
        let left_out =
            edges.len().saturating_sub(EDGES_MAX) + meetings.len().saturating_sub(EDGES_MAX);
        meetings.truncate(EDGES_MAX);
        edges.truncate(EDGES_MAX);
        let mut faults = Vec::new();
        for variant in variants() {
            let row = meetings.iter().map(|meeting| self.fault(&variant, meeting)).collect();
            faults.push((variant.name, row));
        }
        let cuts = edges.into_iter().map(|edge| {
            let what = format!("power cut at {}, {}", edge.at, edge.what);
            let cell = self.try_out(&what, &Mishap::Cut(edge.at));
            (edge, cell)
        });
        let cuts = cuts.collect();
        Sweep {
            name: self.script.name,
            rules: self.rules,
            broken_before: self.broken_before,
            meetings: meetings.into_iter().map(|meeting| nth(&meeting)).collect(),
            faults,
            cuts,
            left_out,
            runs: self.runs,
            failures: self.failures,
        }
    }

    fn fault(&mut self, variant: &Variant, meeting: &edges::Meeting) -> Cell {
        if variant.on_connect != (meeting.to == "connect") {
            return Cell::None;
        }
        let mishap = Mishap::Fault {
            fault: variant.fault.clone(),
            to: meeting.to.clone(),
            after: meeting.before,
        };
        self.try_out(&format!("{} at {}", variant.name, nth(meeting)), &mishap)
    }

    fn try_out(&mut self, what: &str, mishap: &Mishap) -> Cell {
        self.runs += 1;
        let rules: Vec<_> = self.rules.iter().collect();
        let mishaps = std::slice::from_ref(mishap);
        let outcome = self.run(&self.script.written(mishaps, &rules, self.settle));
        let Some(violation) = self.violations(&outcome).into_iter().next() else {
            return if outcome.verdict == Verdict::Passed { Cell::Good } else { Cell::Odd };
        };
        let rule = &self.rules[violation.rule];
        let script =
            Script { name: format!("{}: {what}", self.script.name), ..self.script.clone() };
        let text = script.written(mishaps, &[rule], self.shortest(mishap, &violation));
        self.failures.push(Failure {
            what: what.to_owned(),
            rule: rule.name.clone(),
            why: format!("{}, at {}", violation.why, violation.at),
            scenario: format!(
                "# Proves: that `{}` does not hold: {}.\n# Needs: {}.\n{text}",
                rule.name,
                violation.why,
                match mishap {
                    Mishap::Cut(_) => "a console and a power switch",
                    Mishap::Fault { .. } => "a console",
                }
            ),
        });
        Cell::Broken(violation.rule)
    }

    /// How long the run must be watched behind its last step, so that it still shows the violation.
    fn shortest(&self, mishap: &Mishap, violation: &Violation) -> Duration {
        let last = self.script.acts.last().map_or(Moment::START, |(at, _)| *at);
        let last = match mishap {
            Mishap::Cut(at) => last.max(*at),
            Mishap::Fault { .. } => last,
        };
        // A second more, so that the file also fails on a bench that is not as quick.
        let wanted = violation.at.since(last) + Duration::from_secs(1);
        wanted.min(self.settle)
    }

    fn run(&self, text: &str) -> Outcome {
        let parsed = scenario::parse(text, "explore");
        let Some(plan) = parsed.plans.into_iter().next() else { return untouched() };
        virtual_time::run(Arc::new(plan), &mut SimBench::of(self.seed, self.make))
    }

    fn violations(&self, outcome: &Outcome) -> Vec<Violation> {
        let shadow = self.script.firmware.shadow.as_deref();
        let unix_ms = |at: Moment| crate::drive::sim::timing::true_time(at).0;
        over_log(&self.rules, &outcome.log, shadow, (Moment::at(outcome.took), &unix_ms))
    }
}

/// A meeting in words, as `GET shadow 2`.
fn nth(meeting: &edges::Meeting) -> String {
    format!("{} {}", meeting.to, meeting.before + 1)
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
