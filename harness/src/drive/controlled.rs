//! What somebody does to the cloud of a run by its control interface or its live page, as events of the run.

use fake_shadow::event::Controlled;
use serde_json::{Map, Value, json};

use super::cloud_side::CloudSide;
use crate::engine::Event;
use crate::engine::event::Party;
use crate::scenario::request_pattern::parse_short;

/// Keys beside a fault's kind, which a scenario writes beside the step's verb.
const BESIDE: &[&str] = &["to", "times", "after", "chance"];

/// What an observer of the thing of a cloud sees of it, in order.
#[must_use]
pub fn events(side: &CloudSide, done: &Controlled) -> Vec<Event> {
    match done {
        Controlled::Clock { offset_ms } => vec![Event::Clock { offset_ms: *offset_ms }],
        Controlled::FaultArmed { fault, described } => {
            let to = described.get("to").and_then(Value::as_str).unwrap_or("any request");
            let what = format!("{} to {to}", fault.kind);
            vec![Event::FaultArmed { id: fault.id.0, what, step: step(described) }]
        }
        Controlled::FaultTaken { id, others: true } => {
            vec![Event::Note { text: format!("fault {} was taken away", id.0) }]
        }
        Controlled::FaultTaken { others: false, .. } | Controlled::FaultsCleared => {
            vec![Event::FaultsCleared]
        }
        Controlled::Reset => vec![
            Event::Note { text: "the cloud was made to forget everything".to_owned() },
            Event::FaultsCleared,
            Event::Clock { offset_ms: 0 },
            Event::Shadow { name: None, by: Party::Rig, document: None },
        ],
        Controlled::Shadow { shadow, document, events } if shadow.thing.as_str() == side.thing => {
            let name = shadow.name.as_ref().map(ToString::to_string);
            let changed = Event::Shadow { name, by: Party::Rig, document: document.clone() };
            [vec![changed], side.heard(events)].concat()
        }
        Controlled::Shadow { shadow, .. } => {
            vec![Event::Note { text: format!("{shadow} was changed, which is another thing's") }]
        }
    }
}

/// A fault as the control interface takes it, as a step of a scenario; none where a scenario cannot say what it is meant for.
fn step(described: &Value) -> Option<Value> {
    let mut kind = described.as_object()?.clone();
    let beside: Map<_, _> = BESIDE
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), kind.shift_remove(*key)?)))
        .collect();
    let mut step = json!({ "fault": kind });
    match beside.get("to").and_then(Value::as_str) {
        None | Some("any") => {}
        Some("connect") => step["to"] = "connect".into(),
        Some(to) => {
            // `GET shadow/` is the classic shadow there, and `GET shadow` any.
            let pattern = parse_short(to.trim_end_matches('/')).ok()?;
            step["to"] = pattern.to_string().into();
        }
    }
    match beside.get("times").and_then(Value::as_u64) {
        None => {}
        Some(0) => step["times"] = "always".into(),
        Some(times) => step["times"] = times.into(),
    }
    if let Some(after) = beside.get("after") {
        step["after"] = after.clone();
    }
    if let Some(chance) = beside.get("chance").and_then(Value::as_f64) {
        step["chance"] = format!("{}%", chance * 100.0).into();
    }
    Some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(described: &Value, expected: Option<&Value>) {
        assert_eq!(step(described).as_ref(), expected, "{described}");
    }

    #[test]
    fn a_fault_of_the_control_interface_is_a_step() {
        check(
            &json!({ "kind": "status", "code": 503, "to": "GET shadow", "times": 2 }),
            Some(
                &json!({ "fault": { "kind": "status", "code": 503 }, "to": "GET shadow", "times": 2 }),
            ),
        );
        check(
            &json!({ "refuse": true, "times": 0, "after": 1, "chance": 0.25 }),
            Some(
                &json!({ "fault": { "refuse": true }, "times": "always", "after": 1, "chance": "25%" }),
            ),
        );
        check(
            &json!({ "status": 500, "to": "POST shadow/" }),
            Some(&json!({ "fault": { "status": 500 }, "to": "POST shadow" })),
        );
        check(&json!({ "status": 500, "to": "POST of lamp" }), None);
    }
}
