//! What is allowed and yet cannot be meant: warnings about steps that parse.

use std::time::Duration;

use super::node::{Node, Span};
use super::plan::{Plan, PlannedStep};
use super::problem::{Problem, ProblemKind};
use crate::time;

/// Adds what is to be said about the steps of a plan.
pub(super) fn advise(plan: &Plan, root: &Node, problems: &mut Vec<Problem>) {
    for step in plan.all_steps() {
        watches_longer_than_allowed(step, problems);
        inner_limits(step, problems);
    }
    if let Some((timeout, span)) = plan.timeout.zip(root.get("timeout").map(|node| node.span)) {
        for step in plan.steps.iter().filter(|step| step.common.within > Some(timeout)) {
            never_met(step.common.within, (timeout, "the `timeout` of the case"), span, problems);
        }
    }
    faults_that_nothing_meets(&plan.steps, problems);
}

/// `for` beside a shorter `within`: the time to watch is never over in time.
fn watches_longer_than_allowed(step: &PlannedStep, problems: &mut Vec<Problem>) {
    let (Some(within), Some(watch)) = (step.common.within, step.common.watch_for) else { return };
    // The fault that is armed `for` a while is over at once as a step.
    if watch > within && step.verb != "fault" {
        never_met(Some(within), (watch, "`for` beside it"), step.span, problems);
    }
}

/// A limit inside a step that has a shorter one of its own.
fn inner_limits(step: &PlannedStep, problems: &mut Vec<Problem>) {
    let Some(outer) = step.common.within else { return };
    if matches!(step.verb, "all-of" | "any-of") {
        return;
    }
    for inner in step.step.inner().iter().filter(|inner| inner.common.within > Some(outer)) {
        let words = "the `within` of the step around it";
        never_met(inner.common.within, (outer, words), inner.span, problems);
    }
}

fn never_met(
    limit: Option<Duration>,
    (other, what): (Duration, &'static str),
    span: Span,
    problems: &mut Vec<Problem>,
) {
    let kind = ProblemKind::LimitNeverMet {
        limit: time::span(limit.unwrap_or_default()),
        other: time::span(other),
        what,
    };
    problems.push(Problem::new(span, kind));
}

/// A fault behind which no step waits for anything: the case is over before a device can meet it.
fn faults_that_nothing_meets(steps: &[PlannedStep], problems: &mut Vec<Problem>) {
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.verb == "fault") {
        let behind = steps[index + 1..].iter().take_while(|step| step.verb != "clear-faults");
        let cleared = steps[index + 1..].iter().any(|step| step.verb == "clear-faults");
        if !behind.into_iter().any(takes_time) {
            let kind = ProblemKind::FaultNeverHit { cleared };
            problems.push(Problem::new(step.span, kind));
        }
    }
}

/// Whether a step may wait for the device.
fn takes_time(step: &PlannedStep) -> bool {
    match step.verb {
        "fault" | "set-desired" | "set-shadow" | "delete-shadow" | "clock" | "write-console"
        | "snapshot" => false,
        "never" | "always" => step.common.watch_for.is_some(),
        _ => true,
    }
}
