//! `flash`: another image goes on the board.

use std::sync::Arc;
use std::time::Duration;

use super::{Step, Verb};
use crate::engine::action::Action;
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::node::Node;
use crate::scenario::plan::{Common, ConsoleLines, Erase, Firmware};

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
    optional(
        "shadow",
        Shape::Text,
        "the named shadow that the device uses; default the classic one",
    ),
    optional(
        "console",
        Shape::Map(CONSOLE),
        "what it prints when it sleeps and wakes, beside `sleep <n> s` and `wake: <cause>`; for boards with a console in real time",
    ),
];

const CONSOLE: &[Field] = &[
    optional(
        "sleep",
        Shape::List(&Shape::Regex),
        "lines before a sleep; a group `seconds`, `millis` or `micros` is for how long: 'deepsleep\\((?<millis>\\d+)\\)'",
    ),
    optional(
        "wake",
        Shape::List(&Shape::Regex),
        "lines after a wake; a group `cause` is the cause: '^woke by (?<cause>\\w+)'",
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
    read: |context, _| Some(Arc::new(Flash { firmware: read(context.node)? })),
};

/// Reads a checked `firmware` or `flash`.
pub(crate) fn read(node: &Node) -> Option<Firmware> {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let erase = match text("erase").as_deref() {
        Some("all") => Erase::All,
        Some("nothing") => Erase::Nothing,
        _ => Erase::State,
    };
    let console = node.get("console");
    let lines = |key: &str| {
        let items = console.and_then(|console| console.get(key)).map_or(&[][..], Node::items);
        items.iter().filter_map(Node::text).map(str::to_owned).collect()
    };
    let console = ConsoleLines { sleep: lines("sleep"), wake: lines("wake") };
    Some(Firmware { image: text("image")?, erase, shadow: text("shadow"), console })
}

#[derive(Debug)]
struct Flash {
    firmware: Firmware,
}

impl Step for Flash {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        run.act_once(|_| Action::Flash(self.firmware.clone()))
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("flashing did not end")
    }

    fn within(&self, common: &Common) -> Duration {
        common.within.unwrap_or(WITHIN_DEFAULT)
    }
}
