//! `expect-message`: for benches with MQTT, of which there is none yet; every case with it is skipped, with that reason.

use std::sync::Arc;

use super::{Step, Verb};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};

const FIELDS: &[Field] = &[
    required("topic", Shape::Text, "the topic"),
    optional("payload", Shape::Pattern, "what it must hold"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-message",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Passes on the next MQTT message of the device on a topic. A bench without MQTT skips the case; what a device publishes over HTTPS is a request.",
    example: "expect-message: { topic: lamps/1/state, payload: { lit: true } }",
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
