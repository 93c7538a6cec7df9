//! Items to steps: cycles are expected as cycles, changes in their place between requests, and what repeats is folded.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::body::Seen;
use super::console::{self, Console};
use super::items::{Asked, Item, What, items};
use crate::engine::Log;
use crate::scenario::plan::WITHIN_DEFAULT;
use crate::time::{self, Moment};

/// The least limit of the first step: a board has to start, and to find its network.
const FIRST_WITHIN: Duration = Duration::from_secs(30);

/// How many equal requests in a row are folded.
const FOLDED_MIN: usize = 3;

/// A line of the scenario's steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// What a person reads.
    Comment(String),
    /// A step, as a map.
    Step(Value),
}

/// The steps of a recording.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// They, in order.
    pub(super) lines: Vec<Line>,
    /// How many entries of the log they speak of.
    pub(super) end: usize,
    /// The resets that happened, as `allow` wants them.
    pub(super) allow: BTreeSet<&'static str>,
    /// How many cycles there were.
    pub(super) cycles: usize,
}

/// The steps of a log.
pub(super) fn steps(log: &Log, times: &[Moment], seen: &Seen) -> Steps {
    let items = items(log);
    let mut writer = Writer {
        times,
        seen,
        sleeps: items.iter().any(|item| matches!(item.what, What::Sleep { .. })),
        ..Writer::new(times, seen)
    };
    writer.learn_routine(&items);
    let mut cycle = Vec::new();
    for item in &items {
        cycle.push(item);
        if matches!(item.what, What::Sleep { .. }) {
            writer.cycle(&cycle);
            cycle.clear();
        }
    }
    writer.rest(&cycle);
    writer.finish()
}

/// A cycle in which nothing was changed, and its like behind it.
#[derive(Debug, PartialEq)]
struct Quiet {
    requests: Vec<String>,
    sleep: Option<String>,
}

struct Writer<'a> {
    times: &'a [Moment],
    seen: &'a Seen,
    console: Console,
    /// Whether the device was seen to sleep.
    sleeps: bool,
    steps: Steps,
    /// When the last thing was seen that a step waits for.
    waited_until: Moment,
    /// Quiet cycles that are not written yet: what each was like, how many, and when the last ended.
    quiet: Option<(Quiet, usize, Moment)>,
    /// Equal requests that are not written yet, with the times at which they came.
    equal: Option<(Value, Vec<Moment>)>,
    /// Requests of this cycle that are worth a step only if something is done behind them.
    soft: Vec<(Asked, Moment)>,
    /// The requests of this cycle, in short.
    requests: Vec<String>,
    /// Values that console lines could tell of.
    values: BTreeSet<String>,
    /// How long the last sleep was, where only its end tells.
    owed_sleep: Option<Duration>,
}

impl<'a> Writer<'a> {
    fn new(times: &'a [Moment], seen: &'a Seen) -> Self {
        Self {
            times,
            seen,
            console: Console::default(),
            sleeps: false,
            steps: Steps::default(),
            waited_until: Moment::START,
            quiet: None,
            equal: None,
            soft: Vec::new(),
            requests: Vec::new(),
            values: BTreeSet::new(),
            owed_sleep: None,
        }
    }

    fn at(&self, item: &Item) -> Moment {
        self.times.get(item.index).copied().unwrap_or(Moment::START)
    }

    /// Learns what the console says in cycles in which nothing was changed.
    fn learn_routine(&mut self, items: &[Item]) {
        for cycle in items.split_inclusive(|item| matches!(item.what, What::Sleep { .. })) {
            if self.sleeps && !is_changed(cycle.iter()) {
                for item in cycle {
                    if let What::Console(line) = &item.what {
                        self.console.is_routine(line);
                    }
                }
            }
        }
    }

    /// A cycle up to its sleep.
    fn cycle(&mut self, cycle: &[&Item]) {
        self.steps.cycles += 1;
        let Some(last) = cycle.last() else { return };
        let at = self.at(last);
        let What::Sleep { length, is_announced } = last.what else { return };
        let sleep = length.filter(|_| is_announced).map(time::span);
        if !is_changed(cycle.iter().copied()) && self.owed_sleep.is_none() && is_announced {
            let requests = asked(cycle).map(|asked| asked.pattern.to_string()).collect();
            self.add_quiet(Quiet { requests, sleep }, at);
        } else {
            self.walk(cycle);
            // A request that publishes has no short form, so the list would not be complete.
            let publishes = cycle.iter().any(|item| matches!(item.what, What::Message(_)));
            let mut step = if publishes { json!({}) } else { json!({ "requests": self.requests }) };
            if let Some(sleep) = sleep {
                step["sleep"] = sleep.into();
            }
            self.wait_for(json!({ "expect-cycle": step }), at);
            if asked(cycle).any(|asked| !asked.is_plain()) {
                self.values.clear();
            }
        }
        self.owed_sleep = length.filter(|_| !is_announced);
        self.requests.clear();
        self.soft.clear();
        self.steps.end = last.index + 1;
    }

    /// What came behind the last sleep, up to the last thing that the device did.
    fn rest(&mut self, rest: &[&Item]) {
        let is_done = |item: &&Item| {
            matches!(
                item.what,
                What::Request(_) | What::FaultMet(_) | What::Message(_) | What::Reset(_)
            )
        };
        let Some(last) = rest.iter().rposition(is_done) else { return };
        // In a device that sleeps, a cycle that only began says nothing yet.
        if self.sleeps && !is_changed(rest[..=last].iter().copied()) {
            return;
        }
        self.walk(&rest[..=last]);
        self.steps.end = rest[last].index + 1;
    }

    fn finish(mut self) -> Steps {
        self.flush();
        self.steps
    }

    fn walk(&mut self, cycle: &[&Item]) {
        for (index, item) in cycle.iter().enumerate() {
            let at = self.at(item);
            match &item.what {
                What::Act(step) => self.act(step),
                What::Console(line) => {
                    // What is asked next shows what was changed; a line may come before it.
                    let mut values = self.values.clone();
                    let behind = asked(&cycle[index..]).filter_map(|asked| asked.body.as_ref());
                    behind.for_each(|body| console::values(body, &mut values));
                    if let Some(line) = self.console.telling(line, &values) {
                        self.wait_for(json!({ "expect-console": line }), at);
                    }
                }
                What::FaultMet(_) => self.wait_for(json!({ "expect-fault": "applied" }), at),
                What::Message(message) => {
                    self.soft.clear();
                    let step = json!({ "expect-message": self.seen.message(message) });
                    self.wait_for(step, at);
                }
                What::Odd(what) => {
                    self.flush();
                    self.steps.lines.push(Line::Comment(what.clone()));
                }
                What::Request(asked) => self.request(asked, at),
                What::Reset(cause) => {
                    self.flush_soft();
                    self.allow(cause);
                    self.wait_for(json!({ "expect-reset": cause }), at);
                    self.requests.clear();
                }
                What::Sleep { .. } => {}
                What::Wake(_) => {
                    if let Some(length) = self.owed_sleep.take() {
                        let step = json!({ "after": rounded(length) });
                        self.wait_for(json!({ "expect-wake": step }), at);
                    }
                }
            }
        }
    }

    fn act(&mut self, step: &Value) {
        self.flush_soft();
        self.flush();
        let verb = step.as_object().and_then(|step| step.iter().next());
        if let Some((verb, value)) = verb {
            if matches!(verb.as_str(), "set-desired" | "set-shadow") {
                console::values(value, &mut self.values);
            }
            // What was asked before belongs to no cycle any more.
            if matches!(verb.as_str(), "power" | "reset") {
                self.requests.clear();
            }
        }
        self.steps.lines.push(Line::Step(step.clone()));
    }

    fn request(&mut self, asked: &Asked, at: Moment) {
        self.requests.push(asked.pattern.to_string());
        if asked.met_fault {
            // The fault's own step counts it as seen.
            self.soft.clear();
        } else if asked.is_plain() && self.sleeps {
            self.soft.push((asked.clone(), at));
        } else {
            self.soft.clear();
            self.expect_request(asked, at);
        }
    }

    fn expect_request(&mut self, asked: &Asked, at: Moment) {
        let mut want = json!({ "is": asked.pattern.to_string() });
        if let Some(signed) = asked.signed {
            want["signed"] = signed.into();
        }
        if let Some(answered) = asked.answered {
            want["answered"] = answered.into();
        }
        if let Some(body) = asked.body.as_ref().filter(|body| body.is_object()) {
            want["body"] = self.seen.matcher(body);
        }
        let step = json!({ "expect-request": want });
        if self.sleeps {
            self.wait_for(step, at);
        } else {
            self.add_equal(step, at);
        }
    }

    /// Something is done behind these requests, so their place matters.
    fn flush_soft(&mut self) {
        for (asked, at) in std::mem::take(&mut self.soft) {
            self.expect_request(&asked, at);
        }
    }

    fn add_quiet(&mut self, quiet: Quiet, at: Moment) {
        match &mut self.quiet {
            Some((known, count, ended)) if *known == quiet => {
                *count += 1;
                *ended = at;
            }
            _ => {
                self.flush();
                self.quiet = Some((quiet, 1, at));
            }
        }
    }

    fn add_equal(&mut self, step: Value, at: Moment) {
        match &mut self.equal {
            Some((known, times)) if *known == step => times.push(at),
            _ => {
                self.flush();
                self.equal = Some((step, vec![at]));
            }
        }
    }

    /// Writes what was held back because it may repeat.
    fn flush(&mut self) {
        if let Some((quiet, count, at)) = self.quiet.take() {
            let mut each = json!({ "requests": quiet.requests });
            if let Some(sleep) = quiet.sleep {
                each["sleep"] = sleep.into();
            }
            let step = match count {
                1 => json!({ "expect-cycle": each }),
                count => json!({ "expect-cycles": { "count": count, "each": each } }),
            };
            self.push_waiting(step, at);
        }
        let Some((step, times)) = self.equal.take() else { return };
        let [.., last] = times.as_slice() else { return };
        if times.len() < FOLDED_MIN {
            for at in times {
                self.push_waiting(step.clone(), at);
            }
            return;
        }
        let gaps = || times.windows(2).map(|pair| pair[1].since(pair[0]));
        let (shortest, longest) =
            (gaps().min().unwrap_or_default(), gaps().max().unwrap_or_default());
        let mut inner = step.clone();
        inner["within"] = time::span(limit(longest).unwrap_or(WITHIN_DEFAULT)).into();
        let of = &step["expect-request"]["is"];
        self.push_waiting(json!({ "repeat": { "times": times.len(), "steps": [inner] } }), *last);
        if shortest >= Duration::from_secs(1) {
            let gap = json!({ "of": of, "above": rounded(shortest.mul_f64(0.8)), "below": rounded(longest.mul_f64(1.2)) });
            self.steps.lines.push(Line::Step(json!({ "expect-gap": gap })));
        }
    }

    fn wait_for(&mut self, step: Value, at: Moment) {
        self.flush();
        self.push_waiting(step, at);
    }

    /// Writes a step that waits for what was seen then, with a limit that lets the device be half as slow again.
    fn push_waiting(&mut self, mut step: Value, at: Moment) {
        let mut within = limit(at.since(self.waited_until));
        if self.waited_until == Moment::START {
            within = Some(within.unwrap_or_default().max(FIRST_WITHIN));
        }
        if let Some(within) = within {
            step["within"] = time::span(within).into();
        }
        self.waited_until = self.waited_until.max(at);
        self.steps.lines.push(Line::Step(step));
    }

    fn allow(&mut self, cause: &str) {
        let known = ["panic", "watchdog", "brownout"];
        self.steps.allow.extend(known.into_iter().filter(|known| *known == cause));
    }
}

fn asked<'a>(cycle: &'a [&'a Item]) -> impl Iterator<Item = &'a Asked> {
    cycle.iter().filter_map(|item| match &item.what {
        What::Request(asked) => Some(asked),
        _ => None,
    })
}

/// Whether anything happened but plain requests.
fn is_changed<'a>(mut cycle: impl Iterator<Item = &'a Item>) -> bool {
    cycle.any(|item| match &item.what {
        What::Act(_) | What::FaultMet(_) | What::Message(_) | What::Odd(_) | What::Reset(_) => true,
        What::Request(asked) => !asked.is_plain(),
        What::Console(_) | What::Sleep { .. } | What::Wake(_) => false,
    })
}

/// The limit for something that took so long; none where the usual one is enough.
fn limit(took: Duration) -> Option<Duration> {
    let slow = took.mul_f64(1.5) + Duration::from_secs(5);
    (slow > WITHIN_DEFAULT).then(|| Duration::from_secs(slow.as_secs().div_ceil(5) * 5))
}

/// A measured span, in tenths of a second.
fn rounded(length: Duration) -> String {
    let tenths = (length.as_secs_f64() * 10.0).round() / 10.0;
    time::span(Duration::from_secs_f64(tenths))
}
