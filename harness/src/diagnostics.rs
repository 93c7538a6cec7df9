//! The only place that draws a problem of a scenario, or a mismatch of a run, with its source line.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::engine::event::{Entry, Event};
use crate::engine::mismatch::{Blame, Mismatch};
use crate::engine::{Log, Verdict};
use crate::scenario::node::Span;
use crate::scenario::problem::{Problem, Severity};

/// How many events before the failure are shown.
const WINDOW_MAX: usize = 14;

/// How many entries behind the nearest miss are shown.
const BEHIND_NEAREST: usize = 7;

/// How many characters of a long value are shown.
const VALUE_MAX: usize = 300;

/// A scenario's text, and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The path as it was given.
    pub path: &'a str,
    /// The text.
    pub text: &'a str,
}

/// Whether the reader is a terminal with colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// It is.
    Colored,
    /// It is not.
    Plain,
}

impl Style {
    const fn renderer(self) -> Renderer {
        match self {
            Self::Colored => Renderer::styled(),
            Self::Plain => Renderer::plain(),
        }
    }
}

/// Draws a problem of a scenario file.
#[must_use]
pub fn problem(source: Source<'_>, problem: &Problem, style: Style) -> String {
    let level = match problem.kind.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    draw(source, level, &problem.kind.message(), problem.span, (problem.kind.help(), style))
}

/// Draws why a case failed: where, what was wanted, what there is instead, what came nearest, and what happened.
#[must_use]
pub fn failure(source: Source<'_>, verdict: &Verdict, log: &Log, style: Style) -> String {
    let Verdict::Failed(failure) = verdict else { return String::new() };
    let mismatch = &failure.mismatch;
    let level = match mismatch.blame {
        Blame::Firmware => Level::ERROR.with_name("failure"),
        Blame::Rig => Level::ERROR.with_name("error in the rig"),
    };
    let mut text = draw(source, level, &mismatch.headline, failure.span, (None, style));
    text.push('\n');
    text += &format!("  expected: {}\n", short(&mismatch.expected));
    text += &format!("    actual: {}\n", short(&mismatch.actual));
    text += &nearest(mismatch, log);
    if let Some(help) = &mismatch.help {
        text += &format!("      help: {help}\n");
    }
    text + &crash(mismatch, log) + &window(mismatch, log)
}

/// The last crash of the firmware in the time that matters, with the places that it was in.
fn crash(mismatch: &Mismatch, log: &Log) -> String {
    let seen =
        log.from(mismatch.window.start).take_while(|(index, _)| *index < mismatch.window.end);
    let last = seen.filter_map(|(_, entry)| match &entry.event {
        Event::Crash(crash) => Some(crash.lines()),
        _ => None,
    });
    let Some(lines) = last.last() else { return String::new() };
    let lines: String = lines.iter().map(|line| format!("    {}\n", short(line))).collect();
    format!("  the crash, decoded:\n{lines}")
}

fn draw(
    source: Source<'_>,
    level: Level<'_>,
    title: &str,
    span: Span,
    (help, style): (Option<String>, Style),
) -> String {
    // Both ends on the border of a character, as the drawing needs it, whatever the span says.
    let start = source.text.floor_char_boundary(span.start);
    let end = source.text.ceil_char_boundary(span.start.saturating_add(span.len.max(1)));
    // The line where it begins; what stands in a whole file that was named by mistake is nobody's business.
    let line = source.text.get(start..end).and_then(|text| text.find('\n'));
    let end = line.map_or(end, |length| start + length.max(1));
    let snippet = Snippet::source(source.text)
        .path(source.path)
        .annotation(AnnotationKind::Primary.span(start..end));
    let mut group = level.primary_title(title).element(snippet);
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    style.renderer().render(&[group])
}

fn nearest(mismatch: &Mismatch, log: &Log) -> String {
    let Some(nearest) = &mismatch.nearest else { return String::new() };
    let Some(entry) = log.entries().get(nearest.index) else { return String::new() };
    let mut text = format!("   nearest: {} {}\n", entry.at, short(&entry.event.words()));
    let width = nearest.differences.iter().map(|difference| difference.path.chars().count()).max();
    let width = width.unwrap_or(0);
    for difference in &nearest.differences {
        let path = if difference.path.is_empty() { "(whole)" } else { &difference.path };
        let actual = difference.actual.as_deref().unwrap_or("nothing");
        text += &format!("            {path:width$}  expected: {}\n", short(&difference.expected));
        text += &format!("            {:width$}    actual: {}\n", "", short(actual));
    }
    if let Some(explanation) = &nearest.explanation {
        text += "  the signature, explained:\n";
        for line in explanation.lines() {
            text += &format!("    {line}\n");
        }
    }
    text
}

/// What happened, in order, with times; the part that matters, and not more than fits on a screen.
fn window(mismatch: &Mismatch, log: &Log) -> String {
    // What came nearest matters more than what came last.
    let nearest = mismatch.nearest.as_ref().map_or(usize::MAX, |nearest| nearest.index);
    let end = mismatch.window.end.min(nearest.saturating_add(BEHIND_NEAREST));
    let range = mismatch.window.start..end;
    let seen: Vec<&Entry> = log
        .from(range.start)
        .take_while(|(index, _)| *index < range.end)
        .map(|(_, entry)| entry)
        .filter(|entry| !matches!(entry.event, Event::Step { .. }))
        .collect();
    let seen = without_pins(seen, mismatch, log);
    if seen.is_empty() {
        return "  nothing happened in that time\n".to_owned();
    }
    let left_out = seen.len().saturating_sub(WINDOW_MAX);
    let mut text = "  what happened:\n".to_owned();
    let later = mismatch.window.end - end;
    if left_out > 0 {
        text += &format!("    ... {left_out} earlier events are in events.jsonl\n");
    }
    for entry in &seen[left_out..] {
        let kind = entry.event.kind();
        text += &format!(
            "    {:>12}  {kind:<12} {}\n",
            entry.at.to_string(),
            short(&entry.event.words())
        );
    }
    if later > 0 {
        text += &format!("    ... {later} later events are in events.jsonl\n");
    }
    text
}

/// Pins change often, and are left out where more happened than fits, unless the failure is about them.
fn without_pins<'l>(seen: Vec<&'l Entry>, mismatch: &Mismatch, log: &Log) -> Vec<&'l Entry> {
    let is_pin = |event: &Event| matches!(event, Event::Pin { .. });
    let nearest = mismatch.nearest.as_ref().and_then(|nearest| log.entries().get(nearest.index));
    if seen.len() <= WINDOW_MAX || nearest.is_some_and(|entry| is_pin(&entry.event)) {
        return seen;
    }
    seen.into_iter().filter(|entry| !is_pin(&entry.event)).collect()
}

/// A value that fits on a screen, on one line.
fn short(text: &str) -> String {
    let line = text.replace('\n', "\\n");
    match line.char_indices().nth(VALUE_MAX) {
        None => line,
        Some((end, _)) => format!("{} ... ({} bytes)", &line[..end], text.len()),
    }
}
