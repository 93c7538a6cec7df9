//! The kinds of faults as a scenario writes them: a key of that name with its main parameter, others beside it.

use super::field::{self, Field, Shape, optional, required};
use super::node::{Data, Node};
use super::problem::{Problem, ProblemKind};

/// One kind of fault.
#[derive(Debug, Clone, Copy)]
pub struct FaultKind {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// Its keys; the first is its own name.
    pub fields: &'static [Field],
    /// Whether it may stand as a bare word.
    pub bare: bool,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// All kinds, in alphabetical order.
pub const KINDS: &[FaultKind] = &[
    FaultKind {
        name: "hang",
        fields: &[
            required(
                "hang",
                Shape::OneOf(&[Shape::Span, Shape::TrueFalse]),
                "how long; `true` for as long as the client stays",
            ),
            optional(
                "at",
                Shape::Choice(&["accept", "request", "body"]),
                "before a request is read, before it is answered (default), or in the body",
            ),
        ],
        bare: true,
        doc: "The cloud takes the request and does not answer; the service never sees it.",
    },
    FaultKind {
        name: "latency",
        fields: &[
            required("latency", Shape::Span, "how long the answer is held back"),
            optional(
                "before",
                Shape::Choice(&["headers", "body"]),
                "before the headers (default), or between them and the body",
            ),
        ],
        bare: false,
        doc: "The answer comes late.",
    },
    FaultKind {
        name: "reset",
        fields: &[required(
            "reset",
            Shape::Choice(&["accept", "request", "after-headers", "mid-body"]),
            "when; at `accept` and `request` the service never sees the request, later its answer is lost",
        )],
        bare: false,
        doc: "The connection is reset.",
    },
    FaultKind {
        name: "status",
        fields: &[
            required("status", Shape::Whole, "the status code, 100 to 599"),
            optional("body", Shape::Json, "the body; text as it is, anything else as JSON"),
            optional("headers", Shape::AnyKeys(&Shape::Text), "headers of the answer"),
        ],
        bare: false,
        doc: "The cloud answers with this status; the service never sees the request.",
    },
];

/// The kind of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static FaultKind> {
    KINDS.iter().find(|kind| kind.name == name)
}

impl FaultKind {
    /// Adds all that is wrong with a fault of this kind.
    pub fn check(&self, node: &Node, problems: &mut Vec<Problem>) {
        match &node.data {
            Data::Text(_) if self.bare => {}
            Data::Text(_) => {
                let kind = ProblemKind::Missing {
                    key: self.name,
                    what: format!("the fault `{}`", self.name),
                };
                problems.push(Problem::new(node.span, kind));
            }
            _ => {
                field::check_map(self.fields, node, &format!("the fault `{}`", self.name), problems)
            }
        }
        if let Some((status, Data::Number(number))) =
            node.get("status").map(|node| (node, &node.data))
            && !number.as_u64().is_some_and(|code| (100..=599).contains(&code))
        {
            let kind = ProblemKind::OutOfRange {
                what: "a status code",
                text: number.to_string(),
                range: "from 100 to 599",
            };
            problems.push(Problem::new(status.span, kind));
        }
    }
}
