//! Shows a whole run to a monitor.

use serde_json::Value;

use super::monitor::{Look, Monitor, Seen, Violation};
use super::rule::Rule;
use crate::engine::Log;
use crate::engine::event::{Event, Party, PowerChange};
use crate::engine::mismatch::Mismatch;
use crate::scenario::node::Span;
use crate::scenario::plan::Plan;
use crate::time::Moment;

/// All violations of a run on a bench, in order. `shadow` is the name of the device's shadow, `None` for the classic one;
/// `ended_at` is the
/// end of the run, and `unix_ms` tells the date of a point in it.
#[must_use]
pub fn over_log(
    rules: &[Rule],
    log: &Log,
    shadow: Option<&str>,
    (ended_at, unix_ms): (Moment, &dyn Fn(Moment) -> i64),
) -> Vec<Violation> {
    let mut monitor = Monitor::new(rules);
    let mut found = Vec::new();
    let mut document: Option<Value> = None;
    for entry in log.entries() {
        if let Event::Shadow { name, document: changed, .. } = &entry.event {
            if name.as_deref() != shadow {
                continue;
            }
            document.clone_from(changed);
        }
        let ask = || document.clone();
        let look = Look { now: entry.at, unix_ms: unix_ms(entry.at), rules, document: &ask, log };
        for seen in seen(&entry.event).into_iter().flatten() {
            monitor.see(&look, seen, &mut found);
        }
    }
    let ask = || document.clone();
    monitor.end(
        &Look { now: ended_at, unix_ms: unix_ms(ended_at), rules, document: &ask, log },
        &mut found,
    );
    found
}

/// The first of its plan's invariants that a run breaks, with its place in the scenario and why, as the end of a case.
#[must_use]
pub fn broken(
    plan: &Plan,
    log: &Log,
    (ended_at, unix_ms): (Moment, &dyn Fn(Moment) -> i64),
) -> Option<(Span, Mismatch)> {
    /// How many events before the violation a reader sees.
    const EVENTS_BEFORE: usize = 12;
    let (rules, shadow) = (&plan.invariants, plan.firmware.shadow.as_deref());
    if rules.is_empty() {
        return None;
    }
    let violation = over_log(rules, log, shadow, (ended_at, unix_ms)).into_iter().next()?;
    let rule = rules.get(violation.rule)?;
    let end = log.entries().iter().filter(|entry| entry.at <= violation.at).count();
    let headline = format!("the invariant `{}` does not hold", rule.name);
    let actual = format!("{}, at {}", violation.why, violation.at);
    let mismatch = Mismatch::new(headline, rule.kind.words(), actual)
        .with_window(end.saturating_sub(EVENTS_BEFORE)..end);
    Some((rule.span, mismatch))
}

/// What a monitor makes of an event.
fn seen(event: &Event) -> [Option<Seen<'_>>; 2] {
    match event {
        Event::Clock { .. } | Event::FaultMet { .. } => [Some(Seen::Disturbed), None],
        Event::Console { line } => [Some(Seen::Console(line)), None],
        Event::Power { change: PowerChange::Cut } => [Some(Seen::PowerCut), None],
        Event::Request(request) => [Some(Seen::Request(request)), None],
        Event::Reset { cause } => [Some(Seen::Reset(cause)), None],
        Event::Shadow { by, document, .. } => {
            let changed = (*by == Party::Rig).then_some(Seen::Changed);
            let version = document.as_ref().and_then(|document| document.get("version")?.as_u64());
            [changed, version.map(Seen::Version)]
        }
        Event::Sleep { announced } => [Some(Seen::Sleep(*announced)), None],
        Event::Wake { cause } => [Some(Seen::Wake(cause)), None],
        _ => [None, None],
    }
}
