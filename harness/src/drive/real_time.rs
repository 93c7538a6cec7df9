//! The loop in which time passes by itself: it waits for what is seen, and for the engine's next look.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Bench;
use super::real_bench::RealBench;
use super::virtual_time::tell;
use crate::engine::mismatch::Mismatch;
use crate::engine::verdict::Failure;
use crate::engine::{Engine, Input, Outcome, Verdict};
use crate::scenario::node::Span;
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// How long an interrupt may go unnoticed.
const WAIT_MAX: Duration = Duration::from_millis(100);

/// Runs a plan on a bench in real time; `watcher` is told of each step that begins.
pub fn run(
    plan: Arc<Plan>,
    bench: &mut RealBench,
    interrupted: &AtomicBool,
    watcher: &mut dyn FnMut(&Engine),
) -> Outcome {
    bench.set_sleeping(plan.sleeping);
    let mut engine = Engine::new(plan).begun_at(bench.began_ms());
    let mut now = bench.now();
    tell(&mut engine, bench, now, Input::Start);
    let mut told_of_interrupt = false;
    while !engine.is_over() {
        watcher(&engine);
        let next = [engine.wake_at(), bench.wake_at()].into_iter().flatten().min();
        let until = next.map_or(WAIT_MAX, |next| next.since(bench.now()));
        bench.wait(until.min(WAIT_MAX));
        // However late the loop is, what was seen before a deadline is told before it, and nothing else is.
        while let Some((at, event)) = bench.next_seen() {
            if let Some(deadline) = engine.wake_at().filter(|deadline| *deadline < at) {
                now = now.max(deadline);
                tell(&mut engine, bench, now, Input::Tick);
            }
            now = now.max(at);
            tell(&mut engine, bench, now, Input::Observed(event));
        }
        // What is held back was seen before now, and a deadline must not pass it.
        if !bench.holds() {
            now = now.max(bench.now());
        }
        if let Some(error) = bench.take_broken() {
            tell(&mut engine, bench, now, Input::RigFailed(error));
        }
        if interrupted.load(Ordering::SeqCst) && !told_of_interrupt {
            told_of_interrupt = true;
            tell(&mut engine, bench, now, Input::Interrupt);
        }
        let due = |at: Option<Moment>| at.is_some_and(|at| at <= now);
        if due(bench.wake_at()) {
            for event in bench.advance(now) {
                tell(&mut engine, bench, now, Input::Observed(event));
            }
        }
        if due(engine.wake_at()) {
            tell(&mut engine, bench, now, Input::Tick);
        }
    }
    let stopped = bench.stop();
    let mut outcome = engine.into_outcome();
    if let (Err(error), Verdict::Passed) = (stopped, &outcome.verdict) {
        let (span, at, mismatch) = (Span::default(), now, Mismatch::of_rig(&error));
        outcome.verdict = Verdict::Failed(Box::new(Failure { span, step: None, at, mismatch }));
    }
    outcome
}
