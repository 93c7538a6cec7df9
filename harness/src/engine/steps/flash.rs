//! `flash`: another image goes on the board.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::Node;
use crate::scenario::plan::{Common, Erase};

/// The keys of `firmware` and of `flash`.
pub(crate) const FIELDS: &[Field] = &[
    required(
        "image",
        Shape::Text,
        "a name from the board's inventory, or a path: .elf, .bin, flasher_args.json",
    ),
    optional(
        "erase",
        Shape::Choice(&["state", "nothing", "all"]),
        "what is erased first; default `state`",
    ),
];

/// Flashing a whole image over a slow line takes this long at the most.
const WITHIN_DEFAULT: Duration = Duration::from_secs(120);

pub(super) const VERB: Verb = Verb {
    name: "flash",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Puts an image on the board and starts it.",
    example: "flash: { image: signal-thing, erase: all }",
    read: |context, _| {
        let image = context.node.get("image").and_then(Node::text)?.to_owned();
        Some(Arc::new(Flash { image, erase: erase(context.node) }))
    },
};

/// What a checked `firmware` or `flash` erases.
pub(crate) fn erase(node: &Node) -> Erase {
    match node.get("erase").and_then(Node::text) {
        Some("all") => Erase::All,
        Some("nothing") => Erase::Nothing,
        _ => Erase::State,
    }
}

#[derive(Debug)]
struct Flash {
    image: String,
    erase: Erase,
}

impl Step for Flash {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Flash { image: self.image.clone(), erase: self.erase })
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("flashing did not end")
    }

    fn within(&self, common: &Common) -> Duration {
        common.within.unwrap_or(WITHIN_DEFAULT)
    }
}
