//! What device and cloud said to each other, without what differs from run to run: two runs can be compared by it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::engine::event::{Answer, Request, Signature};
use crate::engine::{Event, Log};

/// What stands for a point in time, and for an id.
const TIME: &str = "(time)";
const ID: &str = "(id)";

/// What stands for the thing.
const THING: &str = "(thing)";

/// The requests, their answers and the faults of a log, a line each. Times and ids are left out, versions of shadows count
/// from the first one that is seen, and the first thing that is asked for has no name: before the real cloud each run has
/// another.
#[must_use]
pub fn exchanges(log: &Log) -> Vec<String> {
    let mut first_version = None;
    let events = in_turn(log).into_iter();
    let thing = events.clone().find_map(|event| match event {
        Event::Request(request) => thing_of(&request.target),
        _ => None,
    });
    let nameless = |line: String| match thing {
        Some(thing) => without_thing(&line, thing),
        None => line,
    };
    events.filter_map(|event| line(event, &mut first_version)).map(nameless).collect()
}

/// The events in order, each answer before the next request and before what the rig did to its faults meanwhile: a device waits
/// for its answer, but in real time that is told by another way than the request, and may be told later.
fn in_turn(log: &Log) -> Vec<&Event> {
    let events = || log.entries().iter().map(|entry| &entry.event);
    let answer_to = |id: u64| {
        events().find(|event| matches!(event, Event::Answer(answer) if answer.request == id))
    };
    let mut ordered = Vec::new();
    // The answer that is still to be told, and what waits for it.
    let (mut open, mut held): (Option<&Event>, Vec<&Event>) = (None, Vec::new());
    let mut moved = BTreeSet::new();
    for event in events() {
        match event {
            Event::Request(request) => {
                if let Some(Event::Answer(answer)) = open {
                    moved.insert(answer.request);
                }
                ordered.extend(open.take().into_iter().chain(held.drain(..)).chain([event]));
                open = answer_to(request.id);
            }
            Event::Answer(answer) if moved.remove(&answer.request) => {}
            Event::Answer(_) if open.is_some_and(|open| std::ptr::eq(open, event)) => {
                ordered.extend([event].into_iter().chain(held.drain(..)));
                open = None;
            }
            Event::FaultArmed { .. } | Event::FaultsCleared if open.is_some() => held.push(event),
            _ => ordered.push(event),
        }
    }
    ordered.append(&mut held);
    ordered
}

/// The thing in a target, as it stands there.
fn thing_of(target: &str) -> Option<&str> {
    let (thing, _) = target.strip_prefix("/things/")?.split_once('/')?;
    Some(thing).filter(|thing| !thing.is_empty())
}

/// A line without a thing's name, where it stands as one: in a path, or in quotes as AWS's messages have it.
fn without_thing(line: &str, thing: &str) -> String {
    line.replace(&format!("/things/{thing}/"), &format!("/things/{THING}/"))
        .replace(&format!("'{thing}'"), &format!("'{THING}'"))
        .replace(&format!("'{thing}~"), &format!("'{THING}~"))
}

fn line(event: &Event, first_version: &mut Option<i64>) -> Option<String> {
    match event {
        Event::Request(Request { method, target, body, signature, .. }) => {
            let signature = match signature {
                Signature::Good => "signature right",
                Signature::Unchecked => "signature not checked",
                Signature::Refused { .. } => "signature refused",
            };
            Some(format!("> {method} {target}, {signature}{}", told(body, first_version)))
        }
        Event::Answer(Answer { status, body, .. }) => {
            let status = status.map_or_else(|| "no status".to_owned(), |status| status.to_string());
            Some(format!("< {status}{}", told(body, first_version)))
        }
        Event::FaultArmed { what, .. } => Some(format!("! armed: {what}")),
        Event::FaultMet { what, .. } => Some(format!("! met: {what}")),
        Event::FaultsCleared => Some("! cleared".to_owned()),
        // A message of the device is its request; the others are said to nobody in particular.
        Event::Message(_) => None,
        Event::Armed { .. }
        | Event::Brownout { .. }
        | Event::Clock { .. }
        | Event::Command { .. }
        | Event::Connection { .. }
        | Event::Console { .. }
        | Event::ConsolePart { .. }
        | Event::Current(_)
        | Event::Crash(_)
        | Event::Fired { .. }
        | Event::Note { .. }
        | Event::Passed(_)
        | Event::Pin { .. }
        | Event::Power { .. }
        | Event::Reset { .. }
        | Event::Shadow { .. }
        | Event::Sleep { .. }
        | Event::Snapshot { .. }
        | Event::StateWrite { .. }
        | Event::Step { .. }
        | Event::Wake { .. } => None,
    }
}

/// A body behind what it belongs to.
fn told(body: &str, first_version: &mut Option<i64>) -> String {
    match serde_json::from_str(body) {
        _ if body.is_empty() => String::new(),
        Ok(value) => format!(" {}", plain(value, first_version)),
        // Cut short or broken on purpose: where it was cut is told, the digits in it are not.
        Err(_) => format!(" {} bytes that are no JSON", body.len()),
    }
}

/// A JSON value without times and ids; versions count from the first one that is seen.
pub fn plain(value: Value, first_version: &mut Option<i64>) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| {
                    let value = match (key.as_str(), &value) {
                        ("timestamp", Value::Number(_)) => TIME.into(),
                        ("version", Value::Number(version)) => {
                            let version = version.as_i64().unwrap_or_default();
                            let first = *first_version.get_or_insert(version);
                            format!("{:+}", version.saturating_sub(first)).into()
                        }
                        ("clientToken" | "traceId", Value::String(_)) => ID.into(),
                        _ => plain(value, first_version),
                    };
                    (key, value)
                })
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => items.into_iter().map(|item| plain(item, first_version)).collect(),
        Value::String(text) => without_dates(&text).into(),
        other => other,
    }
}

/// A text without the dates that AWS's refusals of signatures have in them, as 20260101T000002Z.
fn without_dates(text: &str) -> String {
    const SHAPE: &str = "00000000T000000Z";
    let fits = |part: &[u8]| {
        part.iter().zip(SHAPE.bytes()).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => *byte == other,
        })
    };
    let mut left = String::new();
    let mut rest = text;
    while let Some(at) = rest.as_bytes().windows(SHAPE.len()).position(fits) {
        left += &rest[..at];
        left += TIME;
        rest = &rest[at + SHAPE.len()..];
    }
    left + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Moment;

    fn check(bodies: &[&str], expected: &[&str]) {
        let mut log = Log::default();
        for body in bodies {
            let (status, body) = (Some(200), (*body).to_owned());
            let answer = Answer { request: 1, status, body, fault: None };
            log.push(Moment::START, Event::Answer(answer));
            log.push(Moment::START, Event::Console { line: "not told".into() });
        }
        assert_eq!(exchanges(&log), expected);
    }

    #[test]
    fn the_thing_has_no_name_where_its_name_stands() {
        let line = "> GET /things/on/shadow?name=on, signature right";
        let plain = "> GET /things/(thing)/shadow?name=on, signature right";
        assert_eq!(without_thing(line, thing_of("/things/on/shadow").unwrap()), plain);
        let refused = r#"< 404 {"message":"No shadow exists with name: 'on~on'"} on"#;
        let plain = r#"< 404 {"message":"No shadow exists with name: '(thing)~on'"} on"#;
        assert_eq!(without_thing(refused, "on"), plain);
        assert_eq!(thing_of("/things/on"), None);
    }

    #[test]
    fn an_answer_that_is_told_late_stands_before_what_followed_it() {
        let request = |id| {
            Event::Request(Request {
                id,
                connection: None,
                method: "GET".into(),
                target: format!("/things/a/shadow?n={id}"),
                pattern: None,
                headers: Vec::new(),
                body: String::new(),
                signature: Signature::Good,
            })
        };
        let answer = |request, status| {
            let body = String::new();
            Event::Answer(Answer { request, status: Some(status), body, fault: None })
        };
        let armed = || Event::FaultArmed { id: 1, what: "503".into(), step: None };
        let lines = |events: [Event; 6]| {
            let mut log = Log::default();
            events.into_iter().for_each(|event| log.push(Moment::START, event));
            exchanges(&log)
        };
        let cleared = Event::FaultsCleared;
        let in_order = lines([
            request(1),
            answer(1, 200),
            armed(),
            request(2),
            answer(2, 503),
            cleared.clone(),
        ]);
        let next_came_first =
            [request(1), armed(), request(2), answer(1, 200), answer(2, 503), cleared.clone()];
        let faults_came_first =
            [request(1), armed(), answer(1, 200), request(2), cleared, answer(2, 503)];
        assert_eq!(lines(next_came_first), in_order);
        assert_eq!(lines(faults_came_first), in_order);
    }

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        check(
            &[
                r#"{"state":{"on":true},"version":41,"timestamp":1795190924,"clientToken":"a1"}"#,
                r#"{"metadata":{"on":[{"timestamp":5}]},"version":43}"#,
                r#"{"message":"ü 20260101T000002Z!","traceId":"4c2f"}"#,
                "",
                "{\"cut",
            ],
            &[
                r#"< 200 {"state":{"on":true},"version":"+0","timestamp":"(time)","clientToken":"(id)"}"#,
                r#"< 200 {"metadata":{"on":[{"timestamp":"(time)"}]},"version":"+2"}"#,
                r#"< 200 {"message":"ü (time)!","traceId":"(id)"}"#,
                "< 200",
                "< 200 5 bytes that are no JSON",
            ],
        );
    }
}
