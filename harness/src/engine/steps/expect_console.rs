//! `expect-console`: the device writes a line.

use std::sync::Arc;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind, NearMiss};
use crate::engine::search::{self, Lines};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Shape, optional};
use crate::scenario::line::LinePattern;
use crate::scenario::node::Data;
use crate::time;

/// What to do about a line that is there and has no end.
const UNFINISHED_HELP: &str = "a line without its end, as a prompt, counts only with `partial: true` beside `expect-console`; \
     if it is to be a line, let the firmware end it with a line feed";

pub(super) const VERB: Verb = Verb {
    name: "expect-console",
    shape: Shape::Line,
    beside: &[optional(
        "partial",
        Shape::TrueFalse,
        "`true`: a line counts that has begun and does not go on, as a prompt without a line feed; default false",
    )],
    doc: "Passes on the next console line that holds this text, or has a match of the regular expression. A line counts when it has ended.",
    example: "expect-console: { $matches: 'signaled (?<times>\\d+) times' }",
    read: |context, _| {
        let partial = context.step.get("partial").is_some_and(|node| node.data == Data::Bool(true));
        let lines = if partial { Lines::All } else { Lines::Whole };
        Some(Arc::new(ExpectConsole { pattern: LinePattern::read(context.node)?, lines }))
    },
};

#[derive(Debug)]
struct ExpectConsole {
    pattern: LinePattern,
    lines: Lines,
}

impl Step for ExpectConsole {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        // Lines do not change, so none is looked at twice; a chatty device writes thousands. Variables may, though.
        let looked_at = run.memory.mark.filter(|_| !self.pattern.has_variables()).unwrap_or(0);
        let start = run.search_from(run.cursors.console).max(looked_at);
        let Some((index, line, found)) = search::line((&self.pattern, self.lines), start, run)
        else {
            run.memory.mark = Some(run.log.len());
            return Progress::Waiting(None);
        };
        run.cursors.console = index + 1;
        run.variables.extend(found);
        let at = run.log.entries().get(index).map(|entry| entry.at.since_start().as_secs_f64());
        Progress::Passed(json!({ "line": line, "at": at }))
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.search_from(run.cursors.console);
        let within = time::span(self.within(run.common));
        let wanted = self.pattern.filled(run.variables).words();
        let headline = format!("no console line {wanted} within {within}");
        let expected = format!("a line {wanted}");
        // With `partial` it would have passed.
        if let Some((index, ..)) = search::line((&self.pattern, Lines::Unfinished), start, run) {
            let actual = "such a line has begun, and has not ended";
            let nearest = NearMiss { index, differences: Vec::new(), explanation: None };
            return Mismatch::new(MismatchKind::LineUnfinished, headline, expected, actual)
                .with_nearest(Some(nearest))
                .with_window(start..run.log.len())
                .with_help(UNFINISHED_HELP);
        }
        let lines = run.log.from(start).filter(|(_, entry)| self.lines.of(&entry.event).is_some());
        let actual = match lines.count() {
            0 => "no line at all".to_owned(),
            1 => "1 other line".to_owned(),
            lines => format!("{lines} other lines"),
        };
        Mismatch::new(MismatchKind::LineMissing, headline, expected, actual)
            .with_nearest(search::nearest_line(&self.pattern, start, run))
            .with_window(start..run.log.len())
    }
}
