//! How a monitor shows what it sees.

use std::time::Duration;

use anstyle::{AnsiColor, Style as Ansi};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::diagnostics::Style;
use crate::engine::Event;
use crate::time::Moment;

/// Back to the beginning of the line, and nothing left in it.
const CLEAR: &str = "\r\x1b[K";

/// How a monitor shows what it sees.
#[derive(Debug)]
pub(super) struct View {
    /// When it began, of which its time stamps count on.
    pub(super) began: Timestamp,
    /// One JSON object a line.
    pub(super) json: bool,
    pub(super) style: Style,
    /// A line of the board that has not ended is shown, too.
    pub(super) shows_open: bool,
    /// What is shown of it now.
    pub(super) open: Option<String>,
}

impl View {
    /// The text for an event.
    pub(super) fn event(&mut self, at: Moment, event: &Event) -> String {
        if self.json {
            let mut line = Map::from_iter([("at_us".to_owned(), Value::from(at.micros()))]);
            if let Value::Object(mut fields) = event.to_json() {
                line.append(&mut fields);
            }
            return format!("{}\n", Value::Object(line));
        }
        let clear = if self.open.take().is_some() { CLEAR } else { "" };
        let stamp = self.stamp(at);
        match event {
            Event::Console { line } => format!("{clear}{stamp}  {line}\n"),
            Event::Crash(crash) => {
                let lines = crash.lines();
                let lines =
                    lines.iter().map(|line| self.marked(&stamp, "crash", line, AnsiColor::Red));
                format!("{clear}{}", lines.collect::<String>())
            }
            _ => {
                let color = match event {
                    Event::Reset { cause }
                        if ["panic", "watchdog", "brownout"].contains(&cause.as_str()) =>
                    {
                        AnsiColor::Red
                    }
                    Event::Wake { .. } | Event::Sleep { .. } => AnsiColor::Cyan,
                    _ => AnsiColor::Yellow,
                };
                format!("{clear}{}", self.marked(&stamp, event.kind(), &event.words(), color))
            }
        }
    }

    /// The text for the line that has begun and not ended, if it changed.
    pub(super) fn open(&mut self, at: Moment, open: Option<&str>) -> String {
        let open = open.filter(|_| self.shows_open && !self.json);
        if open == self.open.as_deref() {
            return String::new();
        }
        self.open = open.map(str::to_owned);
        format!(
            "{CLEAR}{}",
            open.map_or_else(String::new, |open| format!("{}  {open}", self.stamp(at)))
        )
    }

    /// The time of day in UTC, to the millisecond.
    fn stamp(&self, at: Moment) -> String {
        let now = self.began + at.since_start().min(Duration::from_secs(u64::from(u32::MAX)));
        now.strftime("%H:%M:%S%.3f").to_string()
    }

    fn marked(&self, stamp: &str, kind: &str, words: &str, color: AnsiColor) -> String {
        // `reset: panic` and `awake: timer` say themselves what they are.
        let kind = if ["reset", "sleep", "wake"].contains(&kind) {
            String::new()
        } else {
            format!("{kind}: ")
        };
        let style = match self.style {
            Style::Colored => Ansi::new().fg_color(Some(color.into())),
            Style::Plain => Ansi::new(),
        };
        format!("{stamp}  {style}=== {kind}{words}{style:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::crash::{Crash, Frame};

    fn view() -> View {
        let began = Timestamp::constant(1_767_225_600, 0);
        View { began, json: false, style: Style::Plain, shows_open: true, open: None }
    }

    #[test]
    fn events_stand_out_from_what_the_board_prints() {
        let frame =
            Frame { address: Some(0x4200_0000), function: Some("f".into()), ..Frame::default() };
        let crash = Crash { reason: "abort()".into(), frames: vec![frame], hint: None };
        let events = [
            Event::Console { line: "GET shadow".into() },
            Event::Sleep { announced: Some(Duration::from_secs(30)) },
            Event::Note { text: "the port is gone".into() },
            Event::Crash(crash),
            Event::Reset { cause: "panic".into() },
        ];
        let mut view = view();
        let text: String = (1..)
            .zip(&events)
            .map(|(n, event)| view.event(Moment::at(Duration::from_millis(n)), event))
            .collect();
        let expected = "00:00:00.001  GET shadow\n00:00:00.002  === asleep for 30s\n00:00:00.003  === note: the port is gone\n\
                        00:00:00.004  === crash: abort()\n00:00:00.004  === crash:   0x42000000  f\n00:00:00.005  === reset: panic\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_line_that_has_not_ended_is_shown_and_then_replaced() {
        let mut view = view();
        assert_eq!(view.open(Moment::START, Some(">>> ")), format!("{CLEAR}00:00:00.000  >>> "));
        assert_eq!(view.open(Moment::START, Some(">>> ")), "");
        let line = Event::Console { line: ">>> 1".into() };
        assert_eq!(view.event(Moment::START, &line), format!("{CLEAR}00:00:00.000  >>> 1\n"));
        assert_eq!(view.open(Moment::START, None), "");
    }

    #[test]
    fn as_json_an_event_is_what_it_is_in_a_log() {
        let mut view = View { json: true, ..view() };
        let line = view
            .event(Moment::at(Duration::from_micros(5)), &Event::Wake { cause: "timer".into() });
        assert_eq!(line, "{\"at_us\":5,\"kind\":\"wake\",\"cause\":\"timer\"}\n");
    }
}
