//! Events as JSON, as they stand in `events.jsonl`; `report/events.rs` reads them back.

use serde_json::{Map, Value, json};

use super::event::{Event, StateCut};

impl Event {
    /// The event as one JSON object, without its time.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut fields = match self {
            Self::Answer(answer) => json!({
                "request": answer.request, "status": answer.status, "body": answer.body,
                "fault": answer.fault,
            }),
            Self::Armed { id, what, step, hold } => {
                json!({ "id": id, "what": what, "step": step, "hold": hold })
            }
            Self::Brownout { to_mv, length } => {
                let length_us = u64::try_from(length.as_micros()).unwrap_or(u64::MAX);
                json!({ "to_mv": to_mv, "length_us": length_us })
            }
            Self::Clock { offset_ms } => json!({ "offset_ms": offset_ms }),
            Self::Command { command, exit, output } => {
                json!({ "command": command, "exit": exit, "output": output })
            }
            Self::Connection { id, change } => json!({ "id": id, "change": change.word() }),
            Self::Console { line } | Self::ConsolePart { line } => json!({ "line": line }),
            Self::Crash(crash) => json!(crash),
            Self::Current(reading) => reading.to_json(),
            Self::FaultArmed { id, what, step: Some(step) } => {
                json!({ "id": id, "what": what, "step": step })
            }
            Self::FaultArmed { id, what, step: None }
            | Self::FaultMet { id, what }
            | Self::Fired { id, what } => json!({ "id": id, "what": what }),
            Self::FaultsCleared => json!({}),
            Self::Message(message) => message.to_json(),
            Self::Note { text } => json!({ "text": text }),
            Self::Passed(passed) => passed.to_json(),
            Self::Pin { pin, value } => json!({ "pin": pin, "value": value }),
            Self::Power { change } => json!({ "change": change.word() }),
            Self::Request(request) => request.to_json(),
            Self::Reset { cause } | Self::Wake { cause } => json!({ "cause": cause }),
            Self::Shadow { name, by, document } => {
                json!({ "name": name, "by": by.word(), "document": document })
            }
            Self::Sleep { announced } => {
                json!({ "announced_ms": announced.map(|span| span.as_millis() as u64) })
            }
            Self::Snapshot { name, text } => json!({ "name": name, "text": text }),
            Self::StateWrite { bytes, cut } => {
                json!({ "bytes": bytes, "cut": cut.map(StateCut::word) })
            }
            Self::Step { index, state } => json!({ "index": index, "state": state.word() }),
        };
        let mut object = Map::from_iter([("kind".to_owned(), Value::from(self.kind()))]);
        if let Value::Object(fields) = &mut fields {
            object.append(fields);
        }
        Value::Object(object)
    }
}
