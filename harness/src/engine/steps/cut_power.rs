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

/// When in a request it is cut where the scenario does not say.
const AT_DEFAULT: &str = "before-response";

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
        let at = when.get("at").and_then(Node::text).unwrap_or(AT_DEFAULT);
        return Some(When::Request { pattern: parse_short(request.text()?).ok()?, at: at.into() });
    }
    if let Some(console) = when.get("console") {
        return LinePattern::read(console).map(When::Console);
    }
    if let Some(event) = when.get("event") {
        return Edge::of_word(event.text()?).map(When::Event);
    }
    if let Some(write) = when.get("state-write") {
        return StateCut::of_word(write.text()?).map(When::StateWrite);
    }
    let edge = when.get("current")?;
    let amount = |key: &str| Quantity::Current.parse(edge.get(key)?.text()?);
    Some(When::Current { above_na: amount("above"), below_na: amount("below") })
}

/// The fault by which the cloud holds a request at a moment, until the device is dark.
fn hold(at: &str) -> Value {
    match at {
        "headers" | "body" => json!({ "kind": "hang", "at": "request" }),
        "mid-response" => json!({ "kind": "hang", "at": "body" }),
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
    /// A line on the console.
    Console(LinePattern),
    /// The current rises above a limit or falls below one, in nanoamperes.
    Current { above_na: Option<u64>, below_na: Option<u64> },
    /// Something that the device or its connection does.
    Event(Edge),
    /// The cloud holds a request at that moment.
    Request { pattern: RequestPattern, at: String },
    /// The bench cuts by itself at a write of the state.
    StateWrite(StateCut),
}

#[derive(Debug, Clone, Copy)]
enum Edge {
    Connect,
    Sleep,
    Wake,
}

impl Edge {
    const fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Sleep => "sleep",
            Self::Wake => "wake",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Connect, Self::Sleep, Self::Wake].into_iter().find(|edge| edge.word() == word)
    }
}

impl When {
    /// The same with what is known filled in.
    fn filled(&self, run: &Run<'_>) -> Value {
        match self {
            Self::Console(line) => json!({ "console": line.filled(run.variables).to_json() }),
            Self::Current { above_na, below_na } => {
                let mut edge = json!({});
                for (key, limit) in [("above", above_na), ("below", below_na)] {
                    if let Some(limit) = limit {
                        edge[key] = Quantity::Current.exact(*limit).into();
                    }
                }
                json!({ "current": edge })
            }
            Self::Event(edge) => json!({ "event": edge.word() }),
            Self::Request { pattern, at } => json!({ "request": pattern.to_string(), "at": at }),
            Self::StateWrite(at) => json!({ "state-write": at.word() }),
        }
    }
}

impl CutPower {
    /// Arms it; the cut itself is the rig's, unless the bench has done it when the event comes.
    fn arm(&self, run: &mut Run<'_>, (watch, at): (Watch, &str), armed: Armed) {
        let mut when = self.when.filled(run);
        if self.after > 0 {
            when["after"] = self.after.into();
        }
        let (after, hold, actions) = match armed {
            Armed::ByBench => (0, None, Vec::new()),
            Armed::ByCloud(fault) => (0, Some(fault), self.cycle()),
            Armed::Here => (self.after, None, self.cycle()),
        };
        run.arm(Trigger {
            actions,
            watch,
            after,
            hold,
            what: format!("the power cut at {at}"),
            step: json!({ VERB.name: { "when": when, "off-for": time::span(self.off) } }),
            span: self.span,
            id: 0,
        });
    }

    fn cycle(&self) -> Vec<Action> {
        vec![Action::Power(PowerOrder::Cycle(self.off))]
    }

    /// Waits for something that is observed anyway.
    fn arm_here(&self, run: &mut Run<'_>, watch: &Watch) -> Progress {
        let watch = watch.filled(run.variables);
        let words = watch.words();
        self.arm(run, (watch, &words), Armed::Here);
        Progress::passed()
    }

    /// Lets the cloud hold the request, so that the cut never comes too late.
    fn arm_by_cloud(&self, run: &mut Run<'_>, pattern: &RequestPattern, at: &str) -> Progress {
        let progress = run.act_once(|_| {
            Action::ArmFault(FaultOrder {
                description: hold(at),
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
        let Some(id) = armed else { return Progress::failed(self.late(run)) };
        self.arm(run, (Watch::FaultMet(id), &pattern.to_string()), Armed::ByCloud(id));
        progress
    }

    /// Lets the bench cut by itself; it is waited for so that a cut that never comes is told.
    fn arm_by_bench(&self, run: &mut Run<'_>, at: StateCut) -> Progress {
        let order = StateCutOrder { at, after: self.after, off: self.off };
        let progress = run.act_once(|_| Action::CutAtStateWrite(order));
        if matches!(progress, Progress::Passed(_)) {
            self.arm(run, (Watch::StateCut, &Watch::StateCut.words()), Armed::ByBench);
        }
        progress
    }
}

/// Who counts what passes before, and who cuts.
#[derive(Debug, Clone, Copy)]
enum Armed {
    /// The bench does both.
    ByBench,
    /// The cloud counts, by the fault of that number, and holds the request; the rig cuts.
    ByCloud(u64),
    /// The rig does both.
    Here,
}

impl Step for CutPower {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        match &self.when {
            When::Console(line) => self.arm_here(run, &Watch::Console(line.clone())),
            When::Current { above_na, below_na } => {
                let (above_na, below_na) = (*above_na, *below_na);
                self.arm_here(run, &Watch::Current { above_na, below_na })
            }
            When::Event(Edge::Connect) => self.arm_here(run, &Watch::Connect),
            When::Event(Edge::Sleep) => self.arm_here(run, &Watch::Sleep),
            When::Event(Edge::Wake) => self.arm_here(run, &Watch::Wake(Vec::new())),
            When::Request { pattern, at } => self.arm_by_cloud(run, pattern, at),
            When::StateWrite(at) => self.arm_by_bench(run, *at),
        }
    }

    fn late(&self, _: &Run<'_>) -> Mismatch {
        super::reset::not_done("the power cut was not armed")
    }

    fn needs(&self) -> &'static [&'static str] {
        match &self.when {
            When::Current { .. } => &["power-switch", "current-meter"],
            When::StateWrite(_) => &["power-switch", "state-writes"],
            When::Console(_) | When::Event(_) | When::Request { .. } => &["power-switch"],
        }
    }
}
