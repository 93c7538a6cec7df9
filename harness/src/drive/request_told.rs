//! What is told of a request as it came: its parts with secrets masked, its signature explained, the faults that it met.

use fake_shadow::fault::Delivery;
use fake_shadow::message::Request as CloudRequest;
use fake_shadow::proxy::{Passed, PassedAnswer};
use fake_shadow::sigv4::{self, Refusal, Rules};
use fake_shadow::{RequestRecord, Settings};

use super::cloud_side::pattern;
use crate::engine::Event;
use crate::engine::event::{PassedOn, Request, Signature};

/// What stands for a header that could open something.
const MASKED: &str = "(masked)";

/// What an observer sees of a request when it comes in, in order: the request, and the faults that it meets.
pub(super) fn request_events(
    settings: &Settings,
    (number, connection): (u64, u64),
    request: &CloudRequest,
    delivery: &Delivery,
) -> Vec<Event> {
    let record = delivery.exchange.as_ref().map(|exchange| &exchange.record);
    let signature = match (delivery.verdict(), record) {
        (Some(_), Some(record)) => signature(settings, request, record),
        _ => Signature::Unchecked,
    };
    let mut events = vec![Event::Request(Request {
        id: number,
        connection: Some(connection),
        method: request.method.clone(),
        target: request.target.clone(),
        pattern: delivery.operation.as_ref().ok().and_then(pattern),
        headers: headers(request),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        signature,
    })];
    if let Some(met) = &delivery.fault {
        events.push(Event::FaultMet { id: met.id.0, what: met.kind.to_owned() });
    }
    events.extend(delivery.passed.as_ref().map(|passed| passed_event(number, passed)));
    events
}

fn passed_event(number: u64, passed: &Passed) -> Event {
    let answer = passed.answer.as_ref();
    let body = |answer: &PassedAnswer| String::from_utf8_lossy(&answer.body).into_owned();
    Event::Passed(PassedOn {
        request: number,
        to: passed.to.clone(),
        how: passed.how.words().to_owned(),
        took: passed.took,
        status: answer.ok().map(|answer| answer.status),
        body: answer.map(body).unwrap_or_default(),
        error: answer.err().map(ToString::to_string),
    })
}

/// The headers with everything masked that could open something.
fn headers(request: &CloudRequest) -> Vec<(String, String)> {
    let shown = |name: &str, value: &[u8]| {
        let text = String::from_utf8_lossy(value);
        if name.eq_ignore_ascii_case("x-amz-security-token") {
            return MASKED.to_owned();
        }
        match text.split_once("Signature=") {
            Some((before, _)) if name.eq_ignore_ascii_case("authorization") => {
                format!("{before}Signature={MASKED}")
            }
            _ => text.into_owned(),
        }
    };
    request
        .headers
        .iter()
        .map(|header| (header.name.to_string(), shown(&header.name, &header.value)))
        .collect()
}

fn signature(settings: &Settings, request: &CloudRequest, record: &RequestRecord) -> Signature {
    match &record.verdict {
        Ok(_) => Signature::Good,
        Err(refusal) => Signature::Refused {
            message: refusal.message(),
            explanation: explain(settings, request, record, refusal),
        },
    }
}

fn explain(
    settings: &Settings,
    request: &CloudRequest,
    record: &RequestRecord,
    refusal: &Refusal,
) -> String {
    let rules = Rules { window: settings.window, ..Rules::data_plane(&settings.region) };
    sigv4::explain(request, record.cloud_time, &settings.keyring, &rules, refusal).to_string()
}
