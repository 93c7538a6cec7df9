//! `expect-gap`: the time between events of a kind.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Context, Step, Verb};
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::search;
use crate::engine::step::{Progress, Run};
use crate::scenario::field::{Field, Shape, optional, percent, required};
use crate::scenario::node::{Data, Node};
use crate::scenario::problem::{Problem, ProblemKind};
use crate::scenario::watch::{self, Watch};
use crate::time;

/// How many gaps are looked at where the scenario does not say.
const GAPS_DEFAULT: usize = 3;

const FIELDS: &[Field] = &[
    required("of", watch::SHAPE, "the events between which time is measured"),
    optional("below", Shape::Span, "less than this"),
    optional("above", Shape::Span, "more than this"),
    optional(
        "growing",
        Shape::Map(GROWING),
        "each gap is longer than the one before, as of a device that backs off",
    ),
];

const GROWING: &[Field] = &[
    required("factor", Shape::Number, "how many times as long as the one before, at least"),
    optional("jitter", Shape::Percent, "how much shorter it may be by chance; default 0%"),
    optional("gaps", Shape::Whole, "how many gaps are looked at; default 3"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-gap",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Passes when the latest two of these events since `since:` (by default the beginning of the run) are so far apart; waits until there \
          are two. With `growing` it waits for as many gaps as it looks at, the first ones since `since:`, and each must be longer than the \
          one before; `below` and `above` then hold for each.",
    example: "expect-gap: { of: GET shadow, above: 28s, below: 40s }",
    read,
};

fn read(context: &Context<'_>, problems: &mut Vec<Problem>) -> Option<Arc<dyn Step>> {
    let span = |key: &str| context.node.get(key).and_then(Node::text).and_then(time::parse_span);
    let growing = match context.node.get("growing") {
        None => None,
        Some(node) => Some(Growing::read(node, problems)?),
    };
    let of = Watch::read(context.node.get("of")?)?;
    Some(Arc::new(ExpectGap { of, below: span("below"), above: span("above"), growing }))
}

#[derive(Debug)]
struct ExpectGap {
    of: Watch,
    below: Option<Duration>,
    above: Option<Duration>,
    growing: Option<Growing>,
}

#[derive(Debug)]
struct Growing {
    factor: f64,
    jitter_percent: f64,
    gaps: usize,
}

impl Growing {
    fn read(node: &Node, problems: &mut Vec<Problem>) -> Option<Self> {
        let number = |key: &str| match node.get(key).map(|node| &node.data) {
            Some(Data::Number(number)) => number.as_f64(),
            _ => None,
        };
        let mut odd = |key: &str, wanted: &str| {
            let span = node.get(key).map_or(node.span, |node| node.span);
            let (wanted, got) = (
                wanted.to_owned(),
                node.get(key).map_or_else(String::new, |node| node.to_json().to_string()),
            );
            problems.push(Problem::new(span, ProblemKind::WrongKind { wanted, got }));
        };
        let factor = number("factor")?;
        if factor < 1.0 {
            odd("factor", "a number from 1");
            return None;
        }
        let gaps = number("gaps").map_or(GAPS_DEFAULT, |gaps| gaps as usize);
        if gaps < 2 {
            odd("gaps", "a whole number from 2");
            return None;
        }
        let jitter = node.get("jitter").and_then(Node::text).and_then(percent);
        Some(Self { factor, jitter_percent: jitter.unwrap_or(0.0), gaps })
    }

    /// The shortest that a gap may be behind another.
    fn least(&self, before: Duration) -> Duration {
        before.mul_f64(self.factor * (1.0 - self.jitter_percent / 100.0))
    }
}

impl ExpectGap {
    /// The gaps that are looked at, as soon as there are enough events.
    fn gaps(&self, start: usize, run: &Run<'_>) -> Option<Vec<Duration>> {
        let places = search::all(&self.of, start, run);
        let wanted = self.wanted();
        let looked_at = match &self.growing {
            Some(_) => places.get(..wanted)?,
            None => places.get(places.len().checked_sub(wanted)?..)?,
        };
        let at = |place: &usize| Some(run.log.entries().get(*place)?.at);
        looked_at.windows(2).map(|pair| Some(at(&pair[1])?.since(at(&pair[0])?))).collect()
    }

    /// How many events it looks at.
    fn wanted(&self) -> usize {
        self.growing.as_ref().map_or(2, |growing| growing.gaps + 1)
    }

    /// What is wrong with the gaps: what was wanted, and what is there.
    fn wrong(&self, gaps: &[Duration]) -> Option<(String, String)> {
        let bound = |gap: Duration| {
            let below = self.below.filter(|below| gap >= *below);
            let above = self.above.filter(|above| gap <= *above);
            let words = below.map(|below| format!("less than {}", time::span(below)));
            words.or_else(|| above.map(|above| format!("more than {}", time::span(above))))
        };
        if let Some((expected, gap)) = gaps.iter().find_map(|gap| Some((bound(*gap)?, gap))) {
            return Some((expected, time::span(*gap)));
        }
        let growing = self.growing.as_ref()?;
        let is_short = |pair: &&[Duration]| pair[1] < growing.least(pair[0]);
        let pair = gaps.windows(2).find(is_short)?;
        let all: Vec<_> = gaps.iter().map(|gap| time::span(*gap)).collect();
        let expected = format!(
            "at least {} behind one of {}",
            time::span(growing.least(pair[0])),
            time::span(pair[0])
        );
        Some((expected, format!("{} (the gaps: {})", time::span(pair[1]), all.join(", "))))
    }
}

impl Step for ExpectGap {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        let start = run.since().unwrap_or(0);
        let Some(gaps) = self.gaps(start, run) else { return Progress::Waiting(None) };
        let Some((expected, actual)) = self.wrong(&gaps) else {
            let gaps: Vec<_> = gaps.iter().map(Duration::as_secs_f64).collect();
            return Progress::Passed(json!({ "gap": gaps.last(), "gaps": gaps }));
        };
        let headline = match self.growing {
            Some(_) => format!(
                "the gaps between {} do not grow as they should",
                self.of.filled(run.variables).words()
            ),
            None => {
                format!("the gap between two of {} is wrong", self.of.filled(run.variables).words())
            }
        };
        Progress::failed(
            Mismatch::new(MismatchKind::Gap, headline, expected, actual)
                .with_window(start..run.log.len()),
        )
    }

    fn hears_shadow(&self) -> bool {
        self.of.hears_shadow()
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let start = run.since().unwrap_or(0);
        let count = search::all(&self.of, start, run).len();
        let within = time::span(self.within(run.common));
        let wanted = self.wanted();
        let words = if wanted == 2 { "two".to_owned() } else { wanted.to_string() };
        Mismatch::new(
            MismatchKind::GapMissing,
            format!("no {words} of {} within {within}", self.of.filled(run.variables).words()),
            format!("{words} of them, to have a gap"),
            if count == 0 { "none".to_owned() } else { count.to_string() },
        )
        .with_window(start..run.log.len())
    }
}
