//! What a state must be, for the verbs that look at state: a shadow's document, or the value of a pin.

use serde_json::{Value, json};

use super::Context;
use super::shadow_want::{self, ShadowWant};
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind, NearMiss};
use crate::engine::step::Run;
use crate::scenario::field::{Field, Need, Shape, optional};
use crate::scenario::matcher::{Difference, Matcher, Strictness};
use crate::scenario::node::Span;
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::template::Variables;

/// The keys of a wanted state.
pub(super) const FIELDS: &[Field] = &[
    Field { need: Need::Optional, ..shadow_want::SHADOW },
    shadow_want::NAME,
    shadow_want::EXACT,
    optional(
        "pin",
        Shape::Text,
        "instead of a shadow, a pin of the board, or what hangs on it, by the board's name for it",
    ),
    optional("value", Shape::Pattern, "what the pin must have; known from its first change on"),
];

/// What a state must be.
#[derive(Debug)]
pub(super) enum StateWant {
    Pin { pin: String, value: Matcher },
    Shadow(ShadowWant),
}

impl StateWant {
    /// Reads a checked node; adds what is wrong with it.
    pub(super) fn read(
        context: &Context<'_>,
        verb: &'static str,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let node = context.node;
        let missing =
            |key, what: String| Problem::new(node.span, ProblemKind::Missing { key, what });
        match (node.get("shadow"), node.get("pin")) {
            (Some(_), None) => match node.entry("value") {
                Some((key, _)) => {
                    problems.push(beside(&key.name, key.span, "`shadow`"));
                    None
                }
                None => ShadowWant::read(node).map(Self::Shadow),
            },
            (None, Some(pin)) => {
                for name in ["name", "exact"] {
                    if let Some((key, _)) = node.entry(name) {
                        problems.push(beside(name, key.span, "`pin`"));
                    }
                }
                let Some(value) = node.get("value") else {
                    problems.push(missing("value", format!("`{verb}` with `pin`")));
                    return None;
                };
                Some(Self::Pin { pin: pin.text()?.to_owned(), value: Matcher::read(value) })
            }
            (Some(_), Some(_)) => {
                let span = node.entry("pin").map_or(node.span, |(key, _)| key.span);
                problems.push(beside("pin", span, "`shadow`"));
                None
            }
            (None, None) => {
                problems.push(missing("shadow", format!("`{verb}`")));
                None
            }
        }
    }

    /// All that is different now, and the variables found.
    pub(super) fn differences(&self, run: &Run<'_>) -> (Vec<Difference>, Variables) {
        match self {
            Self::Pin { pin, value } => {
                let mut found = Variables::new();
                let now = last(pin, run).map(|(_, value)| Value::from(value));
                let comparison = run.comparison(Strictness::Partial);
                (value.differences(now.as_ref(), comparison, &mut found), found)
            }
            Self::Shadow(want) => want.differences(run),
        }
    }

    /// The state as it is now, for captures.
    pub(super) fn value(&self, run: &Run<'_>) -> Value {
        match self {
            Self::Pin { pin, .. } => json!({ "value": last(pin, run).map(|(_, value)| value) }),
            Self::Shadow(want) => want.value(run).unwrap_or_default(),
        }
    }

    /// What it is of, to begin a headline with.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Pin { pin, .. } => format!("the pin {pin}"),
            Self::Shadow(_) => "the shadow".to_owned(),
        }
    }

    /// Why the state is not as wanted.
    pub(super) fn mismatch(&self, headline: String, run: &Run<'_>) -> Mismatch {
        let (pin, value) = match self {
            Self::Pin { pin, value } => (pin, value),
            Self::Shadow(want) => return want.mismatch(headline, run),
        };
        let last = last(pin, run);
        let actual = last.map_or_else(
            || "it has not changed yet".to_owned(),
            |(_, value)| format!("{pin}: {value}"),
        );
        let expected = format!("{pin}: {}", value.words(run.variables));
        let nearest =
            last.map(|(index, _)| NearMiss { index, differences: Vec::new(), explanation: None });
        Mismatch::new(MismatchKind::Pin, headline, expected, actual)
            .with_nearest(nearest)
            .with_window(run.started_index..run.log.len())
    }

    /// What the bench must have for it.
    pub(super) const fn needs(&self) -> &'static [&'static str] {
        match self {
            Self::Pin { .. } => &["pins"],
            Self::Shadow(_) => &[],
        }
    }
}

fn beside(key: &str, span: Span, of: &str) -> Problem {
    let kind = ProblemKind::UnknownKey {
        key: key.to_owned(),
        place: format!("a state with {of}"),
        nearest: None,
    };
    Problem::new(span, kind)
}

/// The value that a pin has, with the index of the change to it.
fn last(wanted: &str, run: &Run<'_>) -> Option<(usize, i64)> {
    run.log.entries().iter().enumerate().rev().find_map(|(index, entry)| match &entry.event {
        Event::Pin { pin, value } if pin == wanted => Some((index, *value)),
        _ => None,
    })
}
