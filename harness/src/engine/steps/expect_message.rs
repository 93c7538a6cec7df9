//! `expect-message`: a message is published.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::search::{self, Found};
use crate::engine::step::{Progress, Run};
use crate::scenario::field::Shape;
use crate::scenario::message_want::{self, MessageWant};
use crate::time;

pub(super) const VERB: Verb = Verb {
    name: "expect-message",
    shape: Shape::Map(message_want::FIELDS),
    beside: &[],
    doc: "Passes on the next message on a topic that is as described. Messages are what the device publishes over HTTPS (`POST /topics/...`) and, \
          in a case that names a topic with `$`, what the shadow service publishes: `$aws/things/+/shadow/update/delta` and its like. What a step \
          `publish` did is passed over, unless it says `by: rig`.",
    example: "expect-message: { topic: lamps/+/state, payload: { lit: true }, qos: 1 }",
    read: |context, _| Some(Arc::new(ExpectMessage { want: MessageWant::read(context.node)? })),
};

#[derive(Debug)]
struct ExpectMessage {
    want: MessageWant,
}

impl Step for ExpectMessage {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        match search::message(&self.want, run.search_from(run.cursors.message), run) {
            Found::At(index, found) => {
                run.cursors.message = index + 1;
                run.variables.extend(found);
                Progress::Passed(search::message_seen(run.log, index))
            }
            Found::Pending | Found::No(_) => Progress::Waiting(None),
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.search_from(run.cursors.message);
        let nearest = match search::message(&self.want, start, run) {
            Found::No(nearest) => nearest,
            Found::At(..) | Found::Pending => None,
        };
        let seen = run.log.from(start).filter_map(|(_, entry)| match &entry.event {
            Event::Message(message) => Some(format!("message on {}", message.topic)),
            _ => None,
        });
        let actual = match seen.collect::<Vec<_>>().as_slice() {
            [] => "no message at all".to_owned(),
            seen => seen.join(", "),
        };
        let within = time::span(self.within(run.common));
        let topic = self.want.topic.words(run.variables);
        Mismatch::new(
            MismatchKind::MessageMissing,
            format!("no message on {topic} as described within {within}"),
            self.want.words(run.variables),
            actual,
        )
        .with_nearest(nearest)
        .with_window(start..run.log.len())
    }

    fn hears_shadow(&self) -> bool {
        self.want.topic.may_be_reserved()
    }
}
