//! Looking through the log for what a step wants.

use serde_json::{Value, json};

use super::event::{ConnectionChange, Event, Log, Request, Signature};
use super::mismatch::NearMiss;
use super::reading::Reading;
use super::step::Run;
use crate::scenario::line::LinePattern;
use crate::scenario::matcher::{Comparison, Difference};
use crate::scenario::message_want::MessageWant;
use crate::scenario::request_pattern::RequestPattern;
use crate::scenario::request_want::RequestWant;
use crate::scenario::template::Variables;
use crate::scenario::watch::Watch;

/// What became of a wanted request or message.
#[derive(Debug)]
pub(crate) enum Found {
    /// It is at this index, and has everything that is wanted of it.
    At(usize, Variables),
    /// A request like it is there, and its answer is still to come.
    Pending,
    /// It is not there; the nearest one, if any.
    No(Option<NearMiss>),
}

/// The first request from `start` on that is as wanted.
pub(crate) fn request(want: &RequestWant, start: usize, run: &Run<'_>) -> Found {
    let mut nearest: Option<NearMiss> = None;
    for (index, entry) in run.log.from(start) {
        let Event::Request(request) = &entry.event else { continue };
        if want.answered.is_some()
            && request.pattern.as_ref() == Some(&want.pattern)
            && run.log.answer_to(request.id).is_none()
        {
            return Found::Pending;
        }
        let mut found = Variables::new();
        let differences = request_differences(
            want,
            request,
            run.log,
            Comparison {
                seen_at_ms: run.book.unix_ms(entry.at),
                ..run.comparison(want.strictness)
            },
            &mut found,
        );
        if differences.is_empty() {
            return Found::At(index, found);
        }
        let explanation = explanation(request);
        let miss = NearMiss { index, differences, explanation };
        let other_kind = request.pattern.as_ref() != Some(&want.pattern);
        let farther =
            |best: &NearMiss| miss.differences.len() > best.differences.len() || other_kind;
        if !nearest.as_ref().is_some_and(farther) {
            nearest = Some(miss);
        }
    }
    Found::No(nearest)
}

fn explanation(request: &Request) -> Option<String> {
    match &request.signature {
        Signature::Refused { explanation, .. } => Some(explanation.clone()),
        Signature::Good | Signature::Unchecked => None,
    }
}

/// All that is different between a request and what is wanted of it.
pub(crate) fn request_differences(
    want: &RequestWant,
    request: &Request,
    log: &Log,
    comparison: Comparison<'_>,
    found: &mut Variables,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    let mut note = |path: &str, expected: String, actual: String| {
        differences.push(Difference::other(path, want.span, expected, actual));
    };
    if request.pattern.as_ref() != Some(&want.pattern) {
        note("request", want.pattern.to_string(), request.short());
    }
    if let Some(wanted) = want.signed {
        let good = matches!(request.signature, Signature::Good);
        let words = |good| if good { "a right signature" } else { "a refused signature" };
        if good != wanted {
            note("signature", words(wanted).into(), signature_words(&request.signature));
        }
    }
    let under = |path: &str, found: Vec<Difference>| {
        found.into_iter().map(move |difference| difference.under(path)).collect::<Vec<_>>()
    };
    if let Some(body) = &want.body {
        differences.extend(under(
            "body",
            body.differences(request.body_value().as_ref(), comparison, found),
        ));
    }
    for (name, matcher) in &want.headers {
        let value = header(request, name);
        differences.extend(under(name, matcher.differences(value.as_ref(), comparison, found)));
    }
    for (name, matcher) in &want.query {
        let value = query(&request.target, name);
        differences.extend(under(name, matcher.differences(value.as_ref(), comparison, found)));
    }
    if let Some(answered) = &want.answered {
        let status = log.answer_to(request.id).and_then(|(_, answer)| answer.status);
        let status = status.map(Value::from);
        differences
            .extend(under("answer", answered.differences(status.as_ref(), comparison, found)));
    }
    differences
}

fn signature_words(signature: &Signature) -> String {
    match signature {
        Signature::Good => "a right signature".into(),
        Signature::Refused { message, .. } => format!("refused: {message}"),
        Signature::Unchecked => "not checked, since a fault came first".into(),
    }
}

fn header(request: &Request, name: &str) -> Option<Value> {
    let (_, value) = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(Value::String(value.clone()))
}

fn query(target: &str, name: &str) -> Option<Value> {
    let (_, query) = target.split_once('?')?;
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| Value::String(value.to_owned()))
    })
}

/// What a capture may reach of a request: `$.received_at`, `$.body`, `$.headers`, `$.method`, `$.target`, `$.id`.
pub(crate) fn request_seen(log: &Log, index: usize) -> Value {
    let Some(entry) = log.entries().get(index) else { return Value::Null };
    let Event::Request(request) = &entry.event else { return Value::Null };
    let headers: serde_json::Map<String, Value> = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), Value::String(value.clone())))
        .collect();
    let answer = log.answer_to(request.id).map(|(_, answer)| {
        json!({ "status": answer.status, "body": super::event::body_value(&answer.body) })
    });
    json!({
        "id": request.id, "received_at": entry.at.since_start().as_secs_f64(), "method": request.method,
        "target": request.target, "headers": headers, "body": request.body_value(), "answer": answer,
    })
}

/// The first message from `start` on that is as wanted; the nearest one is on the same topic, if there is one.
pub(crate) fn message(want: &MessageWant, start: usize, run: &Run<'_>) -> Found {
    let mut nearest: Option<(bool, NearMiss)> = None;
    for (index, entry) in run.log.from(start) {
        let Event::Message(message) = &entry.event else { continue };
        let seen_at_ms = run.book.unix_ms(entry.at);
        let comparison = Comparison { seen_at_ms, ..run.comparison(want.strictness) };
        let mut found = Variables::new();
        let differences = want.differences(message, comparison, &mut found);
        if differences.is_empty() {
            return Found::At(index, found);
        }
        let is_other = !want.is_on_topic(message, run.variables);
        let miss = NearMiss { index, differences, explanation: None };
        let distance = (is_other, miss.differences.len());
        if nearest.as_ref().is_none_or(|(other, best)| distance <= (*other, best.differences.len()))
        {
            nearest = Some((is_other, miss));
        }
    }
    Found::No(nearest.map(|(_, miss)| miss))
}

/// What a capture may reach of a message: `$.topic`, `$.payload`, `$.qos`, `$.retain`, `$.by`, `$.received_at`.
pub(crate) fn message_seen(log: &Log, index: usize) -> Value {
    let Some(entry) = log.entries().get(index) else { return Value::Null };
    let Event::Message(message) = &entry.event else { return Value::Null };
    json!({
        "topic": message.topic, "payload": message.payload_value(), "qos": message.qos, "retain": message.retain,
        "by": message.by.word(), "received_at": entry.at.since_start().as_secs_f64(),
    })
}

/// Which console lines count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Those that have ended, and those that have not, as far as they came.
    All,
    /// Those that have not ended.
    Unfinished,
    /// Those that have ended.
    Whole,
}

impl Lines {
    /// The line that an event tells, if it counts.
    pub(crate) fn of(self, event: &Event) -> Option<&String> {
        match (self, event) {
            (Self::All | Self::Whole, Event::Console { line })
            | (Self::All | Self::Unfinished, Event::ConsolePart { line }) => Some(line),
            _ => None,
        }
    }
}

/// The first console line from `start` on that matches.
pub(crate) fn line(
    (pattern, lines): (&LinePattern, Lines),
    start: usize,
    run: &Run<'_>,
) -> Option<(usize, String, Variables)> {
    let pattern = pattern.filled(run.variables);
    run.log.from(start).find_map(|(index, entry)| {
        let line = lines.of(&entry.event)?;
        let mut found = Variables::new();
        pattern.matches(line, run.variables, &mut found).then(|| (index, line.clone(), found))
    })
}

/// Whether an event is what a pattern describes.
pub(crate) fn is_event(
    watch: &Watch,
    event: &Event,
    log: &Log,
    comparison: Comparison<'_>,
) -> bool {
    let mut found = Variables::new();
    match (watch, event) {
        (Watch::Console(pattern), Event::Console { line }) => {
            pattern.matches(line, comparison.variables, &mut found)
        }
        (Watch::Request(want), Event::Request(request)) => {
            let comparison = Comparison { strictness: want.strictness, ..comparison };
            request_differences(want, request, log, comparison, &mut found).is_empty()
        }
        (Watch::Current { above_na, below_na }, Event::Current(reading)) => {
            // An edge: it was on the other side when the meter told before.
            let before = log.entries().iter().rev().find_map(|entry| match &entry.event {
                Event::Current(before) if before.until < reading.until => Some(*before),
                _ => None,
            });
            let is_above = |reading: Reading, limit: u64| reading.peak_na > limit as i64;
            let rises = |limit: u64| {
                is_above(*reading, limit) && before.is_none_or(|before| !is_above(before, limit))
            };
            let is_below = |reading: Reading, limit: u64| reading.average_na < limit as i64;
            let falls = |limit: u64| {
                is_below(*reading, limit) && before.is_some_and(|before| !is_below(before, limit))
            };
            above_na.is_some_and(rises) || below_na.is_some_and(falls)
        }
        (Watch::Connect, Event::Connection { change: ConnectionChange::Opened, .. })
        | (Watch::Sleep, Event::Sleep { .. })
        | (Watch::StateCut, Event::StateWrite { cut: Some(_), .. }) => true,
        (Watch::FaultMet(wanted), Event::FaultMet { id, .. }) => wanted == id,
        (Watch::Message(want), Event::Message(message)) => {
            want.differences(message, comparison, &mut found).is_empty()
        }
        (Watch::Pin { pin, value }, Event::Pin { pin: changed, value: now }) => {
            pin == changed && value.is_none_or(|value| value == *now)
        }
        (Watch::Reset(causes), Event::Reset { cause })
        | (Watch::Wake(causes), Event::Wake { cause }) => {
            causes.is_empty() || causes.contains(cause)
        }
        _ => false,
    }
}

/// The indexes of all events from `start` on that are what a pattern describes.
pub(crate) fn all(watch: &Watch, start: usize, run: &Run<'_>) -> Vec<usize> {
    let comparison = run.comparison(crate::scenario::matcher::Strictness::Partial);
    let watch = &watch.filled(run.variables);
    run.log
        .from(start)
        .filter(|(_, entry)| {
            let seen_at_ms = run.book.unix_ms(entry.at);
            is_event(watch, &entry.event, run.log, Comparison { seen_at_ms, ..comparison })
        })
        .map(|(index, _)| index)
        .collect()
}

/// The requests between two places in the log, in short.
pub(crate) fn requests_between(
    log: &Log,
    range: std::ops::Range<usize>,
) -> Vec<(usize, Option<RequestPattern>, String)> {
    log.from(range.start)
        .take_while(|(index, _)| *index < range.end)
        .filter_map(|(index, entry)| match &entry.event {
            Event::Request(request) => Some((index, request.pattern.clone(), request.short())),
            _ => None,
        })
        .collect()
}

/// The nearest console line to a pattern, among those from `start` on.
pub(crate) fn nearest_line(pattern: &LinePattern, start: usize, run: &Run<'_>) -> Option<NearMiss> {
    let pattern = pattern.filled(run.variables);
    let lines = run
        .log
        .from(start)
        .filter_map(|(index, entry)| Some((index, pattern.distance(Lines::All.of(&entry.event)?))));
    let (index, distance) = lines.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (distance < 0.7).then_some(NearMiss { index, differences: Vec::new(), explanation: None })
}
