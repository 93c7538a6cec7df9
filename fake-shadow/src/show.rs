//! What the control interface and the log show of the cloud, as JSON. Names of fields are stable.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::answer;
use crate::clock::UnixMillis;
use crate::event::{CloudEvent, CloudEventKind, Controlled, Served, ShadowEvent, Side};
use crate::fault::{Armed, FaultRef};
use crate::message::{Header, Request, WireStep};
use crate::proxy::Passed;
use crate::recent::Kept;
use crate::service::{Explainer, FakeShadow, Refused};

/// What stands in place of a session token.
const HIDDEN: &str = "(hidden)";

pub(crate) fn things(cloud: &FakeShadow) -> Value {
    let mut things: Map<String, Value> = Map::new();
    for id in cloud.shadows() {
        let thing = things.entry(id.thing.as_str()).or_insert_with(
            || json!({ "thing": id.thing.as_str(), "classic": false, "shadows": [] }),
        );
        match &id.name {
            None => thing["classic"] = json!(true),
            Some(name) => {
                if let Some(names) = thing["shadows"].as_array_mut() {
                    names.push(json!(name.as_str()));
                }
            }
        }
    }
    json!({ "things": things.into_iter().map(|(_, thing)| thing).collect::<Vec<_>>() })
}

pub(crate) fn clock(cloud: &FakeShadow, now: UnixMillis) -> Value {
    json!({
        "now": time(cloud.cloud_time(now)),
        "offset": format!("{:#}", SignedDuration::from_millis(cloud.clock_offset())),
        "offset_ms": cloud.clock_offset(),
    })
}

pub(crate) fn faults(armed: &[Armed]) -> Value {
    json!({ "faults": armed.iter().map(fault).collect::<Vec<_>>() })
}

pub(crate) fn fault(armed: &Armed) -> Value {
    json!({
        "id": armed.id.0,
        "kind": armed.fault.kind.name(),
        "to": armed.fault.to.to_string(),
        "times": armed.fault.times,
        "fitted": armed.fitted,
        "met": armed.met,
        "spent": armed.is_spent(),
    })
}

/// The id that a request has in its answer; none if no answer was made.
pub(crate) fn request_id(served: &Served) -> Option<&str> {
    served.delivery.exchange.as_ref().map(|exchange| exchange.record.id.as_str())
}

/// A request in a line of a list.
pub(crate) fn request_line(kept: &Kept) -> Value {
    let mut line =
        json!({ "number": kept.number, "at": time(kept.at), "connection": kept.connection.0 });
    if let Some(line) = line.as_object_mut() {
        line.extend(outline(&kept.served));
    }
    line
}

/// A request with all that is known about it, and the explanation if its signature was refused.
pub(crate) fn request_whole(kept: &Kept, explainer: &Explainer) -> Value {
    let Served { request, delivery } = &*kept.served;
    let mut whole = request_line(kept);
    whole["headers"] = request.headers.iter().map(header).collect();
    whole["body"] = text_or_base64(&request.body);
    whole["wire"] =
        json!(delivery.wire.as_ref().map(|steps| steps.iter().map(step).collect::<Vec<_>>()));
    let Some(exchange) = &delivery.exchange else { return whole };
    let record = &exchange.record;
    whole["answer"] = json!({
        "status": exchange.response.status,
        "headers": exchange.response.headers.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
        "body": text_or_base64(&exchange.response.body),
    });
    whole["events"] = record.events.iter().map(shadow_event).collect();
    if let Some(Ok(answer)) = delivery.passed.as_ref().map(|passed| &passed.answer) {
        whole["passed"]["answer"] = json!({
            "headers": answer.headers.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
            "body": text_or_base64(&answer.body),
        });
    }
    if let Some(Err(refusal)) = delivery.verdict() {
        whole["explanation"] = explainer.explain(record.cloud_time, request, refusal).to_json();
    }
    whole
}

/// The name of what happened, as it stands in the stream of events.
pub(crate) const fn event_name(kind: &CloudEventKind) -> &'static str {
    match kind {
        CloudEventKind::Opened { .. } => "opened",
        CloudEventKind::HandshakeFailed { .. } => "handshake-failed",
        CloudEventKind::NameAsked { .. } => "name-asked",
        CloudEventKind::TimeAsked { .. } => "time-asked",
        CloudEventKind::Controlled(_) => "controlled",
        CloudEventKind::Request(_) => "request",
        CloudEventKind::NotKept { .. } => "not-kept",
        CloudEventKind::Fault(_) => "fault",
        CloudEventKind::Answered { .. } => "answered",
        CloudEventKind::Unreadable { .. } => "unreadable",
        CloudEventKind::Closed { .. } => "closed",
        CloudEventKind::Reset { .. } => "reset",
    }
}

/// Something that happened.
pub(crate) fn event(event: &CloudEvent) -> Value {
    let mut shown = Map::new();
    shown.insert("at".to_owned(), json!(time(event.at)));
    shown.insert("event".to_owned(), json!(event_name(&event.kind)));
    shown.insert("connection".to_owned(), json!(event.connection.0));
    let more = match &event.kind {
        CloudEventKind::Opened { peer } => json!({ "peer": peer }),
        CloudEventKind::NameAsked { peer, name, says } => {
            json!({ "peer": peer, "name": name, "says": says })
        }
        CloudEventKind::TimeAsked { peer, shown } => {
            json!({ "peer": peer, "shown": shown.map(time) })
        }
        CloudEventKind::Controlled(done) => controlled(done),
        CloudEventKind::Request(served) => Value::Object(outline(served)),
        CloudEventKind::Fault(FaultRef { id, kind }) => json!({ "id": id.0, "kind": kind }),
        CloudEventKind::Answered { status, bytes } => json!({ "status": status, "bytes": bytes }),
        CloudEventKind::HandshakeFailed { reason }
        | CloudEventKind::NotKept { reason }
        | CloudEventKind::Unreadable { reason } => json!({ "reason": reason }),
        CloudEventKind::Closed { by } | CloudEventKind::Reset { by } => json!({ "by": side(*by) }),
    };
    if let Value::Object(more) = more {
        shown.extend(more);
    }
    Value::Object(shown)
}

fn controlled(done: &Controlled) -> Value {
    let act = done.act();
    match done {
        Controlled::Clock { offset_ms } => json!({ "act": act, "offset_ms": offset_ms }),
        Controlled::FaultArmed { fault: FaultRef { id, kind }, .. } => {
            json!({ "act": act, "id": id.0, "kind": kind })
        }
        Controlled::FaultTaken { id, others: _ } => json!({ "act": act, "id": id.0 }),
        Controlled::FaultsCleared | Controlled::Reset => json!({ "act": act }),
        Controlled::Shadow { shadow, document, .. } => {
            let version = document.as_ref().and_then(|document| document.get("version"));
            json!({ "act": act, "shadow": shadow.to_string(), "version": version })
        }
    }
}

pub(crate) fn shadow_event(event: &ShadowEvent) -> Value {
    json!({ "topic": event.full_topic(), "payload": event.payload() })
}

/// The members that a request has wherever it is shown.
fn outline(served: &Served) -> Map<String, Value> {
    let Served { request, delivery } = served;
    let record = delivery.exchange.as_ref().map(|exchange| &exchange.record);
    let identity = delivery.verdict().and_then(|verdict| verdict.as_ref().ok());
    let operation = delivery.operation.as_ref().ok();
    let members = [
        ("id", json!(request_id(served))),
        ("method", json!(request.method)),
        ("target", json!(target(request))),
        ("operation", json!(operation.map(|operation| operation.action().to_string()))),
        (
            "shadow",
            json!(operation.and_then(|operation| operation.shadow()).map(ToString::to_string)),
        ),
        ("access_key_id", json!(identity.map(|identity| &identity.access_key_id))),
        ("status", json!(delivery.status)),
        ("version", json!(record.and_then(|record| record.version))),
        ("refused", json!(record.and_then(|record| record.refused.as_ref()).map(refused))),
        (
            "fault",
            json!(delivery.fault.map(|fault| json!({ "id": fault.id.0, "kind": fault.kind }))),
        ),
    ];
    let passed = delivery.passed.as_ref().map(|passed| ("passed", self::passed(passed)));
    members.into_iter().chain(passed).map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What a service elsewhere made of a request.
fn passed(Passed { to, how, is_key_known, took, answer }: &Passed) -> Value {
    json!({
        "to": to,
        "how": how.words(),
        "key_known": is_key_known,
        "took_ms": took.as_millis(),
        "status": answer.as_ref().ok().map(|answer| answer.status),
        "error": answer.as_ref().err().map(ToString::to_string),
    })
}

/// Why a request was refused: AWS's words, and where those are none, ours.
pub(crate) fn refused(refused: &Refused) -> String {
    match refused {
        Refused::Denied { action, resource } => {
            format!("the policy does not allow {action} on {resource}")
        }
        Refused::Throttled(throttled) => format!("Rate exceeded: {throttled}"),
        other => answer::message(other).unwrap_or_default(),
    }
}

fn header(Header { name, value }: &Header) -> Value {
    if name.eq_ignore_ascii_case("x-amz-security-token") {
        return json!([name, HIDDEN]);
    }
    json!([name, String::from_utf8_lossy(value)])
}

/// The target without the session token of a presigned URL.
pub(crate) fn target(request: &Request) -> String {
    let Some(query) = request.query() else { return request.target.clone() };
    let shown: Vec<String> = query
        .split('&')
        .map(|piece| match piece.split_once('=') {
            Some((name, _)) if name.eq_ignore_ascii_case("x-amz-security-token") => {
                format!("{name}={HIDDEN}")
            }
            _ => piece.to_owned(),
        })
        .collect();
    format!("{}?{}", request.path(), shown.join("&"))
}

fn text_or_base64(bytes: &[u8]) -> Value {
    match str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({ "base64": STANDARD.encode(bytes) }),
    }
}

fn step(step: &WireStep) -> Value {
    match step {
        WireStep::Wait(span) => json!({ "wait_ms": span.as_millis() }),
        WireStep::Send(bytes) => json!({ "send_bytes": bytes.len() }),
        WireStep::Close => json!("close"),
        WireStep::Reset => json!("reset"),
        WireStep::Hold(span) => json!({ "hold_ms": span.as_millis() }),
    }
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Client => "client",
        Side::Cloud => "cloud",
    }
}

/// A point in time, as `2026-11-20T16:08:44.123Z`.
pub(crate) fn time(at: UnixMillis) -> String {
    let at = at.0.clamp(Timestamp::MIN.as_millisecond(), Timestamp::MAX.as_millisecond());
    Timestamp::from_millisecond(at).map(|at| format!("{at:.3}")).unwrap_or_default()
}
