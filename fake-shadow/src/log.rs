//! What a log says of an event, as text for people or as JSON for programs.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt::Write as _;

use serde_json::Value;

use crate::event::{CloudEvent, CloudEventKind, Served};
use crate::proxy::Passed;
use crate::show;
use crate::sigv4::explain::Explanation;

/// The form of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogForm {
    /// One JSON object a line.
    Json,
    /// One line a request; a refused signature is explained below it.
    #[default]
    Text,
}

/// The lines about an event with their line breaks; none for an event that is not logged. `explanation` is that of a
/// refused signature.
#[must_use]
pub fn lines(
    form: LogForm,
    event: &CloudEvent,
    explanation: Option<&Explanation>,
) -> Option<String> {
    match form {
        LogForm::Json => json_line(event, explanation),
        LogForm::Text => text_lines(event, explanation),
    }
}

fn json_line(event: &CloudEvent, explanation: Option<&Explanation>) -> Option<String> {
    if !is_logged(&event.kind) {
        return None;
    }
    let mut shown = show::event(event);
    if let Some(explanation) = explanation {
        shown["explanation"] = explanation.to_json();
    }
    Some(format!("{shown}\n"))
}

fn text_lines(event: &CloudEvent, explanation: Option<&Explanation>) -> Option<String> {
    let what = match &event.kind {
        CloudEventKind::Request(served) => request_text(served),
        CloudEventKind::HandshakeFailed { reason } => format!("--- no TLS: {reason}"),
        CloudEventKind::NameAsked { name, says, .. } => format!("dns {name}: {says}"),
        CloudEventKind::TimeAsked { shown, .. } => {
            format!("ntp {}", shown.map_or_else(|| "no answer".to_owned(), show::time))
        }
        CloudEventKind::NotKept { reason } => format!("--- not kept: {reason}"),
        CloudEventKind::Unreadable { reason } => format!("400 no HTTP: {reason}"),
        _ => return None,
    };
    let mut lines = format!("{} {}\n", show::time(event.at), printable(&what));
    for line in explanation.map(Explanation::render).iter().flat_map(|text| text.lines()) {
        let indent = if line.is_empty() { "" } else { "    " };
        // A text grows in memory and cannot fail to.
        let _ = writeln!(lines, "{indent}{}", printable(line));
    }
    Some(lines)
}

const fn is_logged(kind: &CloudEventKind) -> bool {
    matches!(
        kind,
        CloudEventKind::HandshakeFailed { .. }
            | CloudEventKind::NameAsked { .. }
            | CloudEventKind::NotKept { .. }
            | CloudEventKind::TimeAsked { .. }
            | CloudEventKind::Request(_)
            | CloudEventKind::Unreadable { .. }
    )
}

fn request_text(served: &Served) -> String {
    let Served { request, delivery } = served;
    let status = delivery.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
    let mut text = format!("{status} {} {}", request.method, show::target(request));
    let record = delivery.exchange.as_ref().map(|exchange| &exchange.record);
    if let Some(version) = record.and_then(|record| record.version) {
        text += &format!(", version {version}");
    }
    if let Some(refused) = record.and_then(|record| record.refused.as_ref()) {
        text += &format!(": {}", show::refused(refused));
    }
    if let Some(passed) = &delivery.passed {
        let Passed { to, how, took, answer, .. } = passed.as_ref();
        text += &match answer {
            Ok(answer) => format!(
                " ({} of {to}, asked {}, {:.3} s)",
                answer.status,
                how.words(),
                took.as_secs_f64()
            ),
            Err(error) => format!(" (not passed on to {to}: {error})"),
        };
    }
    if let Some(fault) = delivery.fault {
        text += &format!(" (fault {}, {})", fault.id.0, fault.kind);
    }
    text
}

/// A text without characters that would act on a terminal.
fn printable(text: &str) -> String {
    let escape = |character: char| match character {
        control if control.is_control() => control.escape_default().to_string(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

/// One JSON line that is no event, as about the log itself.
#[must_use]
pub fn note(form: LogForm, text: &str) -> String {
    match form {
        LogForm::Json => format!("{}\n", serde_json::json!({ "note": Value::from(text) })),
        LogForm::Text => format!("note: {}\n", printable(text)),
    }
}
