//! `cut-power`: the supply is cut as soon as something is observed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Context, Step, Verb};
use crate::engine::action::{Action, FaultOrder, FaultTarget, PowerOrder, StateCutOrder};
use crate::engine::event::{Event, StateCut};
use crate::engine::mismatch::Mismatch;
use crate::engine::step::{Progress, Run};
use crate::engine::trigger::Trigger;
use crate::scenario::amount::Quantity;
use crate::scenario::field::{Field, Shape, optional, required};
use crate::scenario::line::LinePattern;
use crate::scenario::node::{Data, Node, Span};
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::request_pattern::{RequestPattern, parse_short};
use crate::scenario::watch::Watch;
use crate::time;

/// How long the supply is off where the scenario does not say: long enough for a board's capacitors.
const OFF_DEFAULT: Duration = Duration::from_secs(1);

const FIELDS: &[Field] = &[
    required(
        "when",
        Shape::Map(WHEN),
        "what it waits for: one of request, console, current, event, state-write",
    ),
    optional("off-for", Shape::Span, "how long the supply is off; default 1s"),
];

const WHEN: &[Field] = &[
    optional("request", Shape::Request, "a request of the device, as `POST shadow`"),
    optional(
        "at",
        Shape::Choice(&["headers", "body", "before-response", "mid-response"]),
        "when in the request: `headers` and `body`, the cloud has it and does nothing; `before-response`, the default, all is done and \
         not a byte of the answer is sent; `mid-response`, the head of the answer is sent",
    ),
    optional("console", Shape::Line, "a line on the device's console"),
    optional("current", Shape::Map(EDGE), "a current that rises above or falls below a limit"),
    optional(
        "event",
        Shape::Choice(&["connect", "sleep", "wake"]),
        "a connection to the cloud is opened, the device goes to sleep, or it wakes up",
    ),
    optional(
        "state-write",
        Shape::Choice(&["before", "during", "after"]),
        "the device keeps its state: before a byte is written, when a part is, or when all is and it has done nothing else since",
    ),
    optional(
        "after",
        Shape::Whole,
        "how many such requests, lines, events or writes pass before; default 0",
    ),
];

const EDGE: &[Field] = &[
    optional("above", Shape::Amount(Quantity::Current), "it rises above this"),
    optional("below", Shape::Amount(Quantity::Current), "it falls below this"),
];

/// What it can wait for, one of them.
const KEYS: &[&str] = &["request", "console", "current", "event", "state-write"];

pub(super) const VERB: Verb = Verb {
    name: "cut-power",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Arms a power cut; the step passes as soon as it is armed. The supply is cut when what it waits for is observed, and comes back by \
          itself. A cut that is never met fails the file. A request is held by the cloud at that moment, so the cut never comes too late.",
    example: "cut-power: { when: { request: POST shadow, at: before-response }, off-for: 3s }",
    read,
};

fn read(context: &Context<'_>, problems: &mut Vec<Problem>) -> Option<Arc<dyn Step>> {
    let when = context.node.get("when")?;
    let named = KEYS.iter().filter(|key| when.get(key).is_some());
    if named.count() != 1 {
        let wanted = "one of request, console, current, event and state-write".to_owned();
        let got = if when.entries().is_empty() { "nothing" } else { "none or several of them" };
        let kind = ProblemKind::WrongKind { wanted, got: got.to_owned() };
        problems.push(Problem::new(when.span, kind));
        return None;
    }
    let off = context.node.get("off-for").and_then(Node::text).and_then(time::parse_span);
    let (key, _) = context.step.entry(VERB.name)?;
    let after = match when.get("after").map(|node| &node.data) {
        Some(Data::Number(number)) => number.as_u64().and_then(|n| u32::try_from(n).ok())?,
        _ => 0,
    };
    Some(Arc::new(CutPower {
        when: read_when(when)?,
        after,
        off: off.unwrap_or(OFF_DEFAULT),
        span: key.span,
    }))
}

fn read_when(when: &Node) -> Option<When> {
    if let Some(request) = when.get("request") {
        let pattern = parse_short(request.text()?).ok()?;
        let at = when.get("at").and_then(Node::text);
        return Some(When::Request { pattern, hold: hold(at) });
    }
    if let Some(console) = when.get("console") {
        return LinePattern::read(console).map(|line| When::Seen(Watch::Console(line)));
    }
    if let Some(event) = when.get("event") {
        return Some(When::Seen(match event.text()? {
            "connect" => Watch::Connect,
            "sleep" => Watch::Sleep,
            _ => Watch::Wake(Vec::new()),
        }));
    }
    if let Some(write) = when.get("state-write") {
        return StateCut::of_word(write.text()?).map(When::StateWrite);
    }
    let edge = when.get("current")?;
    let amount = |key: &str| Quantity::Current.parse(edge.get(key)?.text()?);
    Some(When::Seen(Watch::Current { above_na: amount("above"), below_na: amount("below") }))
}

/// The fault by which the cloud holds a request at a moment, until the device is dark.
fn hold(at: Option<&str>) -> Value {
    match at {
        Some("headers" | "body") => json!({ "kind": "hang", "at": "request" }),
        Some("mid-response") => json!({ "kind": "hang", "at": "body" }),
        _ => json!({ "kind": "lost-answer", "by": "hang" }),
    }
}

#[derive(Debug)]
struct CutPower {
    when: When,
    /// How many such events pass before.
    after: u32,
    off: Duration,
    span: Span,
}

#[derive(Debug)]
enum When {
    /// The cloud holds a request.
    Request { pattern: RequestPattern, hold: Value },
    /// Anything else that is observed.
    Seen(Watch),
    /// The bench cuts by itself at a write of the state.
    StateWrite(StateCut),
}

impl CutPower {
    /// What is done when an event comes, after so many like it.
    fn trigger(&self, watch: Watch, (after, at): (u32, &str)) -> Trigger {
        Trigger {
            actions: match watch {
                // Done already; it is waited for so that one that never comes is told.
                Watch::StateCut => Vec::new(),
                _ => vec![Action::Power(PowerOrder::Cycle(self.off))],
            },
            watch,
            after,
            what: format!("the power cut at {at}"),
            span: self.span,
        }
    }
}

impl Step for CutPower {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let (pattern, hold) = match &self.when {
            When::Seen(watch) => {
                let watch = watch.filled(run.variables);
                let words = watch.words();
                run.arm(self.trigger(watch, (self.after, &words)));
                return Progress::passed();
            }
            When::StateWrite(at) => {
                let (at, after, off) = (*at, self.after, self.off);
                let progress =
                    run.act_once(|_| Action::CutAtStateWrite(StateCutOrder { at, after, off }));
                if matches!(progress, Progress::Passed(_)) {
                    run.arm(self.trigger(Watch::StateCut, (0, &Watch::StateCut.words())));
                }
                return progress;
            }
            When::Request { pattern, hold } => (pattern, hold),
        };
        let progress = run.act_once(|_| {
            Action::ArmFault(FaultOrder {
                description: hold.clone(),
                target: FaultTarget::Request(pattern.clone()),
                times: None,
                after: self.after,
                armed_for: None,
                chance: None,
            })
        });
        if !matches!(progress, Progress::Passed(_)) {
            return progress;
        }
        // Armed by this step's only action, so it is the latest.
        let armed = run.log.entries().iter().rev().find_map(|entry| match entry.event {
            Event::FaultArmed { id, .. } => Some(id),
            _ => None,
        });
        match armed {
            Some(id) => run.arm(self.trigger(Watch::FaultMet(id), (0, &pattern.to_string()))),
            None => return Progress::failed(self.late(run)),
        }
        progress
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the power cut was not armed")
    }

    fn needs(&self) -> &'static [&'static str] {
        match &self.when {
            When::Seen(Watch::Current { .. }) => &["power-switch", "current-meter"],
            When::StateWrite(_) => &["power-switch", "state-writes"],
            When::Request { .. } | When::Seen(_) => &["power-switch"],
        }
    }
}
