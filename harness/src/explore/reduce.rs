//! A failing combination made smaller: fewer acts of the app side, and the shortest time that still shows the violation.

use std::time::Duration;

use serde_json::Value;

use super::place::Mishap;
use super::script::{End, Script, shortest};
use super::sweep::Explorer;
use crate::invariant::{Rule, Violation};
use crate::shrink::shrink;
use crate::time::{self, Moment};

/// The most runs that one reduction may take.
const TRIALS_MAX: usize = 100;

/// A combination made smaller.
#[derive(Debug, Clone)]
pub struct Reduction {
    /// What was left out, in words, in the order in which it was tried.
    pub steps: Vec<String>,
    /// How many runs it took.
    pub trials: usize,
    /// What is seen in the smaller one.
    pub why: String,
    /// The scenario without its head.
    pub scenario: String,
}

/// Makes a combination smaller, as long as the same invariant is violated.
pub(super) fn reduce(
    explorer: &mut Explorer<'_>,
    (script, mishap): (&Script, &Mishap),
    violation: &Violation,
) -> Reduction {
    let rule = explorer.rules[violation.rule].clone();
    let mut case = Case {
        end: shortest(script, std::slice::from_ref(mishap), violation),
        script: script.clone(),
        mishaps: vec![mishap.clone()],
        violation: violation.clone(),
    };
    let before = case.took();
    let (mut steps, mut trials) = (Vec::new(), 0);
    let acts = case.script.acts.clone();
    let count = acts.len();
    let shrunk = shrink(acts, TRIALS_MAX, &mut |acts| case.try_acts(explorer, &rule, acts));
    trials += shrunk.trials;
    if shrunk.parts.len() < count {
        steps.push(format!("{} of {count} acts left out", count - shrunk.parts.len()));
    }
    for index in 0..case.script.acts.len() {
        let mut acts = case.script.acts.clone();
        let earlier = index.checked_sub(1).map_or(Moment::START, |before| acts[before].0);
        if trials < TRIALS_MAX && acts[index].0 > earlier {
            acts[index].0 = earlier;
            trials += 1;
            if case.try_acts(explorer, &rule, &acts) {
                steps.push(format!("act {} moved to {earlier}", index + 1));
            }
        }
    }
    if !case.mishaps.is_empty() {
        let without = Case { mishaps: Vec::new(), ..case.clone() };
        trials += 1;
        if let Some(without) = without.still_fails(explorer, &rule) {
            steps.push("what goes wrong left out: it fails by itself".to_owned());
            case = without;
        }
    }
    let after = case.took();
    if after < before {
        steps.push(format!("{} instead of {}", time::span(after), time::span(before)));
    }
    Reduction {
        steps,
        trials,
        why: case.violation.why.clone(),
        scenario: explorer.handed_out(&case.script, &case.mishaps, &case.violation),
    }
}

/// A script with what goes wrong in it, and what is seen then.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) script: Script,
    pub(crate) mishaps: Vec<Mishap>,
    pub(crate) end: End,
    pub(crate) violation: Violation,
}

impl Case {
    /// How long it takes, in its own time.
    fn took(&self) -> Duration {
        let end = match self.end {
            End::Wait(span) => span,
            End::Cycles(..) => Duration::ZERO,
        };
        self.script.last_act(&self.mishaps).since_start() + end
    }

    fn try_acts(
        &mut self,
        explorer: &mut Explorer<'_>,
        rule: &Rule,
        acts: &[(Moment, Value)],
    ) -> bool {
        let script = Script { acts: acts.to_vec(), ..self.script.clone() };
        let smaller = Self { script, ..self.clone() }.still_fails(explorer, rule);
        let fails = smaller.is_some();
        if let Some(smaller) = smaller {
            *self = smaller;
        }
        fails
    }

    /// The same with the time that it takes to show the violation; `None` when it does not within the time that it took before.
    fn still_fails(self, explorer: &mut Explorer<'_>, rule: &Rule) -> Option<Self> {
        let watched = self.script.last_act(&self.mishaps).since_start();
        let end = End::Wait(self.took().saturating_sub(watched).max(explorer.settle()));
        let outcome = explorer.run(&self.script.written(&self.mishaps, &[rule], end));
        let found = explorer.violations(&outcome);
        let violation =
            found.into_iter().find(|found| explorer.rules[found.rule].name == rule.name)?;
        let end = shortest(&self.script, &self.mishaps, &violation);
        Some(Self { end, violation, ..self })
    }
}
