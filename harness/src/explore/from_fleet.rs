//! What a device of a fleet met, as a scenario for one device on a bench.
//!
//! A fleet and a bench do not take the same time for a wake, so each incident is placed by what it met: the power cut at a line, the
//! fault at a request. Wakes in which nothing goes wrong are left out as far as the violation is still seen.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use super::edges::{Meeting, meetings};
use super::faults::Meets;
use super::place::{Mishap, Place};
use super::rhythm::Rhythm;
use super::runner::{Runner, SimRunner};
use super::script::{End, Script, head, shortest};
use crate::engine::event::{Event, StateCut};
use crate::engine::{Log, Outcome};
use crate::fleet::incident::{Carried, CutAt, Incident, Met, Mishap as FleetMishap};
use crate::fleet::shrink::Minimal;
use crate::fleet::{Profile, Settings};
use crate::invariant::{Rule, Violation, over_log};
use crate::scenario;
use crate::scenario::plan::{Firmware, Sleeping, StartShadow};
use crate::shrink::shrink;
use crate::time::Moment;

/// How many sleeps a scenario is watched behind its last mishap while it is looked for.
const SLEEPS_WATCHED: u32 = 8;

/// The same as a time at least: longer than any wake may last.
const WATCHED_MIN: Duration = Duration::from_secs(300);

/// How often the time is doubled in which a wake is looked for.
const WATCHED_DOUBLINGS: u32 = 5;

/// How many sets of incidents are tried to find a smaller one.
const SEARCHES_MAX: usize = 40;

/// A scenario that shows on the simulated bench what a fleet showed.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its text.
    pub text: String,
    /// What is seen in it.
    pub why: String,
    /// How long it takes, in its own time.
    pub took: Duration,
    /// How many runs on the simulated bench it took to find.
    pub trials: usize,
}

/// Why nothing was written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotWritten {
    /// The fleet's cloud is set up in a way that no scenario can say.
    Cloud,
    /// On the simulated bench there is nothing that this incident could meet.
    NoPlace(Incident),
    /// The simulated bench, whose network always takes the same time, does not show it.
    NotShown,
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cloud => {
                f.write_str("the fleet's cloud is set up in a way that no scenario can say")
            }
            Self::NoPlace(incident) => {
                write!(f, "on the simulated bench there is nothing for `{incident}` to meet")
            }
            Self::NotShown => f.write_str(
                "the simulated bench, whose network always takes the same time, does not show it",
            ),
        }
    }
}

/// Writes what a violation takes as a scenario. What is needed in the fleet only to bring a change into its wake is left out.
///
/// # Errors
///
/// Why it cannot be written out.
pub fn written(
    settings: &Settings,
    (profile, rule): (&Profile, &Rule),
    minimal: &Minimal,
) -> Result<Written, NotWritten> {
    if settings.cloud != fake_shadow::Settings::default() {
        return Err(NotWritten::Cloud);
    }
    let runner = SimRunner { seed: settings.seed, make: settings.make };
    let mut writer = Writer { runner, settings, profile, rule, trials: 0 };
    let mut written = writer.search(&minimal.incidents)?;
    shrink(minimal.incidents.clone(), SEARCHES_MAX, &mut |incidents| {
        let smaller = writer.search(incidents);
        let fails = smaller.is_ok();
        if let Ok(smaller) = smaller {
            written = smaller;
        }
        fails
    });
    Ok(Written { trials: writer.trials, ..written })
}

struct Writer<'a> {
    runner: SimRunner,
    settings: &'a Settings,
    profile: &'a Profile,
    rule: &'a Rule,
    trials: usize,
}

impl Writer<'_> {
    /// Looks for places at which these incidents show the violation.
    fn search(&mut self, incidents: &[(Incident, Met)]) -> Result<Written, NotWritten> {
        let mut wakes: Vec<u32> = incidents.iter().map(|(it, _)| it.wake).collect();
        wakes.dedup();
        let gaps: Vec<u32> = wakes.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let close = vec![1; gaps.len()];
        let mut why = NotWritten::NotShown;
        // As close together as can be; then as far apart as they were.
        for lead in [1, 2, 0] {
            for gaps in [&close, &gaps] {
                match self.attempt((lead, &wakes, gaps), incidents) {
                    Ok(written) => return Ok(written),
                    Err(NotWritten::NotShown) => {}
                    Err(error) => why = error,
                }
            }
        }
        Err(why)
    }

    /// Places all incidents, the first ones `lead` wakes behind the first wake, and looks whether the violation is seen.
    fn attempt(
        &mut self,
        (lead, wakes, gaps): (u32, &[u32], &[u32]),
        incidents: &[(Incident, Met)],
    ) -> Result<Written, NotWritten> {
        let mut script = self.script();
        let mut mishaps = Vec::new();
        let mut watched = Moment::START;
        for (incident, met) in incidents {
            let no_place = || NotWritten::NoPlace(*incident);
            let place = wakes.iter().position(|wake| *wake == incident.wake);
            let wake = 1 + lead + gaps.iter().take(place.ok_or_else(no_place)?).sum::<u32>();
            let (log, wake) = self.wake(&script, &mishaps, wake).ok_or_else(no_place)?;
            let site = Site { log: &log, wake: &wake, profile: self.profile };
            match site.place(incident, met).ok_or_else(no_place)? {
                Placed::Act(at, act) => {
                    script.acts.push((at, act));
                    script.acts.sort_by_key(|(at, _)| *at);
                }
                Placed::Mishap(mishap) => mishaps.push(mishap),
            }
            watched = watched.max(wake.slept.unwrap_or(wake.began));
        }
        let settle = WATCHED_MIN.max(self.settings.every * SLEEPS_WATCHED);
        let behind = watched.since(script.last_act(&mishaps));
        let end = End::Wait(behind + self.settings.every + settle);
        let (violation, log) = self
            .violation(&script.written(&mishaps, &[self.rule], end))
            .ok_or(NotWritten::NotShown)?;
        let by_cycles =
            script.written_by_cycles(&mishaps, &[self.rule], Rhythm::of(&log), violation.at);
        let end = shortest(&script, &mishaps, &violation);
        let by_time = script.written(&mishaps, &[self.rule], end);
        // The last run is of what is handed out, so that it is known to fail.
        let (text, (violation, _)) = [by_cycles, by_time]
            .into_iter()
            .find_map(|text| self.violation(&text).map(|found| (text, found)))
            .ok_or(NotWritten::NotShown)?;
        Ok(Written {
            text: format!("{}{text}", head(self.rule, &violation.why, &mishaps)),
            took: violation.at.since_start(),
            why: violation.why,
            trials: self.trials,
        })
    }

    /// A wake of a run, in the run's log. Sleeps may be longer than the device was told to sleep, so it is watched for long enough.
    fn wake(&mut self, script: &Script, mishaps: &[Mishap], number: u32) -> Option<(Log, WakeOf)> {
        let least = self.settings.every * (number + 1) + WATCHED_MIN;
        let mut spans = (0..WATCHED_DOUBLINGS).map(|doublings| least * 2_u32.pow(doublings));
        spans.find_map(|span| {
            let log = self.run(&script.written(mishaps, &[self.rule], End::Wait(span)))?.log;
            WakeOf::nth(&log, number).map(|wake| (log, wake))
        })
    }

    /// A device of the fleet before anything happens.
    fn script(&self) -> Script {
        let section = json!({ "sleep": self.settings.every.as_secs(), "signal": 0 });
        let shadow = StartShadow { desired: Some(section.clone()), reported: Some(section) };
        Script {
            name: format!("{} in a fleet under {}", self.rule.name, self.profile.name),
            firmware: Firmware::of_image(thing::SIGNAL.name),
            shadows: vec![(None, shadow)],
            acts: Vec::new(),
            took: Duration::ZERO,
            sleeps: 0,
            sleeping: Sleeping::Real,
        }
    }

    fn run(&mut self, text: &str) -> Option<Outcome> {
        self.trials += 1;
        let plan = scenario::parse(text, "fleet").plans.into_iter().next()?;
        self.runner.run_all(&[plan.into()]).into_iter().next()
    }

    /// The first violation of a run, and its log.
    fn violation(&mut self, text: &str) -> Option<(Violation, Log)> {
        let outcome = self.run(text)?;
        let ended_at = Moment::at(outcome.took);
        let unix_ms = |at: Moment| self.runner.unix_ms(at);
        let rules = std::slice::from_ref(self.rule);
        let found = over_log(rules, &outcome.log, None, (ended_at, &unix_ms)).into_iter().next();
        found.map(|found| (found, outcome.log))
    }
}

enum Placed {
    Act(Moment, Value),
    Mishap(Mishap),
}

/// A wake in the log of a bench.
struct WakeOf {
    began: Moment,
    /// When the next one begins.
    ended: Moment,
    slept: Option<Moment>,
}

impl WakeOf {
    fn nth(log: &Log, number: u32) -> Option<Self> {
        let mut wakes =
            log.entries().iter().filter(|entry| matches!(entry.event, Event::Wake { .. }));
        let began = wakes.nth(usize::try_from(number).ok()?.checked_sub(1)?)?.at;
        let ended =
            wakes.next().map_or(Moment::at(Duration::from_secs(u32::MAX.into())), |entry| entry.at);
        let is_in = |at: Moment| at >= began && at < ended;
        let sleeps = |event: &Event| matches!(event, Event::Sleep { .. });
        let slept = log.entries().iter().find(|entry| is_in(entry.at) && sleeps(&entry.event));
        Some(Self { began, ended, slept: slept.map(|entry| entry.at) })
    }

    fn has(&self, at: Moment) -> bool {
        at >= self.began && at < self.ended
    }
}

/// Where incidents of one wake belong, on a bench whose log up to them is known.
struct Site<'a> {
    log: &'a Log,
    wake: &'a WakeOf,
    profile: &'a Profile,
}

impl Site<'_> {
    fn place(&self, incident: &Incident, met: &Met) -> Option<Placed> {
        match (met, incident.what) {
            (Met::Change, FleetMishap::Change(_, value)) => {
                let behind = |at: Moment| at.after(Duration::from_secs(1));
                let at = self.wake.slept.map_or(self.wake.began, behind);
                Some(Placed::Act(at, json!({ "set-desired": { "signal": value } })))
            }
            (Met::Cut(at), _) => Some(Placed::Mishap(Mishap::Cut(self.cut(at)?))),
            (Met::Fault { connection, on_connect }, FleetMishap::Fault(index, _)) => {
                let words = self.profile.faults.get(usize::from(index))?.words.clone();
                self.fault(without_target(words), *connection, *on_connect)
            }
            (Met::Change | Met::Fault { .. }, _) => None,
            (Met::Loss { connection, carried, delay }, _) => {
                let (words, on_connect) = lost(*carried, *delay);
                self.fault(words, *connection, on_connect)
            }
            (Met::Reset { connection, carried }, _) => {
                let (words, on_connect) = match carried {
                    Carried::Answer => (json!({ "kind": "lost-answer", "by": "reset" }), false),
                    Carried::Connect => (json!({ "kind": "reset", "at": "accept" }), true),
                    Carried::Request => (json!({ "kind": "reset", "at": "request" }), false),
                };
                self.fault(words, *connection, on_connect)
            }
            // A device that is ahead is refused by a cloud that is behind.
            (Met::WrongDate(off_ms), _) => {
                let sign = if *off_ms > 0 { "-" } else { "+" };
                let by = format!("{sign}{}s", off_ms.unsigned_abs() / 1000);
                self.fault(json!({ "skew": by }), 1, false)
            }
        }
    }

    fn cut(&self, at: &CutAt) -> Option<Place> {
        Some(match at {
            CutAt::Connect(number) => {
                let connection = u16::try_from(*number).ok()?.checked_add(1)?;
                let Meeting { before, .. } = self.meeting(connection, true)?;
                Place::Event { name: "connect", after: before }
            }
            CutAt::Console(line, since) => {
                let is_line =
                    |event: &Event| matches!(event, Event::Console { line: l } if l == line);
                // The one of the wake that comes next to the time at which it came in the fleet.
                let in_wake = self
                    .log
                    .entries()
                    .iter()
                    .filter(|entry| self.wake.has(entry.at) && is_line(&entry.event));
                let off = |at: Moment| at.since(self.wake.began).abs_diff(*since);
                let (number, _) = in_wake.enumerate().min_by_key(|(_, entry)| off(entry.at))?;
                Place::Console { line: line.clone(), after: self.before(&is_line) + number }
            }
            CutAt::Other(since) => Place::At(self.wake.began.after(*since)),
            CutAt::Request(connection) => {
                let Meeting { to, before } = self.meeting(*connection, false)?;
                Place::Request { to, at: "before-response", after: before }
            }
            CutAt::Sleep => {
                let is_sleep = |event: &Event| matches!(event, Event::Sleep { .. });
                Place::Event { name: "sleep", after: self.before(&is_sleep) }
            }
            CutAt::StateWrite(number, is_torn) => {
                let is_write = |event: &Event| matches!(event, Event::StateWrite { .. });
                let at = if *is_torn { StateCut::During } else { StateCut::After };
                Place::StateWrite { at, after: self.before(&is_write) + number }
            }
        })
    }

    fn fault(&self, fault: Value, connection: u16, on_connect: bool) -> Option<Placed> {
        let Meeting { to, before } = self.meeting(connection, on_connect)?;
        Some(Placed::Mishap(Mishap::Fault { fault, to, after: before }))
    }

    /// How many such events there were before the wake, those at the beginning left out: nothing can wait for them.
    fn before(&self, is_like: &dyn Fn(&Event) -> bool) -> usize {
        let entries = self.log.entries().iter().filter(|entry| entry.at > Moment::START);
        entries.filter(|entry| entry.at < self.wake.began && is_like(&entry.event)).count()
    }

    /// A connection of the wake, from 1, or its request.
    fn meeting(&self, connection: u16, on_connect: bool) -> Option<Meeting> {
        let before = |at: Moment| {
            let span = at.since_start().saturating_sub(Duration::from_micros(1));
            meetings(self.log, Moment::at(span))
        };
        let earlier = before(self.wake.began).len();
        let of_wake = before(self.wake.ended).into_iter().skip(earlier);
        let wanted = if on_connect { Meets::Connection } else { Meets::Request };
        let mut of_kind = of_wake.filter(|meeting| meeting.meets() == wanted);
        of_kind.nth(usize::from(connection).checked_sub(1)?)
    }
}

/// A loss as the fault that looks like it, and whether that is met before a request is read.
fn lost(carried: Carried, delay: Option<Duration>) -> (Value, bool) {
    let millis = |delay: Duration| format!("{}ms", delay.as_millis());
    match (carried, delay) {
        (Carried::Connect, Some(delay)) => {
            (json!({ "kind": "hang", "at": "accept", "for": millis(delay) }), true)
        }
        (Carried::Connect, None) => (json!({ "kind": "hang", "at": "accept", "for": "10m" }), true),
        (Carried::Answer | Carried::Request, Some(delay)) => {
            (json!({ "latency": millis(delay) }), false)
        }
        (Carried::Answer, None) => (json!({ "kind": "lost-answer", "by": "hang" }), false),
        (Carried::Request, None) => {
            (json!({ "kind": "hang", "at": "request", "for": "10m" }), false)
        }
    }
}

/// The words of a fault without what it is meant for: a scenario says that beside it.
fn without_target(mut words: Value) -> Value {
    if let Value::Object(members) = &mut words {
        for key in ["to", "times", "after", "chance"] {
            members.remove(key);
        }
    }
    words
}
