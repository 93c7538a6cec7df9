//! Reads invariants from YAML.

use super::built_in::built_in;
use super::rule::{Per, Rule, RuleKind};
use crate::scenario::field::{self, Field, Need, Shape, optional, required};
use crate::scenario::matcher::Matcher;
use crate::scenario::node::{Data, Node};
use crate::scenario::problem::{Problem, ProblemKind, nearest};
use crate::scenario::watch::{self, Watch};
use crate::time;

/// The shape of the list: names of built-in invariants, and invariants of one's own.
pub const SHAPE: Shape = Shape::List(&Shape::OneOf(&[Shape::Text, Shape::Map(FIELDS)]));

/// The keys of an invariant.
pub const FIELDS: &[Field] = &[
    required("name", Shape::Text, "what it is called, as `acts-once`"),
    optional("says", Shape::Text, "what it demands, in a sentence"),
    optional("at-most", Shape::Map(AT_MOST), "how often an event may be seen"),
    optional("awake", Shape::Map(AWAKE), "how long a wake may last"),
    optional("never", watch::SHAPE, "an event that is never seen"),
    optional(
        "quiet",
        Shape::Map(QUIET),
        "what the shadow looks like when nothing was changed or disturbed for a while",
    ),
    optional("sleep", Shape::Map(SLEEP), "how long an announced sleep may last"),
    optional(
        "version",
        Shape::Choice(&["grows"]),
        "`grows`: each change of a shadow has a higher version than the one before",
    ),
];

const AT_MOST: &[Field] = &[
    Field { name: "count", shape: Shape::Whole, need: Need::Required, doc: "how often" },
    Field { name: "of", shape: watch::SHAPE, need: Need::Required, doc: "the event" },
    Field {
        name: "per",
        shape: Shape::Choice(&["change", "wake"]),
        need: Need::Required,
        doc: "`wake`: events within one wake; `change`: wakes with the event for one desired state as the device last saw it",
    },
];

const AWAKE: &[Field] = &[required("at-most", Shape::Span, "the longest wake")];

const QUIET: &[Field] = &[
    required(
        "wakes",
        Shape::Whole,
        "how many wakes in a row without a change, a fault or a power cut",
    ),
    required("shadow", Shape::Pattern, "the document as a GET answers it"),
];

const SLEEP: &[Field] = &[
    required("at-least", Shape::Span, "the shortest sleep"),
    required("at-most", Shape::Span, "the longest sleep"),
];

/// The keys that say what an invariant demands; it has one of them.
const VERBS: &[&str] = &["at-most", "awake", "never", "quiet", "sleep", "version"];

/// Reads a list of invariants; whatever is wrong with it goes into `problems`.
pub fn rules(list: &Node, problems: &mut Vec<Problem>) -> Vec<Rule> {
    list.items().iter().filter_map(|item| rule(item, problems)).collect()
}

fn rule(item: &Node, problems: &mut Vec<Problem>) -> Option<Rule> {
    if let Some(name) = item.text() {
        let found = built_in().iter().find(|rule| rule.name == name);
        if found.is_none() {
            let allowed = || built_in().iter().map(|rule| rule.name.as_str());
            let kind = ProblemKind::UnknownWord {
                word: name.to_owned(),
                what: "a built-in invariant".to_owned(),
                nearest: nearest(name, allowed()),
                allowed: allowed().map(str::to_owned).collect(),
            };
            problems.push(Problem::new(item.span, kind));
        }
        return found.map(|rule| Rule { span: item.span, written: item.to_json(), ..rule.clone() });
    }
    let before = problems.len();
    field::check_map(FIELDS, item, "an invariant", problems);
    let verbs: Vec<_> =
        item.entries().iter().filter(|(key, _)| VERBS.contains(&key.name.as_str())).collect();
    match verbs.as_slice() {
        _ if problems.len() > before => None,
        [(key, value)] => {
            let name = item.get("name").and_then(Node::text)?.to_owned();
            let kind = kind(&key.name, value)?;
            let says = item.get("says").and_then(Node::text);
            let says = says.map_or_else(|| kind.words(), str::to_owned);
            Some(Rule { name, says, span: item.span, kind, written: item.to_json() })
        }
        [] => {
            let reason =
                format!("the invariant demands nothing: it needs one of {}", VERBS.join(", "));
            let kind = ProblemKind::BadInvariant { reason };
            problems.push(Problem::new(item.span, kind));
            None
        }
        [(first, _), (second, _), ..] => {
            let reason = format!(
                "the invariant demands two things, `{}` and `{}`: make two of it",
                first.name, second.name
            );
            let kind = ProblemKind::BadInvariant { reason };
            problems.push(Problem::new(second.span, kind));
            None
        }
    }
}

fn kind(verb: &str, value: &Node) -> Option<RuleKind> {
    let span = |key: &str| value.get(key)?.text().and_then(time::parse_span);
    let whole = |key: &str| match &value.get(key)?.data {
        Data::Number(number) => u32::try_from(number.as_u64()?).ok(),
        _ => None,
    };
    Some(match verb {
        "at-most" => RuleKind::AtMost {
            count: whole("count")?,
            of: Watch::read(value.get("of")?)?,
            per: match value.get("per")?.text()? {
                "change" => Per::Change,
                _ => Per::Wake,
            },
        },
        "awake" => RuleKind::Awake { at_most: span("at-most")? },
        "never" => RuleKind::Never(Watch::read(value)?),
        "quiet" => {
            RuleKind::Quiet { wakes: whole("wakes")?, shadow: Matcher::read(value.get("shadow")?) }
        }
        "sleep" => RuleKind::Sleep { at_least: span("at-least")?, at_most: span("at-most")? },
        _ => RuleKind::VersionGrows,
    })
}
