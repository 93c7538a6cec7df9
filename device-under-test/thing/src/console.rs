//! Every line that a thing prints, so that a rig can rely on them. `console.md` lists them with their
//! meaning, and stands in the crate's documentation.

use crate::config::ConfigError;
use crate::http::{AnswerError, Method};
use crate::io::WakeCause;
use crate::json::JsonError;
use crate::limits::LINE_BYTES_MAX;
use crate::shadow::ShadowError;
use crate::state::{StateError, Status};
use crate::text::Text;

/// One line, without its end.
pub(crate) type Line = Text<LINE_BYTES_MAX>;

/// Why a wake ends before its time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Failure<'a> {
    Answer(Method, AnswerError),
    AnswerTimeout(Method),
    Config(ConfigError),
    Connect(Method, &'a str),
    ConnectTimeout(Method),
    Network(&'a str),
    NetworkTimeout,
    RequestTooLong(Method),
    Shadow(ShadowError),
    Status(Method, u16, &'a str),
    Time,
    TimeBeyondEnd,
    TimeTimeout,
}

pub(crate) fn wake(kind: &str, cause: WakeCause) -> Line {
    Line::of(&["thing ", kind, " ", env!("CARGO_PKG_VERSION"), " wake: ", cause.name()])
}

pub(crate) fn no_state() -> Line {
    Line::of(&["state: none, starting fresh"])
}

pub(crate) fn bad_state(error: StateError) -> Line {
    let mut line = Line::of(&["state: unreadable ("]);
    match error {
        StateError::BadChecksum => line.push_str("wrong checksum"),
        StateError::BadValue => line.push_str("impossible value"),
        StateError::OtherKind => line.push_str("of another kind of thing"),
        StateError::OtherVersion { version } => {
            line.push_str("version ");
            line.push_number(u64::from(version));
        }
        StateError::NotState => line.push_str("not a state"),
        StateError::Torn => line.push_str("torn"),
    }
    line.push_str("), starting fresh");
    line
}

pub(crate) fn request(method: Method) -> Line {
    Line::of(&[method.name(), " shadow"])
}

pub(crate) fn status(status: &Status) -> Line {
    let mut line = Line::of(&["status: "]);
    line.push_visible(status.as_str());
    line
}

pub(crate) fn no_status() -> Line {
    Line::of(&["status: none"])
}

pub(crate) fn commands() -> Line {
    Line::of(&["commands: help, status"])
}

pub(crate) fn unknown_command(command: &str) -> Line {
    let mut line = Line::of(&["unknown command: "]);
    line.push_visible(command);
    line.push_str("; there are help, status");
    line
}

pub(crate) fn left_out(count: usize) -> Line {
    let mut line = Line::of(&["report: full, left out "]);
    line.push_number(count as u64);
    line
}

pub(crate) fn sleep(seconds: u32) -> Line {
    let mut line = Line::of(&["sleep "]);
    line.push_number(u64::from(seconds));
    line.push_str(" s");
    line
}

pub(crate) fn error(failure: Failure<'_>) -> Line {
    let mut line = Line::of(&["error: "]);
    match failure {
        Failure::Answer(method, error) => push_answer_error(&mut line, method, error),
        Failure::AnswerTimeout(method) => {
            push(&mut line, &[method.name(), " not answered in time"])
        }
        Failure::Config(error) => push_config_error(&mut line, error),
        Failure::Connect(method, reason) => {
            push(&mut line, &[method.name(), " not connected: "]);
            line.push_visible(reason);
        }
        Failure::ConnectTimeout(method) => {
            push(&mut line, &[method.name(), " not connected in time"]);
        }
        Failure::Network(reason) => {
            line.push_str("network down: ");
            line.push_visible(reason);
        }
        Failure::NetworkTimeout => line.push_str("network not up in time"),
        Failure::RequestTooLong(method) => push(&mut line, &[method.name(), " too long to send"]),
        Failure::Shadow(error) => push_shadow_error(&mut line, error),
        Failure::Status(method, status, reason) => {
            push(&mut line, &[method.name(), " answered "]);
            line.push_number(u64::from(status));
            push(&mut line, &[if reason.is_empty() { "" } else { " " }, reason]);
        }
        Failure::Time => line.push_str("no time"),
        Failure::TimeBeyondEnd => line.push_str("time beyond the year 9999"),
        Failure::TimeTimeout => line.push_str("time not told in time"),
    }
    line
}

fn push(line: &mut Line, parts: &[&str]) {
    parts.iter().for_each(|part| line.push_str(part));
}

fn push_answer_error(line: &mut Line, method: Method, error: AnswerError) {
    push(line, &[method.name(), " answer "]);
    match error {
        AnswerError::BadChunk => line.push_str("unreadable: bad chunk"),
        AnswerError::BadLength => line.push_str("unreadable: bad Content-Length"),
        AnswerError::BadStatusLine => line.push_str("unreadable: bad status line"),
        AnswerError::CutOff { body_bytes } => {
            line.push_str("cut off after ");
            line.push_number(body_bytes as u64);
            line.push_str(" bytes");
        }
        AnswerError::CutOffInHead => line.push_str("cut off in its headers"),
        AnswerError::HeadTooLong => line.push_str("unreadable: headers too long"),
        AnswerError::NoAnswer => line.push_str("missing: connection ended"),
        AnswerError::TooLong { bytes_max } => {
            line.push_str("longer than ");
            line.push_number(bytes_max as u64);
            line.push_str(" bytes");
        }
        AnswerError::TooManyInterim => line.push_str("unreadable: only interim answers"),
        AnswerError::UnknownCoding => line.push_str("unreadable: unknown Transfer-Encoding"),
    }
}

fn push_config_error(line: &mut Line, error: ConfigError) {
    match error {
        ConfigError::BadCharacter { field } => {
            push(line, &["configuration: ", field, " holds a character that is not visible ASCII"]);
        }
        ConfigError::Empty { field } => push(line, &["configuration: ", field, " is empty"]),
        ConfigError::TooLong { field, bytes_max } => {
            push(line, &["configuration: ", field, " is longer than "]);
            line.push_number(bytes_max as u64);
            line.push_str(" bytes");
        }
    }
}

fn push_shadow_error(line: &mut Line, error: ShadowError) {
    let (what, at) = match error {
        ShadowError::NotAnObject => ("not an object", None),
        ShadowError::NotJson(JsonError::Ended) => ("JSON that ends too early", None),
        ShadowError::NotJson(JsonError::NotText { at }) => ("not UTF-8", Some(at)),
        ShadowError::NotJson(JsonError::TooDeep { at }) => ("nested too deep", Some(at)),
        ShadowError::NotJson(JsonError::Unexpected { at }) => ("not JSON", Some(at)),
        ShadowError::SectionNotAnObject { section } => {
            push(line, &["shadow unusable: state.", section, " is not an object"]);
            return;
        }
        ShadowError::StateMissing => ("without state", None),
    };
    push(line, &["shadow unusable: ", what]);
    if let Some(at) = at {
        line.push_str(" at byte ");
        line.push_number(at as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DOCUMENT_BYTES_MAX;

    const TABLE: &str = include_str!("../console.md");

    /// Rows for what the kinds print themselves.
    const LINES_OF_CHILDREN: usize = 3;

    #[test]
    fn every_line_stands_in_the_documentation() {
        let answer = |error| self::error(Failure::Answer(Method::Get, error));
        let shadow = |error| self::error(Failure::Shadow(error));
        let config = |error| self::error(Failure::Config(error));
        let lines = [
            wake("signal-thing", WakeCause::Timer),
            no_state(),
            bad_state(StateError::BadChecksum),
            bad_state(StateError::BadValue),
            bad_state(StateError::NotState),
            bad_state(StateError::OtherKind),
            bad_state(StateError::OtherVersion { version: 2 }),
            bad_state(StateError::Torn),
            request(Method::Get),
            request(Method::Post),
            status(&Status::of(&["done: signaled 2 times"])),
            no_status(),
            commands(),
            unknown_command("stat?s"),
            left_out(3),
            sleep(30),
            answer(AnswerError::BadChunk),
            answer(AnswerError::BadLength),
            answer(AnswerError::BadStatusLine),
            answer(AnswerError::CutOff { body_bytes: 17 }),
            answer(AnswerError::CutOffInHead),
            answer(AnswerError::HeadTooLong),
            answer(AnswerError::NoAnswer),
            answer(AnswerError::TooLong { bytes_max: DOCUMENT_BYTES_MAX }),
            answer(AnswerError::TooManyInterim),
            answer(AnswerError::UnknownCoding),
            error(Failure::AnswerTimeout(Method::Post)),
            config(ConfigError::BadCharacter { field: "access_key_id" }),
            config(ConfigError::Empty { field: "region" }),
            config(ConfigError::TooLong { field: "thing_name", bytes_max: 128 }),
            error(Failure::Connect(Method::Get, "connection refused")),
            error(Failure::ConnectTimeout(Method::Get)),
            error(Failure::Network("no access point")),
            error(Failure::NetworkTimeout),
            error(Failure::RequestTooLong(Method::Post)),
            shadow(ShadowError::NotAnObject),
            shadow(ShadowError::NotJson(JsonError::Ended)),
            shadow(ShadowError::NotJson(JsonError::NotText { at: 7 })),
            shadow(ShadowError::NotJson(JsonError::TooDeep { at: 32 })),
            shadow(ShadowError::NotJson(JsonError::Unexpected { at: 0 })),
            shadow(ShadowError::SectionNotAnObject { section: "desired" }),
            shadow(ShadowError::StateMissing),
            error(Failure::Status(Method::Get, 403, "Forbidden")),
            error(Failure::Status(Method::Post, 429, "")),
            error(Failure::Time),
            error(Failure::TimeBeyondEnd),
            error(Failure::TimeTimeout),
        ];
        for line in &lines {
            let row = format!("| `{}` |", line.as_str());
            assert!(TABLE.contains(&row), "console.md misses {row}");
        }
        let rows = TABLE.lines().filter(|row| row.starts_with("| `")).count();
        assert_eq!(rows, lines.len() + LINES_OF_CHILDREN);
    }
}
