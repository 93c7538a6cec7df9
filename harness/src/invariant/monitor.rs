//! Watches one device for violations. Bounded work for each thing seen, and some hundred bytes for each device.

use std::time::Duration;

use serde_json::Value;

use super::rule::{Per, Rule, RuleKind};
use crate::engine::event::{Log, Message, Request};
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
    /// A message was published.
    Message(&'a Message),
    /// An output of it, or what hangs on it, changed to that value.
    Pin(&'a str, i64),
    /// Its supply was cut.
    PowerCut,
    /// Its request reached the cloud.
    Request {
        /// The request.
        request: &'a Request,
        /// The wake in which it was sent, as [`Monitor::wakes`] counts: it may arrive in a later one, when the power was cut behind it.
        sent_in: u32,
    },
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
    /// When it was seen; of a wake that lasts too long, when it began to.
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
    /// The number of changes when the device last asked for its shadow; for each of the last wakes, at its number modulo the length.
    asked_at_change: [u32; WAKES_REMEMBERED],
    /// Quiet wakes in a row.
    calm: u32,
    is_wake_disturbed: bool,
    /// Whether the last wake is over, by a sleep or a power cut. What a bench sees before it is told of the next wake belongs to that one: a request
    /// may come in before the console has told of the wake.
    is_dark: bool,
    version: u64,
    /// One bit for each rule that was violated.
    broken: u64,
    /// One for each rule that counts, in their order.
    counts: Box<[Counts]>,
}

/// How many wakes, the present one among them, are remembered for requests that arrive late. What is later still is not counted.
const WAKES_REMEMBERED: usize = 4;

/// How often a rule's event was seen in the last wakes or changes, each at its number modulo the length.
type Counts = [Count; WAKES_REMEMBERED];

/// How often a rule's event was seen in one wake, or for one change.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    seen: u32,
    /// The wake or the change.
    within: u32,
    /// The last wake that counted.
    wake: u32,
    /// One bit for each wake that counted: the lowest for the last one, the next for the one before it.
    recent: u32,
}

impl Monitor {
    /// Nothing seen yet.
    #[must_use]
    pub fn new(rules: &[Rule]) -> Self {
        Self {
            woken_at: None,
            wake: 0,
            changes: 0,
            asked_at_change: [0; WAKES_REMEMBERED],
            calm: 0,
            is_wake_disturbed: false,
            is_dark: false,
            version: 0,
            broken: 0,
            counts: vec![Counts::default(); rules.iter().filter(|rule| counts(rule)).count()]
                .into(),
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
            // What arrives when its device has lost its power is answered to nobody.
            Seen::Request { sent_in, .. } if sent_in != self.wake => self.disturb(),
            Seen::Request { request, .. } if request.method == "GET" => {
                self.asked_at_change[slot(self.wake)] = self.changes;
            }
            Seen::Sleep(announced) => self.sleep(look, announced, found),
            Seen::Version(version) => self.version(look, version, found),
            Seen::Wake(_) => {
                if !std::mem::take(&mut self.is_dark) {
                    self.next_wake();
                }
                self.woken_at = Some(look.now);
                self.is_wake_disturbed = false;
            }
            Seen::Console(_) | Seen::Message(_) | Seen::Pin(..) | Seen::Request { .. } => {}
        }
        self.watch(look, seen, found);
        if matches!(seen, Seen::PowerCut | Seen::Sleep(_)) {
            self.next_wake();
            self.is_dark = true;
        }
    }

    /// Looks a last time, at the end of a run.
    pub fn end(&mut self, look: &Look<'_>, found: &mut Vec<Violation>) {
        self.check_awake(look, found);
    }

    /// The number of the wake that what is seen now belongs to; the first one is 1.
    #[must_use]
    pub const fn wakes(&self) -> u32 {
        self.wake
    }

    const fn disturb(&mut self) {
        self.calm = 0;
        self.is_wake_disturbed = true;
    }

    const fn next_wake(&mut self) {
        let asked_at_change = self.asked_at_change[slot(self.wake)];
        self.wake += 1;
        self.asked_at_change[slot(self.wake)] = asked_at_change;
    }

    /// Holds what was seen against the patterns of the rules.
    fn watch(&mut self, look: &Look<'_>, seen: Seen<'_>, found: &mut Vec<Violation>) {
        let wake = match seen {
            Seen::Request { sent_in, .. } => sent_in,
            _ => self.wake,
        };
        let mut counting = 0;
        for (index, rule) in look.rules.iter().enumerate() {
            let why = match &rule.kind {
                RuleKind::AtMost { count, of, per } => {
                    counting += 1;
                    let times = is_seen(of, seen, look)
                        .then(|| self.count(counting - 1, *per, wake))
                        .flatten()
                        .filter(|times| times > count);
                    times.map(|times| match per {
                        Per::Change => format!("{} in wake {times} for one change", words(seen)),
                        Per::Wake => format!("{} for the {times}. time in one wake", words(seen)),
                    })
                }
                RuleKind::Never(watch) => is_seen(watch, seen, look).then(|| words(seen)),
                _ => None,
            };
            if let Some(why) = why {
                self.violate(look, index, why, found);
            }
        }
    }

    /// Counts an event of a wake for a rule, and says how often it was seen; `None` where it does not count.
    fn count(&mut self, counting: usize, per: Per, wake: u32) -> Option<u32> {
        if self.wake.saturating_sub(wake) >= WAKES_REMEMBERED as u32 {
            return None;
        }
        let within = match per {
            Per::Change => self.asked_at_change[slot(wake)],
            Per::Wake => wake,
        };
        let count = &mut self.counts.get_mut(counting)?[slot(within)];
        if count.within > within {
            return None;
        }
        if count.within < within {
            *count = Count { within, wake, ..Count::default() };
        }
        let later = wake.saturating_sub(count.wake);
        count.recent = count.recent.checked_shl(later).unwrap_or(0);
        count.wake = count.wake.max(wake);
        let bit = 1_u32.checked_shl(count.wake - wake).unwrap_or(0);
        if per == Per::Change && count.recent & bit != 0 {
            return None;
        }
        count.recent |= bit;
        count.seen += 1;
        Some(count.seen)
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
                self.violate_at(woken_at.after(at_most), (index, why), found);
            }
        }
    }

    fn violate(&mut self, look: &Look<'_>, rule: usize, why: String, found: &mut Vec<Violation>) {
        self.violate_at(look.now, (rule, why), found);
    }

    fn violate_at(&mut self, at: Moment, (rule, why): (usize, String), found: &mut Vec<Violation>) {
        let bit = 1_u64.checked_shl(u32::try_from(rule).unwrap_or(u32::MAX)).unwrap_or(0);
        if self.broken & bit == 0 {
            self.broken |= bit;
            found.push(Violation { rule, at, why });
        }
    }
}

/// Whether a rule needs a count.
const fn counts(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::AtMost { .. })
}

/// Where a wake or a change is remembered.
const fn slot(number: u32) -> usize {
    number as usize % WAKES_REMEMBERED
}

/// Whether what was seen is what a pattern describes.
fn is_seen(watch: &Watch, seen: Seen<'_>, look: &Look<'_>) -> bool {
    let none = Variables::new();
    let mut captured = Variables::new();
    match (watch, seen) {
        (Watch::Console(pattern), Seen::Console(line)) => {
            pattern.matches(line, &none, &mut captured)
        }
        (Watch::Message(want), Seen::Message(message)) => {
            let comparison = Comparison {
                variables: &none,
                strictness: want.strictness,
                seen_at_ms: look.unix_ms,
            };
            want.differences(message, comparison, &mut captured).is_empty()
        }
        (Watch::Pin { pin, value }, Seen::Pin(changed, now)) => {
            pin == changed && value.is_none_or(|value| value == now)
        }
        (Watch::Request(want), Seen::Request { request, .. }) => {
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
        Seen::Message(message) => message.short(),
        Seen::Pin(pin, value) => format!("{pin}: {value}"),
        Seen::Request { request, .. } => request.short(),
        Seen::Reset(cause) => format!("a reset by {cause}"),
        Seen::Wake(cause) => format!("a wake by {cause}"),
        _ => "it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::Signature;
    use crate::invariant::read;
    use crate::scenario::request_pattern::parse_short;
    use crate::scenario::yaml;

    /// A request of a method, sent in that wake; everything else is seen when it happens.
    enum Step {
        Changed,
        Cut,
        Line,
        Sent(&'static str, u32),
        Sleep,
        Wake,
    }
    use Step::{Changed, Cut, Line, Sent, Sleep, Wake};

    fn request(method: &str) -> Request {
        Request {
            id: 0,
            connection: None,
            method: method.to_owned(),
            target: "/things/t/shadow".to_owned(),
            pattern: parse_short(&format!("{method} shadow")).ok(),
            headers: Vec::new(),
            body: String::new(),
            signature: Signature::Good,
        }
    }

    /// What is said of a rule when this was seen.
    fn check(rule: &str, steps: &[Step]) -> Vec<String> {
        let list = yaml::parse(&format!("- {rule}\n"), 0).expect("it is YAML");
        let rules = read::rules(&list, &mut Vec::new());
        let mut monitor = Monitor::new(&rules);
        let (log, mut found) = (Log::default(), Vec::new());
        for step in steps {
            let method = if let Sent(method, _) = step { method } else { "" };
            let request = request(method);
            let seen = match step {
                Changed => Seen::Changed,
                Cut => Seen::PowerCut,
                Line => Seen::Console("beep"),
                Sent(_, sent_in) => Seen::Request { request: &request, sent_in: *sent_in },
                Sleep => Seen::Sleep(None),
                Wake => Seen::Wake("timer"),
            };
            let look = Look {
                now: Moment::START,
                unix_ms: 0,
                rules: &rules,
                document: &|| Some(serde_json::json!({ "state": { "delta": 1 } })),
                log: &log,
            };
            monitor.see(&look, seen, &mut found);
        }
        found.into_iter().map(|violation| violation.why).collect()
    }

    const TWICE: &str = "GET shadow for the 2. time in one wake";

    #[test]
    fn a_request_counts_to_the_wake_in_which_it_was_sent() {
        let once = "one-get-a-wake";
        let none: &[&str] = &[];
        // It arrives while the power is off, in the next wake before its request and behind it, and two wakes later.
        assert_eq!(check(once, &[Wake, Cut, Sent("GET", 1), Wake, Sent("GET", 2)]), none);
        assert_eq!(check(once, &[Wake, Cut, Wake, Sent("GET", 1), Sent("GET", 2)]), none);
        assert_eq!(check(once, &[Wake, Cut, Wake, Sent("GET", 2), Sent("GET", 1)]), none);
        let late = [Wake, Cut, Wake, Sent("GET", 2), Sleep, Wake, Sent("GET", 1), Sent("GET", 3)];
        assert_eq!(check(once, &late), none);
        // And a second one of the same wake is found, however late.
        assert_eq!(check(once, &[Wake, Sent("GET", 1), Cut, Sent("GET", 1)]), [TWICE]);
        assert_eq!(check(once, &[Wake, Sent("GET", 1), Cut, Wake, Sent("GET", 1)]), [TWICE]);
        let both = [Wake, Cut, Wake, Sent("GET", 2), Sent("GET", 1), Sent("GET", 2)];
        assert_eq!(check(once, &both), [TWICE]);
    }

    #[test]
    fn a_request_that_is_later_than_all_that_is_remembered_does_not_count() {
        let mut steps = vec![Wake, Sent("GET", 1)];
        for _ in 0..WAKES_REMEMBERED {
            steps.extend([Sleep, Wake]);
        }
        steps.push(Sent("GET", 1));
        assert_eq!(check("one-get-a-wake", &steps), [""; 0]);
    }

    #[test]
    fn a_late_get_tells_its_device_of_no_change() {
        let act_again = [
            Wake,
            Changed,
            Sent("GET", 1),
            Line,
            Sleep,
            Changed,
            Wake,
            Sent("GET", 1),
            Line,
            Sleep,
        ];
        assert_eq!(check("acts-once", &act_again), ["`beep` in wake 2 for one change"]);
        let asked = [Wake, Changed, Sent("GET", 1), Line, Sleep, Changed, Wake, Sent("GET", 2)];
        let asked: Vec<_> = asked.into_iter().chain([Line]).collect();
        assert_eq!(check("acts-once", &asked), [""; 0]);
    }

    #[test]
    fn a_late_request_counts_once_to_the_change_of_its_wake() {
        let rule = "{ name: x, at-most: { count: 2, of: POST shadow, per: change } }";
        // Wake 1 counts once, though its second report comes behind that of wake 2.
        let twice = [Wake, Sent("POST", 1), Cut, Wake, Sent("POST", 2), Sent("POST", 1)];
        assert_eq!(check(rule, &twice), [""; 0]);
        let thrice = [Wake, Cut, Wake, Sent("POST", 2), Sleep, Wake, Sent("POST", 3)];
        let thrice: Vec<_> = thrice.into_iter().chain([Sent("POST", 1)]).collect();
        assert_eq!(check(rule, &thrice), ["POST shadow in wake 3 for one change"]);
        // What was asked for since then is another change.
        let other = [Wake, Sent("POST", 1), Cut, Changed, Wake, Sent("GET", 2), Sent("POST", 2)];
        let other: Vec<_> = other.into_iter().chain([Sent("POST", 1)]).collect();
        assert_eq!(check(rule, &other), [""; 0]);
    }

    #[test]
    fn a_wake_into_which_a_late_request_falls_is_not_quiet() {
        let quiet =
            "{ name: x, quiet: { wakes: 2, shadow: { state: { delta: { $absent: true } } } } }";
        let late = [Wake, Sleep, Wake, Sent("POST", 1), Sleep, Wake, Sleep];
        assert_eq!(check(quiet, &late), [""; 0]);
        assert_eq!(check(quiet, &[Wake, Sleep, Wake, Sent("POST", 2), Sleep]).len(), 1);
    }
}
