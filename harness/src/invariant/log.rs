//! Shows a whole run to a monitor.

use std::collections::BTreeMap;

use serde_json::Value;

use super::monitor::{Look, Monitor, Seen, Violation};
use super::rule::Rule;
use crate::engine::Log;
use crate::engine::event::{ConnectionChange, Event, Party, PowerChange};
use crate::engine::mismatch::{Mismatch, MismatchKind};
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
    let mut connections = Connections::default();
    for entry in log.entries() {
        if let Event::Shadow { name, document: changed, .. } = &entry.event {
            if name.as_deref() != shadow {
                continue;
            }
            document.clone_from(changed);
        }
        let ask = || document.clone();
        let look = Look { now: entry.at, unix_ms: unix_ms(entry.at), rules, document: &ask, log };
        connections.follow(&entry.event, monitor.wakes());
        let sent_in = connections.sent_in(&entry.event).unwrap_or_else(|| monitor.wakes());
        for seen in seen(&entry.event, sent_in).into_iter().flatten() {
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
    let mismatch = Mismatch::new(MismatchKind::Invariant, headline, rule.kind.words(), actual)
        .with_window(end.saturating_sub(EVENTS_BEFORE)..end);
    Some((rule.span, mismatch))
}

/// Connections that did not outlive their wake: no power cut and no reset leaves one open, so what is read on it later was sent before.
#[derive(Debug, Default)]
struct Connections {
    opened: BTreeMap<u64, u32>,
    /// Those that a power cut or a reset ended, with the wake in which they were opened.
    broken: BTreeMap<u64, u32>,
}

impl Connections {
    fn follow(&mut self, event: &Event, wake: u32) {
        match event {
            Event::Connection { id, change: ConnectionChange::Opened } => {
                self.opened.insert(*id, wake);
            }
            Event::Power { change: PowerChange::Cut } | Event::Reset { .. } => {
                self.broken.append(&mut self.opened);
            }
            _ => {}
        }
    }

    /// The wake of a request that came on a broken connection.
    fn sent_in(&self, event: &Event) -> Option<u32> {
        match event {
            Event::Request(request) => self.broken.get(&request.connection?).copied(),
            _ => None,
        }
    }
}

/// What a monitor makes of an event; a request was sent in that wake.
fn seen(event: &Event, sent_in: u32) -> [Option<Seen<'_>>; 2] {
    match event {
        Event::Clock { .. } | Event::FaultMet { .. } => [Some(Seen::Disturbed), None],
        Event::Console { line } => [Some(Seen::Console(line)), None],
        Event::Message(message) => [Some(Seen::Message(message)), None],
        Event::Pin { pin, value } => [Some(Seen::Pin(pin, *value)), None],
        Event::Power { change: PowerChange::Cut } => [Some(Seen::PowerCut), None],
        Event::Request(request) => [Some(Seen::Request { request, sent_in }), None],
        Event::Reset { cause } => [Some(Seen::Reset(cause)), None],
        Event::Shadow { by, document, .. } => {
            let changed = (*by != Party::Device).then_some(Seen::Changed);
            let version = document.as_ref().and_then(|document| document.get("version")?.as_u64());
            [changed, version.map(Seen::Version)]
        }
        Event::Sleep { announced } => [Some(Seen::Sleep(*announced)), None],
        Event::Wake { cause } => [Some(Seen::Wake(cause)), None],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::{Request, Signature};
    use crate::invariant::built_in;
    use crate::scenario::request_pattern::parse_short;

    fn opened(id: u64) -> Event {
        Event::Connection { id, change: ConnectionChange::Opened }
    }

    fn get(connection: u64) -> Event {
        Event::Request(Request {
            id: connection,
            connection: Some(connection),
            method: "GET".to_owned(),
            target: "/things/t/shadow".to_owned(),
            pattern: parse_short("GET shadow").ok(),
            headers: Vec::new(),
            body: String::new(),
            signature: Signature::Good,
        })
    }

    fn wake() -> Event {
        Event::Wake { cause: "timer".to_owned() }
    }

    fn cut() -> Event {
        Event::Power { change: PowerChange::Cut }
    }

    fn sleep() -> Event {
        Event::Sleep { announced: None }
    }

    /// The invariants that such a run breaks.
    fn check(events: Vec<Event>) -> Vec<&'static str> {
        let mut log = Log::default();
        events.into_iter().for_each(|event| log.push(Moment::START, event));
        let found = over_log(built_in(), &log, None, (Moment::START, &|_| 0));
        found.into_iter().map(|violation| built_in()[violation.rule].name.as_str()).collect()
    }

    #[test]
    fn a_request_on_a_connection_that_a_power_cut_ended_is_of_the_wake_before() {
        assert_eq!(
            check(vec![wake(), opened(1), cut(), get(1), wake(), opened(2), get(2)]),
            [""; 0]
        );
        assert_eq!(
            check(vec![wake(), opened(1), cut(), wake(), opened(2), get(2), get(1)]),
            [""; 0]
        );
        let twice =
            vec![wake(), opened(1), get(1), cut(), wake(), opened(2), get(2), opened(3), get(3)];
        assert_eq!(check(twice), ["one-get-a-wake"]);
    }

    /// In real time a request may be seen before the console has told of its wake.
    #[test]
    fn a_connection_that_is_opened_in_the_dark_is_of_the_next_wake() {
        let of_next =
            vec![wake(), opened(1), get(1), cut(), opened(2), get(2), wake(), opened(3), get(3)];
        assert_eq!(check(of_next), ["one-get-a-wake"]);
        let of_next = vec![wake(), opened(1), get(1), sleep(), opened(2), get(2), wake(), sleep()];
        assert_eq!(check(of_next), [""; 0]);
    }

    /// A device that only dozes keeps its connections.
    #[test]
    fn a_connection_outlives_a_sleep() {
        let dozes =
            vec![wake(), opened(1), get(1), sleep(), wake(), get(1), sleep(), wake(), get(1)];
        assert_eq!(check(dozes), [""; 0]);
    }
}
