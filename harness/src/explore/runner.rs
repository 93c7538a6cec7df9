//! What runs the scenarios of a sweep: the simulated bench here, boards in real time behind the command line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::script::take_down;
use crate::drive::bench::{Bench, Facts};
use crate::drive::sim::{MakeDevice, SimBench, timing};
use crate::drive::virtual_time;
use crate::engine::{Action, Outcome};
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// How time passes on a bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// By itself: what waits for a point of time is not exact, and runs are dear.
    Real,
    /// As a number: equal runs are equal to the microsecond, and cost nothing.
    Virtual,
}

/// Runs the scenarios of a sweep.
pub trait Runner {
    /// What the bench is and what it can do.
    fn facts(&self) -> Facts;

    /// Why it cannot run a plan; `None` if it can.
    fn misses(&self, plan: &Plan) -> Option<String> {
        self.facts().misses(plan)
    }

    /// Where the runs were made, with their number on each board; empty where there are no boards to tell apart.
    fn shares(&self) -> BTreeMap<String, usize> {
        BTreeMap::new()
    }

    /// How time passes on it.
    fn pace(&self) -> Pace;

    /// The date at a point of a run: milliseconds since 1970.
    fn unix_ms(&self, at: Moment) -> i64;

    /// Runs a plan, and tells what was done to the bench, and when.
    fn take_down(&mut self, plan: &Arc<Plan>) -> (Vec<(Moment, Action)>, Outcome);

    /// Runs plans, as many at once as there are benches; their outcomes are in the order of the plans.
    fn run_all(&mut self, plans: &[Arc<Plan>]) -> Vec<Outcome>;
}

/// The simulated bench.
#[derive(Debug, Clone, Copy)]
pub struct SimRunner {
    /// Where chance comes from.
    pub seed: u64,
    /// What makes the devices.
    pub make: MakeDevice,
}

impl Runner for SimRunner {
    fn facts(&self) -> Facts {
        SimBench::of(self.seed, self.make).facts()
    }

    fn pace(&self) -> Pace {
        Pace::Virtual
    }

    fn unix_ms(&self, at: Moment) -> i64 {
        timing::true_time(at).0
    }

    fn take_down(&mut self, plan: &Arc<Plan>) -> (Vec<(Moment, Action)>, Outcome) {
        take_down(plan, &mut SimBench::of(self.seed, self.make).for_plan(plan))
    }

    fn run_all(&mut self, plans: &[Arc<Plan>]) -> Vec<Outcome> {
        let run = |plan: &Arc<Plan>| {
            let mut bench = SimBench::of(self.seed, self.make).for_plan(plan);
            virtual_time::run(Arc::clone(plan), &mut bench)
        };
        plans.iter().map(run).collect()
    }
}
