//! `repeat`: steps over and over.

use std::sync::Arc;
use std::time::Duration;

use super::shadow_want::{self, ShadowWant};
use super::{Step, Verb};
use crate::engine::event::StepState;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::nested::{self, NO_LIMIT};
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Need, Shape, optional, required};
use crate::scenario::node::{Data, Node, Span};
use crate::scenario::plan::{Common, PlannedStep};
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::watch::{self, Watch};
use crate::time;

/// The most rounds that a file may ask for.
const TIMES_MAX: u64 = 10_000;

/// How long it waits for `until` behind a round that took no time.
const BREATH: Duration = Duration::from_millis(10);

/// The most steps that a run of one `repeat` may come to, rounds inside rounds counted.
const STEPS_MAX: u64 = 100_000;

const UNTIL: &[Field] = &[
    watch::FIELDS[0],
    watch::FIELDS[1],
    watch::FIELDS[2],
    watch::FIELDS[3],
    watch::FIELDS[4],
    watch::FIELDS[5],
    Field { need: Need::Optional, ..shadow_want::SHADOW },
    shadow_want::NAME,
    shadow_want::EXACT,
];

const FIELDS: &[Field] = &[
    optional("times", Shape::Whole, "how many rounds; with `until`, the most rounds"),
    optional(
        "until",
        Shape::OneOf(&[Shape::Request, Shape::Map(UNTIL)]),
        "an event that must have come since the first round began, or a `shadow` as `eventually` takes it; looked at behind each round",
    ),
    required("steps", Shape::Steps, "what is done in each round"),
];

pub(super) const VERB: Verb = Verb {
    name: "repeat",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Does its steps over and over: so many `times`, or `until` something is so. A `within` beside it bounds all rounds together.",
    example: "repeat: { times: 3, steps: [expect-cycle: { requests: [GET shadow] }] }",
    read: |context, problems| read(context, problems).map(|step| Arc::new(step) as Arc<dyn Step>),
};

#[derive(Debug)]
struct Repeat {
    times: Option<u64>,
    until: Option<Until>,
    span: Span,
    steps: Vec<PlannedStep>,
}

#[derive(Debug)]
enum Until {
    Event(Watch),
    Shadow(ShadowWant),
}

fn read(context: &super::Context<'_>, problems: &mut Vec<Problem>) -> Option<Repeat> {
    let times = context.node.get("times").map(|node| (node, node.to_json().as_u64()));
    if let Some((node, number)) = times
        && !number.is_some_and(|number| (1..=TIMES_MAX).contains(&number))
    {
        let text = node.to_json().to_string();
        let kind = ProblemKind::OutOfRange { what: "`times`", text, range: "from 1 to 10000" };
        problems.push(Problem::new(node.span, kind));
        return None;
    }
    let until = context.node.get("until");
    if times.is_none() && until.is_none() {
        let kind = ProblemKind::Missing { key: "times", what: "`repeat` without `until`".into() };
        problems.push(Problem::new(context.node.span, kind));
        return None;
    }
    if let (None, Some(until), None) = (times, until, context.step.get("within")) {
        let kind = ProblemKind::Missing {
            key: "times",
            what: "`until` without `within` beside it".into(),
        };
        problems.push(Problem::new(until.span, kind));
        return None;
    }
    let steps = context.inner.to_vec();
    let rounds = times.and_then(|(_, number)| number).unwrap_or(1);
    let inside: u64 = steps.iter().map(|step| step.step.weight()).fold(0, u64::saturating_add);
    let text = inside.saturating_mul(rounds).to_string();
    if inside.saturating_mul(rounds) > STEPS_MAX {
        let kind = ProblemKind::OutOfRange {
            what: "the number of steps in all rounds",
            text,
            range: "at most 100000",
        };
        problems.push(Problem::new(context.node.span, kind));
        return None;
    }
    Some(Repeat {
        times: times.and_then(|(_, number)| number),
        until: until.and_then(read_until),
        span: context.node.span,
        steps,
    })
}

fn read_until(node: &Node) -> Option<Until> {
    let is_shadow = matches!(node.data, Data::Map(_)) && node.get("shadow").is_some();
    if is_shadow {
        return ShadowWant::read(node).map(Until::Shadow);
    }
    Watch::read(node).map(Until::Event)
}

impl Step for Repeat {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        loop {
            let round = run.memory.mark.unwrap_or(0);
            let mut frame = match run.memory.nested.frames.pop() {
                Some((_, frame)) => frame,
                None => {
                    let number = format!("{}.{}", run.number, round + 1);
                    run.begin_group(&self.title(round + 1), self.span, number)
                }
            };
            let common = Common::default();
            match nested::in_order(&self.steps, &mut run.inside(&common, &mut frame)) {
                Progress::Passed(_) => run.end(&frame, StepState::Passed),
                Progress::Failed(mismatch) => {
                    run.end(&frame, StepState::Failed);
                    return Progress::Failed(mismatch);
                }
                Progress::Waiting(tick) => {
                    run.memory.nested.frames.push((round, frame));
                    return Progress::Waiting(tick);
                }
            }
            run.memory.mark = Some(round + 1);
            match (&self.until, self.times.is_some_and(|times| round as u64 + 1 >= times)) {
                (Some(until), _) if until.holds(run) => return Progress::passed(),
                (None, true) => return Progress::passed(),
                (Some(until), true) => return Progress::failed(until.mismatch(round + 1, run)),
                // Rounds that take no time would never let go of the engine.
                (Some(_), false) if frame.started_at == run.now => {
                    return Progress::Waiting(Some(run.now.after(BREATH)));
                }
                (_, false) => {}
            }
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        let expected = match (self.times, &self.until) {
            (_, Some(until)) => until.words(run),
            (Some(times), None) => format!("{times} rounds within {within}"),
            (None, None) => "an end".into(),
        };
        let rounds = run.memory.mark.unwrap_or(0);
        Mismatch::new(
            MismatchKind::StepsTooLong,
            format!("the rounds were not over within {within}"),
            expected,
            format!("{rounds} rounds were over"),
        )
        .with_window(run.started_index..run.log.len())
    }

    fn hears_shadow(&self) -> bool {
        matches!(&self.until, Some(Until::Event(watch)) if watch.hears_shadow())
    }

    fn within(&self, common: &Common) -> Duration {
        common.within.unwrap_or(NO_LIMIT)
    }

    fn inner(&self) -> &[PlannedStep] {
        &self.steps
    }

    fn weight(&self) -> u64 {
        let round = self.steps.iter().map(|step| step.step.weight()).fold(1, u64::saturating_add);
        round.saturating_mul(self.times.unwrap_or(1))
    }
}

impl Repeat {
    fn title(&self, round: usize) -> String {
        match (self.times, &self.until) {
            (Some(times), None) => format!("round {round} of {times}"),
            _ => format!("round {round}"),
        }
    }
}

impl Until {
    fn holds(&self, run: &Run<'_>) -> bool {
        match self {
            Self::Event(watch) => !search::all(watch, run.started_index, run).is_empty(),
            Self::Shadow(want) => want.differences(run).0.is_empty(),
        }
    }

    fn words(&self, run: &Run<'_>) -> String {
        match self {
            Self::Event(watch) => watch.filled(run.variables).words(),
            Self::Shadow(_) => "a shadow as described".into(),
        }
    }

    fn mismatch(&self, rounds: usize, run: &Run<'_>) -> Mismatch {
        let kind = MismatchKind::RoundsEnd;
        match self {
            Self::Event(_) => {
                let headline = format!("{} did not come in {rounds} rounds", self.words(run));
                Mismatch::new(kind, headline, self.words(run), "none came")
                    .with_window(run.started_index..run.log.len())
            }
            Self::Shadow(want) => {
                let headline = format!("the shadow is not as described after {rounds} rounds");
                Mismatch { kind: Some(kind), ..want.mismatch(headline, run) }
            }
        }
    }
}
