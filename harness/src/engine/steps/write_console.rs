//! `write-console`: text goes to the device's console.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::template;

pub(super) const VERB: Verb = Verb {
    name: "write-console",
    shape: Shape::Text,
    beside: &[],
    doc: "Writes this text on the device's console input. A line end is written only where the text has one.",
    example: "write-console: \"status\\n\"",
    read: |context, _| Some(Arc::new(WriteConsole { text: context.node.text()?.to_owned() })),
};

#[derive(Debug)]
struct WriteConsole {
    text: String,
}

impl Step for WriteConsole {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|variables| Action::WriteConsole {
            text: template::plain(&template::fill(&self.text, variables)),
        })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the text was not written")
    }
}
