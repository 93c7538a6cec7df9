//! `expect-current`: what the current meter says of a stretch of time.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Context, Step, Verb};
use crate::engine::action::ActionError;
use crate::engine::event::Event;
use crate::engine::mismatch::{Mismatch, MismatchKind};
use crate::engine::reading::{self, Edge, Measured};
use crate::engine::step::{Progress, Run};
use crate::scenario::amount::Quantity;
use crate::scenario::field::{Field, Shape, optional};
use crate::scenario::node::Node;
use crate::scenario::plan::{Common, Since};
use crate::scenario::problem::{Problem, ProblemKind};
use crate::time::{self, Moment};

/// How much of a sleep is left out at either end: its evidence is a line on the console, which comes a little before the chip sleeps.
const SETTLE: Duration = Duration::from_millis(200);

const CURRENT: &[Field] = &[
    optional("below", Shape::Amount(Quantity::Current), "less than this"),
    optional("above", Shape::Amount(Quantity::Current), "more than this"),
    optional(
        "between",
        Shape::List(&Shape::Amount(Quantity::Current)),
        "from the first to the second",
    ),
];

/// The limits of a charge.
pub(super) const CHARGE: &[Field] = &[
    optional("below", Shape::Amount(Quantity::Charge), "less than this"),
    optional("above", Shape::Amount(Quantity::Charge), "more than this"),
    optional(
        "between",
        Shape::List(&Shape::Amount(Quantity::Charge)),
        "from the first to the second",
    ),
];

pub(super) const FIELDS: &[Field] = &[
    optional("average", Shape::Map(CURRENT), "the average over the whole time"),
    optional("peak", Shape::Map(CURRENT), "the highest sample"),
    optional("charge", Shape::Map(CHARGE), "what flowed in the whole time"),
    optional("asleep", Shape::Map(CURRENT), "the average while the device is asleep"),
    optional("awake", Shape::Map(CURRENT), "the average while it is awake"),
];

pub(super) const VERB: Verb = Verb {
    name: "expect-current",
    shape: Shape::Map(FIELDS),
    beside: &[],
    doc: "Measures, and passes when the current was as described. It measures `for` so long; with `since` alone, up to now; with neither, \
          from the next wake to the wake after it. Where the meter lost samples or was silent the measurement is void, which is an error in \
          the rig and never a number.",
    example: "expect-current: { asleep: { below: 25uA }, peak: { below: 350mA } }",
    read,
};

fn read(context: &Context<'_>, problems: &mut Vec<Problem>) -> Option<Arc<dyn Step>> {
    let wants = Wants::read(context.node, problems)?;
    Some(Arc::new(ExpectCurrent { wants }))
}

/// What a measurement must show.
#[derive(Debug)]
pub(super) struct Wants(Vec<(Of, Limits)>);

impl Wants {
    /// Reads a checked node.
    pub(super) fn read(node: &Node, problems: &mut Vec<Problem>) -> Option<Self> {
        let before = problems.len();
        let wants: Vec<_> = node
            .entries()
            .iter()
            .filter_map(|(key, node)| {
                let of = Of::ALL.iter().find(|of| of.word() == key.name)?;
                Some((*of, Limits::read(node, of.quantity(), problems)?))
            })
            .collect();
        if wants.is_empty() && problems.len() == before {
            let what = "limits: name average, peak, charge, asleep or awake";
            problems.push(Problem::new(node.span, ProblemKind::Empty { what }));
        }
        (problems.len() == before).then_some(Self(wants))
    }

    /// Measures from one moment to another, which the meter has told of; what was measured, or the first limit that it breaks.
    pub(super) fn measured(
        &self,
        run: &Run<'_>,
        (from, to): (Moment, Moment),
    ) -> Result<Value, Box<Mismatch>> {
        let whole = reading::measure(run.log, &[(from, to)]);
        let asleep = reading::measure(run.log, &phases(run, from, to, Phase::Asleep));
        let awake = reading::measure(run.log, &phases(run, from, to, Phase::Awake));
        for (of, limits) in &self.0 {
            let measured = match of {
                Of::Average | Of::Peak | Of::Charge => &whole,
                Of::Asleep => &asleep,
                Of::Awake => &awake,
            };
            if let Some(void) = void(*of, measured) {
                return Err(Box::new(void));
            }
            let actual = match of {
                Of::Average | Of::Asleep | Of::Awake => measured.average_na(),
                Of::Peak => measured.peak_na,
                Of::Charge => measured.charge_nc,
            };
            if let Some(mismatch) = limits.wrong(of.words(), actual) {
                return Err(Box::new(mismatch));
            }
        }
        Ok(json!({
            "average_na": whole.average_na(), "peak_na": whole.peak_na, "charge_nc": whole.charge_nc,
            "asleep_na": asleep.average_na(), "awake_na": awake.average_na(),
            "seconds": whole.length.as_secs_f64(),
        }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Average,
    Peak,
    Charge,
    Asleep,
    Awake,
}

impl Of {
    const ALL: [Self; 5] = [Self::Average, Self::Peak, Self::Charge, Self::Asleep, Self::Awake];

    const fn word(self) -> &'static str {
        match self {
            Self::Average => "average",
            Self::Peak => "peak",
            Self::Charge => "charge",
            Self::Asleep => "asleep",
            Self::Awake => "awake",
        }
    }

    const fn quantity(self) -> Quantity {
        match self {
            Self::Charge => Quantity::Charge,
            Self::Average | Self::Peak | Self::Asleep | Self::Awake => Quantity::Current,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::Average => "the average current",
            Self::Peak => "the peak of the current",
            Self::Charge => "the charge",
            Self::Asleep => "the current asleep",
            Self::Awake => "the current awake",
        }
    }
}

/// What an amount must be.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    quantity: Quantity,
    below: Option<u64>,
    above: Option<u64>,
    between: Option<(u64, u64)>,
}

impl Limits {
    /// Reads a checked node.
    pub(super) fn read(
        node: &Node,
        quantity: Quantity,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        let amount = |node: &Node| quantity.parse(node.text()?);
        let between = node.get("between").map(|between| {
            let ends: Vec<_> = between.items().iter().filter_map(amount).collect();
            match ends.as_slice() {
                [from, to] if from <= to => Some((*from, *to)),
                _ => None,
            }
        });
        if between == Some(None) {
            let wanted = "two amounts, the smaller one first".to_owned();
            let kind = ProblemKind::WrongKind { wanted, got: "something else".to_owned() };
            problems.push(Problem::new(node.get("between")?.span, kind));
        }
        let limits = Self {
            quantity,
            below: node.get("below").and_then(amount),
            above: node.get("above").and_then(amount),
            between: between.flatten(),
        };
        let is_empty = limits.below.is_none() && limits.above.is_none() && limits.between.is_none();
        if is_empty && node.entries().is_empty() {
            let what = "limit: name below, above or between";
            problems.push(Problem::new(node.span, ProblemKind::Empty { what }));
        }
        Some(limits)
    }

    /// What is wrong with an amount of the smallest parts; `None` if nothing is.
    pub(super) fn wrong(&self, what: &str, actual: f64) -> Option<Mismatch> {
        let write = |amount: u64| self.quantity.write(amount as f64);
        let expected = if let Some(below) = self.below.filter(|below| actual >= *below as f64) {
            format!("below {}", write(below))
        } else if let Some(above) = self.above.filter(|above| actual <= *above as f64) {
            format!("above {}", write(above))
        } else {
            let is_out = |(from, to): &(u64, u64)| actual < *from as f64 || actual > *to as f64;
            let (from, to) = self.between.filter(is_out)?;
            format!("between {} and {}", write(from), write(to))
        };
        let headline = format!("{what} is not as expected");
        Some(Mismatch::new(MismatchKind::Current, headline, expected, self.quantity.write(actual)))
    }
}

#[derive(Debug)]
struct ExpectCurrent {
    wants: Wants,
}

impl ExpectCurrent {
    /// The stretch that is measured; `None` while its end is not known.
    fn stretch(&self, run: &Run<'_>) -> Option<(Moment, Moment)> {
        let since = run.common.since.is_some().then(|| since(run));
        match (since, run.common.watch_for) {
            (Some(from), Some(length)) => Some((from, from.after(length))),
            // The first step of a case begins before its board is flashed and its meter is there.
            (None, Some(length)) => {
                let from = run.started_at.max(reading::told_from(run.log)?);
                Some((from, from.after(length)))
            }
            (Some(from), None) => Some((from, run.started_at)),
            (None, None) => next_cycle(run),
        }
    }

    fn look(&self, run: &Run<'_>) -> Option<Progress> {
        let (from, to) = self.stretch(run)?;
        if run.now < to || reading::told_until(run.log) < to {
            return None;
        }
        let window = index_at(from, run)..run.log.len();
        Some(match self.wants.measured(run, (from, to)) {
            Ok(seen) => Progress::Passed(seen),
            Err(mismatch) => Progress::failed((*mismatch).with_window(window)),
        })
    }
}

/// A measurement that tells nothing is the rig's failure, not the device's.
fn void(of: Of, measured: &Measured) -> Option<Mismatch> {
    // That it did not sleep, or not wake, is the device's doing.
    if let (Of::Asleep | Of::Awake, true) = (of, measured.length.is_zero()) {
        let word = of.word();
        let headline = format!("the device was not {word} in that time");
        return Some(Mismatch::new(
            MismatchKind::NotInState,
            headline,
            format!("some time {word}"),
            "none",
        ));
    }
    let why = measured.void()?;
    let error = ActionError::new(format!("measure {}", of.words()), why)
        .help("a gap makes a measurement void; measure longer, or look at the meter and its cable");
    Some(Mismatch::of_rig(&error))
}

/// The same for the charge of a cycle.
pub(super) fn charge(
    limits: &Limits,
    run: &Run<'_>,
    (from, to): (Moment, Moment),
) -> Option<Mismatch> {
    let (from, to) =
        (reading::edge(run.log, from, Edge::Rise), reading::edge(run.log, to, Edge::Fall));
    let measured = reading::measure(run.log, &[(from, to)]);
    void(Of::Charge, &measured)
        .or_else(|| limits.wrong("the charge of the cycle", measured.charge_nc))
}

fn since(run: &Run<'_>) -> Moment {
    let index = match &run.common.since {
        Some(Since::Wake) => run.last_wake().unwrap_or(0),
        _ => run.since().unwrap_or(0),
    };
    run.log.entries().get(index).map_or(run.started_at, |entry| entry.at)
}

/// From the first wake that no step has used to the one after it.
fn next_cycle(run: &Run<'_>) -> Option<(Moment, Moment)> {
    let mut wakes = run.log.from(run.cursors.cycle).filter_map(|(_, entry)| match entry.event {
        Event::Wake { .. } => Some(reading::edge(run.log, entry.at, Edge::Rise)),
        _ => None,
    });
    Some((wakes.next()?, wakes.next()?))
}

fn index_at(from: Moment, run: &Run<'_>) -> usize {
    run.log.entries().partition_point(|entry| entry.at < from)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Asleep,
    Awake,
    Dark,
}

/// The stretches of a time in which the device was in a phase.
fn phases(run: &Run<'_>, from: Moment, to: Moment, wanted: Phase) -> Vec<(Moment, Moment)> {
    let mut stretches = Vec::new();
    let mut phase = (Phase::Dark, Moment::START);
    let mut end = |phase: (Phase, Moment), at: Moment| {
        let (was, since) = phase;
        let margin =
            if was == Phase::Asleep { SETTLE.min(at.since(since) / 10) } else { Duration::ZERO };
        let begin = since.after(margin).max(from);
        let until = Moment::at(at.since_start().saturating_sub(margin)).min(to);
        if was == wanted && begin < until {
            stretches.push((begin, until));
        }
    };
    for entry in run.log.entries() {
        let (next, at) = match &entry.event {
            Event::Sleep { .. } => (Phase::Asleep, reading::edge(run.log, entry.at, Edge::Fall)),
            Event::Wake { .. } => (Phase::Awake, reading::edge(run.log, entry.at, Edge::Rise)),
            Event::Power { .. } => (Phase::Dark, entry.at),
            _ => continue,
        };
        // A change belongs to one of two events that follow each other closely.
        let at = at.max(phase.1);
        end(phase, at);
        phase = (next, at);
    }
    end(phase, run.now);
    stretches
}

impl Step for ExpectCurrent {
    fn poll(&self, run: &mut Run<'_>) -> Progress {
        match self.look(run) {
            Some(progress) => progress,
            None => {
                Progress::Waiting(self.stretch(run).map(|(_, to)| to).filter(|to| *to > run.now))
            }
        }
    }

    fn late(&self, run: &Run<'_>) -> Mismatch {
        let within = time::span(self.within(run.common));
        let why = match self.stretch(run) {
            None if run.common.watch_for.is_some() => {
                format!("the meter told nothing within {within}")
            }
            None => {
                let headline = format!("no cycle ended within {within}");
                let window = run.started_index..run.log.len();
                return Mismatch::new(
                    MismatchKind::CycleMissing,
                    headline,
                    "a wake, and the wake after it",
                    "none",
                )
                .with_window(window);
            }
            Some((_, to)) => {
                let (told, wanted) = (reading::told_until(run.log), to);
                format!("the meter told up to {told} and not to {wanted} within {within}")
            }
        };
        Mismatch::of_rig(
            &ActionError::new("measure the current", why).help("is the meter still there?"),
        )
    }

    fn within(&self, common: &Common) -> Duration {
        let watched = common.watch_for.unwrap_or_default();
        common.within.unwrap_or_else(|| watched.saturating_add(common.limit()))
    }

    fn needs(&self) -> &'static [&'static str] {
        &["current-meter"]
    }
}
