//! The body of a request as a scenario expects it again: what is of the moment is loosened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::engine::event::Message;
use crate::engine::{Event, Log};
use crate::scenario::snapshots::redact_text;

/// What is known of a device's values from the whole recording.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The values that each place of a body had, as text.
    values: BTreeMap<String, BTreeSet<String>>,
    /// The keys that somebody has desired: what a device says of them it was told.
    desired: BTreeSet<String>,
}

/// Keys whose values are made anew for each request.
const OF_THE_MOMENT: &[&str] = &["clientToken", "timestamp", "version"];

impl Seen {
    /// Looks through a log.
    pub(super) fn of(log: &Log) -> Self {
        let mut seen = Self::default();
        for entry in log.entries() {
            match &entry.event {
                Event::Request(request) => {
                    if let Some(body) = request.body_value() {
                        seen.collect(&body, "");
                    }
                }
                Event::Shadow { document: Some(document), .. } => {
                    if let Some(Value::Object(desired)) = document.pointer("/state/desired") {
                        seen.desired.extend(desired.keys().cloned());
                    }
                }
                _ => {}
            }
        }
        seen
    }

    fn collect(&mut self, value: &Value, path: &str) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    self.collect(value, &format!("{path}.{key}"));
                }
            }
            other => {
                self.values.entry(path.to_owned()).or_default().insert(other.to_string());
            }
        }
    }

    /// A message as a step wants it.
    pub(super) fn message(&self, message: &Message) -> Value {
        let mut want =
            json!({ "topic": message.topic, "qos": message.qos, "retain": message.retain });
        match message.payload_value() {
            Some(payload @ Value::Object(_)) => want["payload"] = self.matcher(&payload),
            // A text with `${` in it is taken for a variable's.
            Some(Value::String(text)) if !text.contains("${") => want["payload"] = text.into(),
            _ => {}
        }
        want
    }

    /// A body as a matcher.
    pub(super) fn matcher(&self, body: &Value) -> Value {
        self.loosened(body, "", None)
    }

    /// Where in a shadow's document values are of the moment, as paths.
    pub(super) fn of_the_moment(&self, document: &Value) -> Vec<String> {
        let mut paths = Vec::new();
        if let Some(Value::Object(reported)) = document.pointer("/state/reported") {
            for (key, value) in reported {
                let path = format!(".state.reported.{key}");
                if self.is_of_the_moment(value, &path, key) {
                    paths.push(format!("${path}"));
                }
            }
        }
        paths
    }

    fn loosened(&self, value: &Value, path: &str, key: Option<&str>) -> Value {
        if let Some(key) = key
            && self.is_of_the_moment(value, path, key)
        {
            return json!({ "$any": type_of(value) });
        }
        match value {
            // A key of the device that looks like a matcher is none.
            Value::Object(map) if map.keys().any(|key| key.starts_with('$')) => {
                json!({ "$literal": value })
            }
            Value::Object(map) => Value::Object(
                map.iter()
                    .map(|(key, value)| {
                        (key.clone(), self.loosened(value, &format!("{path}.{key}"), Some(key)))
                    })
                    .collect::<Map<_, _>>(),
            ),
            Value::String(text) if text.contains("${") => json!({ "$literal": text }),
            other => other.clone(),
        }
    }

    /// Whether a value will be another one in the next run: ids, times and addresses; readings, which are numbers that nobody has
    /// desired and that have a fraction, or changed in the recording.
    fn is_of_the_moment(&self, value: &Value, path: &str, key: &str) -> bool {
        match value {
            Value::String(text) => OF_THE_MOMENT.contains(&key) || redact_text(text) != *text,
            Value::Number(number) => {
                let changed = || self.values.get(path).is_some_and(|values| values.len() > 1);
                let is_time = redact_text(&number.to_string()) != number.to_string();
                OF_THE_MOMENT.contains(&key)
                    || is_time
                    || !self.desired.contains(key) && (number.is_f64() || changed())
            }
            _ => false,
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::{Party, Request, Signature};
    use crate::time::Moment;

    fn log(desired: &Value, bodies: &[Value]) -> Log {
        let mut log = Log::default();
        let document = Some(json!({ "state": { "desired": desired } }));
        log.push(Moment::START, Event::Shadow { name: None, by: Party::Rig, document });
        for body in bodies {
            log.push(
                Moment::START,
                Event::Request(Request {
                    id: 1,
                    connection: None,
                    method: "POST".into(),
                    target: "/things/t/shadow".into(),
                    pattern: None,
                    headers: Vec::new(),
                    body: body.to_string(),
                    signature: Signature::Good,
                }),
            );
        }
        log
    }

    #[test]
    fn what_is_of_the_moment_is_loosened_and_what_was_desired_is_not() {
        let body = |volts: f64, count: u32, signal: u32| {
            json!({ "clientToken": "a", "state": { "reported": {
                "volts": volts, "count": count, "fixed": 3, "signal": signal, "ip": "192.168.4.7", "status": "done",
                "up_since": 1_767_225_600, "odd": { "$x": 1 }, "text": "${n}", "none": null } } })
        };
        let log = log(&json!({ "signal": 2 }), &[body(3.1, 1, 1), body(3.2, 2, 2)]);
        let matcher = Seen::of(&log).matcher(&body(3.2, 2, 2));
        let expected = json!({ "clientToken": { "$any": "string" }, "state": { "reported": {
            "volts": { "$any": "number" }, "count": { "$any": "integer" }, "fixed": 3, "signal": 2, "ip": { "$any": "string" },
            "status": "done", "up_since": { "$any": "integer" }, "odd": { "$literal": { "$x": 1 } }, "text": { "$literal": "${n}" },
            "none": null } } });
        assert_eq!(matcher, expected);
    }
}
