//! An event on the page: a row of the table, and what the time line draws it by.

use serde_json::Value;

use crate::engine::event::{Answer, Request, Signature, body_value};
use crate::engine::{Entry, Event};
use crate::report::{CaseReport, visible::visible};
use crate::time;

/// How many characters of a body or of a document the page holds.
const DETAIL_CHARS_MAX: usize = 20_000;

/// An event as the template sees it.
pub(super) struct EventView {
    pub(super) index: usize,
    pub(super) at: String,
    pub(super) at_us: u64,
    pub(super) kind: &'static str,
    pub(super) words: String,
    /// What joins it to others: the number of a request, a connection, a fault or a step.
    pub(super) number: Option<u64>,
    /// What there is to say on the time line.
    pub(super) label: String,
    /// What became of it, in one word; the page draws by it.
    pub(super) state: String,
    pub(super) is_nearest: bool,
    pub(super) details: Vec<Detail>,
}

/// A part of an event that is shown on demand.
pub(super) struct Detail {
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// The event with its index in the log; `nearest` is the one that came nearest to what was wanted.
pub(super) fn event_view(
    index: usize,
    entry: &Entry,
    nearest: Option<usize>,
    case: &CaseReport,
) -> EventView {
    let Marks { number, label, state } = marks(&entry.event);
    let words = match &entry.event {
        // The body, and what a message holds, stand among the details.
        Event::Request(request) => format!("#{} {}", request.id, request.short()),
        Event::Message(message) => message.short(),
        Event::Step { index, state } => {
            let step = case.outcome.steps.get(*index);
            let (number, title) = step.map_or(("", ""), |step| (&step.number, &step.title));
            format!("step {number} {}: {title}", state.word())
        }
        event => event.words(),
    };
    EventView {
        index,
        at: entry.at.to_string(),
        at_us: entry.at.micros(),
        kind: entry.event.kind(),
        words: detail(&words),
        number,
        label: visible(&label),
        state: visible(&state),
        is_nearest: nearest == Some(index),
        details: details(&entry.event),
    }
}

/// What the time line draws an event by.
#[derive(Default)]
struct Marks {
    number: Option<u64>,
    label: String,
    state: String,
}

fn marks(event: &Event) -> Marks {
    let of = |number, state: &str| Marks {
        number: Some(number),
        state: state.into(),
        ..Marks::default()
    };
    let labeled = |label: String| Marks { label, ..Marks::default() };
    match event {
        Event::Answer(answer) => Marks {
            number: Some(answer.request),
            label: answer.status.map_or_else(|| "no answer".into(), |status| status.to_string()),
            state: answer_state(answer).into(),
        },
        Event::Request(request) => Marks {
            number: Some(request.id),
            label: request.short(),
            state: signature_word(request).into(),
        },
        Event::Connection { id, change } => of(*id, change.word()),
        Event::FaultArmed { id, what, .. } => Marks { label: what.clone(), ..of(*id, "armed") },
        Event::FaultMet { id, what } => Marks { label: what.clone(), ..of(*id, "met") },
        Event::Armed { id, what, .. } => Marks { label: what.clone(), ..of(*id, "armed") },
        Event::Fired { id, what } => Marks { label: what.clone(), ..of(*id, "met") },
        Event::Brownout { .. } => labeled(event.words()),
        Event::Step { index, state } => of(*index as u64, state.word()),
        Event::Message(message) => Marks {
            label: message.topic.clone(),
            state: message.by.word().into(),
            ..Marks::default()
        },
        Event::Pin { pin, value } => labeled(format!("{pin} {value}")),
        Event::Power { change } => Marks { state: change.word().into(), ..Marks::default() },
        Event::Clock { offset_ms } => labeled(format!("clock {}", time::signed_span(*offset_ms))),
        Event::Shadow { name, document, .. } => {
            let name = name.as_ref().map(|name| format!("/{name}")).unwrap_or_default();
            let version = document.as_ref().and_then(|document| document.get("version"));
            let version = version.map_or_else(|| "gone".into(), |version| format!("v{version}"));
            labeled(format!("shadow{name} {version}"))
        }
        Event::Reset { cause } | Event::Wake { cause } => labeled(cause.clone()),
        Event::Sleep { announced } => labeled(announced.map(time::span).unwrap_or_default()),
        Event::FaultsCleared => labeled("cleared".into()),
        Event::Crash(crash) => labeled(crash.words()),
        Event::Current(reading) => labeled(reading.words()),
        Event::Snapshot { name, .. } => labeled(name.clone()),
        Event::StateWrite { bytes, .. } => labeled(format!("{bytes} bytes")),
        Event::Passed(passed) => labeled(passed.how.clone()),
        Event::Command { .. }
        | Event::Console { .. }
        | Event::ConsolePart { .. }
        | Event::Note { .. } => Marks::default(),
    }
}

const fn answer_state(answer: &Answer) -> &'static str {
    match answer.status {
        Some(200..400) => "good",
        Some(400..500) => "refused",
        Some(_) | None => "bad",
    }
}

const fn signature_word(request: &Request) -> &'static str {
    match request.signature {
        Signature::Good => "good",
        Signature::Unchecked => "unchecked",
        Signature::Refused { .. } => "refused",
    }
}

fn details(event: &Event) -> Vec<Detail> {
    let mut details = Vec::new();
    let mut add = |label, text: &str| {
        if !text.is_empty() {
            details.push(Detail { label, text: detail(text.trim_end()) });
        }
    };
    match event {
        Event::Request(request) => {
            if let Signature::Refused { message, explanation } = &request.signature {
                add("signature refused", message);
                add("explained", explanation);
            }
            add("request", &format!("{} {}", request.method, request.target));
            let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            add("headers", &headers.collect::<String>());
            add("body", &pretty(request.body_value().as_ref()));
        }
        Event::Message(message) => add("payload", &pretty(message.payload_value().as_ref())),
        Event::Passed(passed) => add("answered", &pretty(body_value(&passed.body).as_ref())),
        Event::Answer(answer) => add("body", &pretty(body_value(&answer.body).as_ref())),
        Event::Crash(crash) => add("crash", &crash.lines().join("\n")),
        Event::Command { output, .. } => add("output", output),
        Event::Snapshot { text, .. } => add("snapshot", text),
        Event::Shadow { document, .. } => add("document", &pretty(document.as_ref())),
        Event::Armed { step, .. } => add("step", &pretty(Some(step))),
        Event::Brownout { .. }
        | Event::Clock { .. }
        | Event::Connection { .. }
        | Event::Console { .. }
        | Event::ConsolePart { .. }
        | Event::Current(_)
        | Event::FaultArmed { .. }
        | Event::FaultMet { .. }
        | Event::FaultsCleared
        | Event::Fired { .. }
        | Event::Note { .. }
        | Event::Pin { .. }
        | Event::Power { .. }
        | Event::Reset { .. }
        | Event::Sleep { .. }
        | Event::StateWrite { .. }
        | Event::Step { .. }
        | Event::Wake { .. } => {}
    }
    details
}

fn pretty(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => format!("{value:#}"),
    }
}

/// Text that a page can hold.
pub(super) fn detail(text: &str) -> String {
    match text.char_indices().nth(DETAIL_CHARS_MAX) {
        None => visible(text),
        Some((end, _)) => format!("{} ... ({} bytes)", visible(&text[..end]), text.len()),
    }
}
