//! What a shadow must hold, for the verbs that look at state.

use serde_json::{Map, Value};

use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind, NearMiss};
use crate::engine::step::Run;
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::matcher::{Difference, Matcher, Strictness};
use crate::scenario::node::{Data, Node};
use crate::scenario::template::Variables;

/// What a shadow must hold.
pub(super) const SHADOW: Field = required(
    "shadow",
    Shape::Pattern,
    "what `desired`, `reported`, `delta` and `version` must hold",
);

/// Which one.
pub(super) const NAME: Field =
    optional("name", Shape::Text, "the named shadow; the classic one where it is left out");

/// How it is compared.
pub(super) const EXACT: Field =
    optional("exact", Shape::TrueFalse, "`true`: keys that are not named are a difference");

/// What a shadow must hold.
#[derive(Debug)]
pub(super) struct ShadowWant {
    name: Option<String>,
    matcher: Matcher,
    strictness: Strictness,
}

impl ShadowWant {
    /// Reads a checked node.
    pub(super) fn read(node: &Node) -> Option<Self> {
        let exact = node.get("exact").map(|node| &node.data) == Some(&Data::Bool(true));
        Some(Self {
            name: node.get("name").and_then(Node::text).map(str::to_owned),
            matcher: Matcher::read(node.get("shadow")?),
            strictness: if exact { Strictness::Exact } else { Strictness::Partial },
        })
    }

    /// All that is different now, and the variables found.
    pub(super) fn differences(&self, run: &Run<'_>) -> (Vec<Difference>, Variables) {
        let mut found = Variables::new();
        let value = self.value(run);
        let differences =
            self.matcher.differences(value.as_ref(), run.comparison(self.strictness), &mut found);
        (differences, found)
    }

    /// The shadow as it is now, the sections and the version side by side; `None` if there is no shadow.
    pub(super) fn value(&self, run: &Run<'_>) -> Option<Value> {
        let document = run.shadows.get(&self.name)?.as_ref()?;
        let mut flat: Map<String, Value> = document.get("state")?.as_object()?.clone();
        for key in ["version", "metadata", "timestamp"] {
            if let Some(value) =
                document.get(key).filter(|_| self.strictness == Strictness::Partial)
            {
                flat.insert(key.to_owned(), value.clone());
            }
        }
        Some(Value::Object(flat))
    }

    /// Why the state is not as wanted.
    pub(super) fn mismatch(&self, headline: String, run: &Run<'_>) -> Mismatch {
        let (differences, _) = self.differences(run);
        let actual = run.shadows.get(&self.name).and_then(Option::as_ref).map_or_else(
            || "no shadow".to_owned(),
            |document| document.get("state").unwrap_or(&Value::Null).to_string(),
        );
        let index = run.log.entries().iter().rposition(
            |entry| matches!(&entry.event, Event::Shadow { name, .. } if *name == self.name),
        );
        let nearest = index.map(|index| NearMiss { index, differences, explanation: None });
        Mismatch::new(MismatchKind::Shadow, headline, self.matcher.words(run.variables), actual)
            .with_nearest(nearest)
            .with_window(run.started_index..run.log.len())
    }
}
