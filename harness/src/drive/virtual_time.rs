//! The loop in which time is a number: nothing waits, and equal inputs give equal runs to the byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Bench;
use crate::engine::{ActionError, Engine, Input, Outcome};
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// Runs a plan on a simulated bench, in one thread, without waiting.
pub fn run(plan: Arc<Plan>, bench: &mut dyn Bench) -> Outcome {
    run_until(plan, bench, &AtomicBool::new(false))
}

/// The same until somebody wants it to stop; then the clean-up still runs.
pub fn run_until(plan: Arc<Plan>, bench: &mut dyn Bench, interrupted: &AtomicBool) -> Outcome {
    let mut engine = Engine::new(plan).begun_at(bench.began_ms());
    let mut now = Moment::START;
    tell(&mut engine, bench, now, Input::Start);
    let mut told_of_interrupt = false;
    while !engine.is_over() {
        if !told_of_interrupt && interrupted.load(Ordering::Relaxed) {
            told_of_interrupt = true;
            tell(&mut engine, bench, now, Input::Interrupt);
            continue;
        }
        let next = [engine.wake_at(), bench.wake_at()].into_iter().flatten().min();
        let Some(next) = next else {
            let why = "nothing will ever happen again on this bench";
            tell(&mut engine, bench, now, Input::RigFailed(ActionError::new("go on", why)));
            continue;
        };
        now = now.max(next);
        // The bench goes first: what happens at a deadline happens in time.
        if bench.wake_at().is_some_and(|at| at <= now) {
            for event in bench.advance(now) {
                tell(&mut engine, bench, now, Input::Observed(event));
            }
        } else {
            tell(&mut engine, bench, now, Input::Tick);
        }
    }
    engine.into_outcome()
}

/// Hands an input to the engine, and does all that follows from it at once.
pub(super) fn tell(engine: &mut Engine, bench: &mut dyn Bench, now: Moment, input: Input) {
    let mut inputs = std::collections::VecDeque::from([input]);
    while let Some(input) = inputs.pop_front() {
        for action in engine.handle(now, input) {
            match bench.perform(now, &action) {
                Ok(events) => {
                    inputs.extend(events.into_iter().map(Input::Observed));
                    inputs.push_back(Input::Done(Ok(())));
                }
                Err(error) => inputs.push_back(Input::Done(Err(error))),
            }
        }
    }
}
