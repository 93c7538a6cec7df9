//! Watches one device for violations. Bounded work for each thing seen, and some hundred bytes for each device.

use std::time::Duration;

use serde_json::Value;

use super::rule::{Per, Rule, RuleKind};
use crate::engine::event::{Log, Request};
use crate::engine::search;
use crate::scenario::matcher::{Comparison, Strictness};
use crate::scenario::template::Variables;
use crate::scenario::watch::Watch;
use crate::time::{self, Moment};

/// Something that was seen of a device.
#[derive(Debug, Clone, Copy)]
pub enum Seen<'a> {
    /// The app side changed what is desired.
    Changed,
    /// It wrote a line on its console.
    Console(&'a str),
    /// Something was done to it, or to its requests, that no cloud and no supply does by itself.
    Disturbed,
    /// Its supply was cut.
    PowerCut,
    /// Its request reached the cloud.
    Request(&'a Request),
    /// Its chip was reset, with the cause.
    Reset(&'a str),
    /// It went to sleep, with the span that it announced.
    Sleep(Option<Duration>),
    /// A shadow of it has a new version.
    Version(u64),
    /// It woke up, with the cause.
    Wake(&'a str),
}

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The place of the rule among those that were watched.
    pub rule: usize,
    /// When it was seen.
    pub at: Moment,
    /// What was seen, in words.
    pub why: String,
}

/// One look at a device.
#[expect(missing_debug_implementations, reason = "it lives for one call, and holds a function")]
pub struct Look<'a> {
    /// When.
    pub now: Moment,
    /// The same in milliseconds since 1970.
    pub unix_ms: i64,
    /// The rules; the same at each look.
    pub rules: &'a [Rule],
    /// The shadow as a GET would answer it now; asked for rarely.
    pub document: &'a dyn Fn() -> Option<Value>,
    /// Everything observed so far, where there is a log: for patterns that ask what was answered.
    pub log: &'a Log,
}

/// What is remembered of one device. Each rule is told violated once.
#[derive(Debug, Clone)]
pub struct Monitor {
    woken_at: Option<Moment>,
    wake: u32,
    changes: u32,
    /// The number of changes when the device last asked for its shadow.
    asked_at_change: u32,
    /// Quiet wakes in a row.
    calm: u32,
    is_wake_disturbed: bool,
    /// Whether the last wake is over, by a sleep or a power cut. What a bench sees before it is told of the next wake belongs to that one: a request
    /// may come in before the console has told of the wake.
    is_dark: bool,
    version: u64,
    /// One bit for each rule that was violated.
    broken: u64,
    counts: Box<[Count]>,
}

/// How often a rule's event was seen.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    seen: u32,
    /// The wake or the change that it was seen in.
    within: u32,
    /// The last wake that counted.
    wake: u32,
}

impl Monitor {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(rules: &[Rule]) -> Self {
        Self {
            woken_at: None,
            wake: 0,
            changes: 0,
            asked_at_change: 0,
            calm: 0,
            is_wake_disturbed: false,
            is_dark: false,
            version: 0,
            broken: 0,
            counts: vec![Count::default(); rules.len()].into(),
        }
    }

    /// Takes in what was seen; violations go to `found`.
    pub fn see(&mut self, look: &Look<'_>, seen: Seen<'_>, found: &mut Vec<Violation>) {
        match seen {
            Seen::Changed => {
                self.changes += 1;
                self.disturb();
            }
            Seen::Disturbed => self.disturb(),
            Seen::PowerCut => {
                self.check_awake(look, found);
                self.woken_at = None;
                self.disturb();
            }
            Seen::Reset(_) => self.disturb(),
            Seen::Request(request) if request.method == "GET" => {
                self.asked_at_change = self.changes;
            }
            Seen::Sleep(announced) => self.sleep(look, announced, found),
            Seen::Version(version) => self.version(look, version, found),
            Seen::Wake(_) => {
                self.wake += u32::from(!self.is_dark);
                self.is_dark = false;
                self.woken_at = Some(look.now);
                self.is_wake_disturbed = false;
            }
            Seen::Console(_) | Seen::Request(_) => {}
        }
        for (index, rule) in look.rules.iter().enumerate() {
            if let Some(watch) = rule.kind.watch()
                && is_seen(watch, seen, look)
            {
                self.count(look, index, seen, found);
            }
        }
        if matches!(seen, Seen::PowerCut | Seen::Sleep(_)) {
            self.wake += 1;
            self.is_dark = true;
        }
    }

    /// Looks a last time, at the end of a run.
    pub fn end(&mut self, look: &Look<'_>, found: &mut Vec<Violation>) {
        self.check_awake(look, found);
    }

    /// How many wakes were seen.
    #[must_use]
    pub const fn wakes(&self) -> u32 {
        self.wake
    }

    const fn disturb(&mut self) {
        self.calm = 0;
        self.is_wake_disturbed = true;
    }

    fn count(&mut self, look: &Look<'_>, index: usize, seen: Seen<'_>, found: &mut Vec<Violation>) {
        let (limit, per) = match &look.rules[index].kind {
            RuleKind::AtMost { count, per, .. } => (*count, *per),
            RuleKind::Never(_) => (0, Per::Wake),
            _ => return,
        };
        let Some(count) = self.counts.get_mut(index) else { return };
        let within = match per {
            Per::Change => self.asked_at_change,
            Per::Wake => self.wake,
        };
        if count.within != within {
            *count = Count { within, ..Count::default() };
        }
        if per == Per::Change && count.wake == self.wake && count.seen > 0 {
            return;
        }
        count.wake = self.wake;
        count.seen += 1;
        if count.seen > limit {
            let times = count.seen;
            let why = match (&look.rules[index].kind, per) {
                (RuleKind::Never(_), _) => words(seen),
                (_, Per::Change) => format!("{} in wake {times} for one change", words(seen)),
                (_, Per::Wake) => format!("{} for the {times}. time in one wake", words(seen)),
            };
            self.violate(look, index, why, found);
        }
    }

    fn sleep(&mut self, look: &Look<'_>, announced: Option<Duration>, found: &mut Vec<Violation>) {
        self.check_awake(look, found);
        self.woken_at = None;
        if !self.is_wake_disturbed {
            self.calm += 1;
        }
        for (index, rule) in look.rules.iter().enumerate() {
            match &rule.kind {
                RuleKind::Sleep { at_least, at_most } => {
                    let bounds = *at_least..=*at_most;
                    if let Some(length) = announced.filter(|length| !bounds.contains(length)) {
                        let why = format!("a sleep of {} is announced", time::span(length));
                        self.violate(look, index, why, found);
                    }
                }
                RuleKind::Quiet { wakes, shadow } if self.calm == *wakes => {
                    let document = (look.document)();
                    let none = Variables::new();
                    let comparison = Comparison {
                        variables: &none,
                        strictness: Strictness::Partial,
                        seen_at_ms: look.unix_ms,
                    };
                    let mut captured = Variables::new();
                    let differences =
                        shadow.differences(document.as_ref(), comparison, &mut captured);
                    if let Some(difference) = differences.first() {
                        let actual = difference.actual.as_deref().unwrap_or("nothing");
                        let why = format!(
                            "after {wakes} quiet wakes {} of the shadow is {actual}",
                            difference.path
                        );
                        self.violate(look, index, why, found);
                    }
                }
                _ => {}
            }
        }
    }

    fn version(&mut self, look: &Look<'_>, version: u64, found: &mut Vec<Violation>) {
        let before = std::mem::replace(&mut self.version, version);
        if version > before {
            return;
        }
        let grows = |rule: &Rule| matches!(rule.kind, RuleKind::VersionGrows);
        if let Some(index) = look.rules.iter().position(grows) {
            self.violate(look, index, format!("version {version} follows version {before}"), found);
        }
    }

    fn check_awake(&mut self, look: &Look<'_>, found: &mut Vec<Violation>) {
        let Some(woken_at) = self.woken_at else { return };
        let lasted = look.now.since(woken_at);
        for (index, rule) in look.rules.iter().enumerate() {
            if let RuleKind::Awake { at_most } = rule.kind
                && lasted > at_most
            {
                let why = format!("awake for {}", time::span(lasted));
                self.violate(look, index, why, found);
            }
        }
    }

    fn violate(&mut self, look: &Look<'_>, rule: usize, why: String, found: &mut Vec<Violation>) {
        let bit = 1_u64.checked_shl(u32::try_from(rule).unwrap_or(u32::MAX)).unwrap_or(0);
        if self.broken & bit == 0 {
            self.broken |= bit;
            found.push(Violation { rule, at: look.now, why });
        }
    }
}

/// Whether what was seen is what a pattern describes.
fn is_seen(watch: &Watch, seen: Seen<'_>, look: &Look<'_>) -> bool {
    let none = Variables::new();
    let mut captured = Variables::new();
    match (watch, seen) {
        (Watch::Console(pattern), Seen::Console(line)) => {
            pattern.matches(line, &none, &mut captured)
        }
        (Watch::Request(want), Seen::Request(request)) => {
            if request.pattern.as_ref() != Some(&want.pattern) {
                return false;
            }
            let comparison = Comparison {
                variables: &none,
                strictness: want.strictness,
                seen_at_ms: look.unix_ms,
            };
            search::request_differences(want, request, look.log, comparison, &mut captured)
                .is_empty()
        }
        (Watch::Reset(causes), Seen::Reset(cause)) | (Watch::Wake(causes), Seen::Wake(cause)) => {
            causes.is_empty() || causes.iter().any(|wanted| wanted == cause)
        }
        _ => false,
    }
}

fn words(seen: Seen<'_>) -> String {
    match seen {
        Seen::Console(line) => format!("`{line}`"),
        Seen::Request(request) => request.short(),
        Seen::Reset(cause) => format!("a reset by {cause}"),
        Seen::Wake(cause) => format!("a wake by {cause}"),
        _ => "it".to_owned(),
    }
}
