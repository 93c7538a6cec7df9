//! `run`: a program on the machine of the rig.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::action::{Action, CommandOrder};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::line::LinePattern;
use crate::scenario::node::Node;
use crate::scenario::plan::Common;
use crate::scenario::template::{self, Variables};

/// A program may take this long where the scenario does not say.
const WITHIN_DEFAULT: Duration = Duration::from_secs(60);

const FIELDS: &[Field] = &[
    required(
        "command",
        Shape::List(&Shape::Text),
        "the program and its arguments; a text goes to `sh -c`",
    ),
    optional("exit", Shape::Whole, "the exit code that it must end with; default 0"),
    optional("output", Shape::Line, "a line that it must write, on standard output or error"),
];

pub(super) const VERB: Verb = Verb {
    name: "run",
    shape: Shape::OneOf(&[Shape::Map(FIELDS), Shape::Text]),
    beside: &[],
    doc: "Runs a program on this machine, with the rig's own environment and folder, and waits for its end: 60 s, or `within`. A file \
          that comes from somewhere else could do anything here, so the case is skipped unless the run has `--allow-run`. `capture` \
          reaches `$.exit`, `$.output` and, where the output is JSON, `$.json`.",
    example: "run: { command: [git, rev-parse, HEAD], output: { $matches: '^(?<commit>[0-9a-f]{40})' } }",
    read: |context, _| Some(Arc::new(RunProgram::read(context.node))),
};

#[derive(Debug)]
struct RunProgram {
    words: Vec<String>,
    exit: i64,
    output: Option<LinePattern>,
}

impl RunProgram {
    fn read(node: &Node) -> Self {
        let command = node.get("command").unwrap_or(node);
        let words = match command.text() {
            Some(text) => vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()],
            None => command.items().iter().map(|item| template::plain(&item.to_json())).collect(),
        };
        Self {
            words,
            exit: node.get("exit").and_then(|exit| exit.to_json().as_i64()).unwrap_or(0),
            output: node.get("output").and_then(LinePattern::read),
        }
    }

    fn judge(&self, run: &mut Run<'_>) -> Progress {
        let ran = run.log.from(run.started_index).find_map(|(index, entry)| match &entry.event {
            Event::Command { exit, output, .. } => Some((index, *exit, output.clone())),
            _ => None,
        });
        let Some((index, exit, output)) = ran else { return Progress::Waiting(None) };
        let window = run.started_index..index + 1;
        if exit.map(i64::from) != Some(self.exit) {
            let actual =
                exit.map_or_else(|| "it was killed".into(), |exit| format!("exit code {exit}"));
            let last = output.lines().rev().find(|line| !line.trim().is_empty());
            let actual = last.map_or_else(|| actual.clone(), |line| format!("{actual}: {line}"));
            let expected = format!("exit code {}", self.exit);
            let headline = "the program ended otherwise than expected";
            return Progress::failed(
                Mismatch::new(MismatchKind::CommandEnd, headline, expected, actual)
                    .with_window(window),
            );
        }
        let mut found = Variables::new();
        if let Some(pattern) = &self.output
            && !output.lines().any(|line| pattern.matches(line, run.variables, &mut found))
        {
            let wanted = pattern.filled(run.variables).words();
            let headline = format!("no line of the output {wanted}");
            let lines: Vec<_> = output.lines().filter(|line| !line.trim().is_empty()).collect();
            let actual = match lines.as_slice() {
                [] => "no output".to_owned(),
                [only] => format!("one line: {only}"),
                [.., last] => format!("{} other lines, the last of them: {last}", lines.len()),
            };
            let mismatch = Mismatch::new(
                MismatchKind::CommandOutput,
                headline,
                format!("a line {wanted}"),
                actual,
            );
            return Progress::failed(mismatch.with_window(window));
        }
        run.variables.extend(found);
        let json: Option<serde_json::Value> = serde_json::from_str(&output).ok();
        Progress::Passed(json!({ "exit": exit, "output": output.trim_end(), "json": json }))
    }
}

impl Step for RunProgram {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let limit = self.within(run.common);
        let done = run.act_once(|variables| {
            let fill = |word: &String| template::plain(&template::fill(word, variables));
            Action::RunCommand(CommandOrder { words: self.words.iter().map(fill).collect(), limit })
        });
        match done {
            Progress::Passed(_) => self.judge(run),
            other => other,
        }
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the program still ran")
    }

    fn within(&self, common: &Common) -> Duration {
        common.within.unwrap_or(WITHIN_DEFAULT)
    }
}
