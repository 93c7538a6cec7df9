//! `expect-console`: the device writes a line.

use std::sync::Arc;

use serde_json::json;

use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::line::LinePattern;
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "expect-console",
    shape: Shape::Line,
    beside: &[],
    doc: "Passes on the next console line that holds this text, or has a match of the regular expression.",
    example: "expect-console: { $matches: 'signaled (?<times>\\d+) times' }",
    read: |context, _| Some(Arc::new(ExpectConsole { pattern: LinePattern::read(context.node)? })),
};

#[derive(Debug)]
struct ExpectConsole {
    pattern: LinePattern,
}

impl Step for ExpectConsole {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        // Lines do not change, so none is looked at twice; a chatty device writes thousands. Variables may, though.
        let looked_at = run.memory.mark.filter(|_| !self.pattern.has_variables()).unwrap_or(0);
        let start = run.search_from(run.cursors.console).max(looked_at);
        let Some((index, line, found)) = search::line(&self.pattern, start, run) else {
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
        let lines =
            run.log.from(start).filter(|(_, entry)| entry.event.kind() == "console").count();
        let actual = match lines {
            0 => "no line at all".to_owned(),
            1 => "1 other line".to_owned(),
            lines => format!("{lines} other lines"),
        };
        let wanted = self.pattern.filled(run.variables).words();
        let expected = format!("a line {wanted}");
        Mismatch::new(format!("no console line {wanted} within {within}"), expected, actual)
            .with_nearest(search::nearest_line(&self.pattern, start, run))
            .with_window(start..run.log.len())
    }
}
