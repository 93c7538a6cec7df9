//! `publish`: for benches with MQTT, of which there is none yet; every case with it is skipped, with that reason.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};

const FIELDS: &[Field] = &[
    required("topic", Shape::Text, "the topic"),
    optional("payload", Shape::Json, "what is sent"),
];

pub(super) const VERB: Verb = Verb {
    name: "publish",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Publishes a message to an MQTT topic, as the app side. A bench without MQTT skips the case.",
    example: "publish: { topic: lamps/1/cmd, payload: { go: true } }",
    read: |_, _| Some(Arc::new(NoMqtt)),
};

#[derive(Debug)]
struct NoMqtt;

impl Step for NoMqtt {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        Progress::failed(self.late(run))
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("this bench has no MQTT")
    }
}
