//! What a scenario does to its device, and when: taken down in a run of it, and written out as a scenario.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::place::Mishap;
use super::rhythm::Rhythm;
use crate::drive::bench::{Bench, Facts};
use crate::drive::virtual_time;
use crate::engine::{Action, ActionError, Event, Log, Outcome};
use crate::invariant::{Rule, Violation};
use crate::scenario::plan::{ConsoleLines, Erase, Firmware, Plan, Sleeping, StartShadow};
use crate::time::{self, Moment};

/// What is done to a device, and when.
#[derive(Debug, Clone)]
pub struct Script {
    /// What the scenario is called.
    pub name: String,
    /// The image, and the shadow that it is provisioned for.
    pub firmware: Firmware,
    /// What the shadows hold at the beginning.
    pub shadows: Vec<(Option<String>, StartShadow)>,
    /// What the app side and the rig do, in order.
    pub acts: Vec<(Moment, Value)>,
    /// How long the scenario took.
    pub took: Duration,
    /// How often the device slept in it.
    pub sleeps: usize,
    /// Whether sleeps are cut short where the board lets them.
    pub sleeping: Sleeping,
}

/// How a written script ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// When the device has gone through so many cycles, for which it has so long: what holds at any speed.
    Cycles(usize, Duration),
    /// So long behind the last act, or behind the last mishap that stands at a point of time if that comes later.
    Wait(Duration),
}

/// How long a device may take at least for the cycles at the end: longer than any wake may last.
const CYCLES_WITHIN_MIN: Duration = Duration::from_secs(600);

/// The same as a multiple of what they took before.
const SLOWER_MAX: u32 = 4;

/// Runs a plan on a simulated bench, and takes down what is done to it, and when.
pub fn take_down(plan: &Arc<Plan>, bench: &mut dyn Bench) -> (Vec<(Moment, Action)>, Outcome) {
    let mut recorder = Recorder { bench, acts: Vec::new() };
    let outcome = virtual_time::run(Arc::clone(plan), &mut recorder);
    (recorder.acts, outcome)
}

/// When the device went to sleep, in order.
pub(super) fn sleeps(log: &Log) -> impl Iterator<Item = Moment> + '_ {
    let sleeps = |event: &Event| matches!(event, Event::Sleep { .. });
    log.entries().iter().filter(move |entry| sleeps(&entry.event)).map(|entry| entry.at)
}

/// When the first step of a run began: what comes before is the same in each run, but takes its time on a board.
#[must_use]
pub fn steps_began(log: &Log) -> Moment {
    let step = log.entries().iter().find(|entry| matches!(entry.event, Event::Step { .. }));
    step.map_or(Moment::START, |entry| entry.at)
}

impl Script {
    /// The script of a run of a plan, from what was done in it.
    ///
    /// # Errors
    ///
    /// What the run does that no script can repeat.
    pub fn of(
        plan: &Plan,
        acts: &[(Moment, Action)],
        outcome: &Outcome,
    ) -> Result<Self, &'static str> {
        let began = steps_began(&outcome.log);
        let mut steps = Vec::new();
        for (at, action) in acts {
            steps.extend(step(action)?.map(|step| (Moment::at(at.since(began)), step)));
        }
        Ok(Self {
            name: plan.name.clone(),
            firmware: plan.firmware.clone(),
            shadows: plan.shadows.clone().into_iter().collect(),
            acts: steps,
            took: outcome.took,
            sleeps: sleeps(&outcome.log).count(),
            sleeping: plan.sleeping,
        })
    }

    /// The script as a scenario in which something goes wrong, and in which invariants must hold.
    #[must_use]
    pub fn written(&self, mishaps: &[Mishap], rules: &[&Rule], end: End) -> String {
        let mut text = self.head(mishaps, rules);
        let mut now = Moment::START;
        for (at, step) in self.steps(mishaps) {
            write_wait(&mut text, at.since(now));
            now = now.max(at);
            write_step(&mut text, step);
        }
        match end {
            End::Wait(settle) => write_wait(&mut text, settle),
            End::Cycles(count, within) => write_cycles(&mut text, count, within),
        }
        text
    }

    /// The same for a device at any speed. It does not wait for times but, as far as it can, for the sleeps that this one did, and ends
    /// when the device has slept once more than this one had when the violation was seen.
    #[must_use]
    pub fn written_by_cycles(
        &self,
        mishaps: &[Mishap],
        rules: &[&Rule],
        mut rhythm: Rhythm,
        seen_at: Moment,
    ) -> String {
        let mut text = self.head(mishaps, rules);
        for (at, step) in self.steps(mishaps) {
            rhythm.write_gap(&mut text, at);
            write_step(&mut text, step);
        }
        rhythm.write_end(&mut text, seen_at);
        text
    }

    /// All of a scenario before its first step.
    fn head(&self, mishaps: &[Mishap], rules: &[&Rule]) -> String {
        let mut text = String::new();
        let shadows: Vec<_> =
            self.shadows.iter().map(|(name, shadow)| (name, sections(shadow))).collect();
        let firmware = json!({
            "image": self.firmware.image,
            "erase": erase(self.firmware.erase),
            "shadow": self.firmware.shadow,
            "console": console(&self.firmware.console),
        });
        let _ = writeln!(text, "version: 1");
        let _ = writeln!(text, "name: {}", json!(self.name));
        let _ = writeln!(text, "firmware: {}", without_null(firmware));
        if self.sleeping == Sleeping::FastForward {
            let _ = writeln!(text, "time: {{ sleeping: fast-forward }}");
        }
        if mishaps.iter().any(|mishap| matches!(mishap, Mishap::Sag(_))) {
            let _ = writeln!(text, "allow: [brownout]");
        }
        let classic = shadows.iter().find(|(name, _)| name.is_none()).map(|(_, shadow)| shadow);
        let named: serde_json::Map<_, _> = shadows
            .iter()
            .filter_map(|(name, shadow)| Some(((*name).clone()?, shadow.clone())))
            .collect();
        if classic.is_some() || !named.is_empty() {
            let _ = writeln!(text, "cloud:");
        }
        if let Some(classic) = classic {
            let _ = writeln!(text, "  shadow: {classic}");
        }
        if !named.is_empty() {
            let _ = writeln!(text, "  named-shadows: {}", Value::Object(named));
        }
        if !rules.is_empty() {
            let _ = writeln!(text, "invariants:");
        }
        for rule in rules {
            let _ = writeln!(text, "  - {}", rule.written);
        }
        let _ = writeln!(text, "steps:");
        text
    }

    /// The point of time of the last thing that is done, mishaps among it.
    #[must_use]
    pub fn last_act(&self, mishaps: &[Mishap]) -> Moment {
        let acts = self.acts.iter().map(|(at, _)| *at);
        acts.chain(mishaps.iter().map(Mishap::at)).max().unwrap_or(Moment::START)
    }

    /// What is done, and when, in order.
    fn steps(&self, mishaps: &[Mishap]) -> Vec<(Moment, Value)> {
        let mut steps: Vec<(Moment, Value)> = self.acts.clone();
        let among = |index: usize| mishaps[index].among(&mishaps[..index]).step();
        steps.extend((0..mishaps.len()).map(among));
        // Stable: what is armed at the beginning comes behind what the scenario does there.
        steps.sort_by_key(|(at, _)| *at);
        steps
    }
}

/// How long cycles may take, of which a number like this took so long.
pub(super) fn within(took: Duration) -> Duration {
    CYCLES_WITHIN_MIN.max(took * SLOWER_MAX)
}

/// How long a run must be watched behind its last step, so that it still shows a violation. A second more, for what is seen only
/// when it is over.
pub(super) fn shortest(script: &Script, mishaps: &[Mishap], violation: &Violation) -> End {
    End::Wait(violation.at.since(script.last_act(mishaps)) + Duration::from_secs(1))
}

/// What a scenario that was written out says of itself.
pub(super) fn head(rule: &Rule, why: &str, mishaps: &[Mishap]) -> String {
    let mut needs = vec!["a console"];
    for need in mishaps.iter().filter_map(Mishap::needs) {
        if !needs.contains(&need) {
            needs.push(need);
        }
    }
    format!(
        "# Proves: that `{}` does not hold: {why}.\n# Needs: {}.\n",
        rule.name,
        needs.join(" and ")
    )
}

fn write_step(text: &mut String, step: Value) {
    let Value::Object(members) = without_null(step) else { return };
    for (index, (key, value)) in members.iter().enumerate() {
        let lead = if index == 0 { "  - " } else { "    " };
        let _ = writeln!(text, "{lead}{key}: {value}");
    }
}

pub(super) fn write_cycles(text: &mut String, count: usize, within: Duration) {
    let _ = writeln!(text, "  - expect-cycles: {{ count: {count} }}");
    let _ = writeln!(text, "    within: {}", time::span(within));
}

pub(super) fn write_wait(text: &mut String, span: Duration) {
    if !span.is_zero() {
        let _ = writeln!(text, "  - wait: {}ms", span.as_millis());
    }
}

fn sections(shadow: &StartShadow) -> Value {
    without_null(json!({ "desired": shadow.desired, "reported": shadow.reported }))
}

fn without_null(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}

/// What a firmware prints beside what each of ours prints; null where that is nothing.
fn console(lines: &ConsoleLines) -> Value {
    if *lines == ConsoleLines::default() {
        return Value::Null;
    }
    json!({ "sleep": lines.sleep, "wake": lines.wake })
}

const fn erase(erase: Erase) -> &'static str {
    match erase {
        Erase::All => "all",
        Erase::Nothing => "nothing",
        Erase::State => "state",
    }
}

/// A bench that takes down what is done to it.
struct Recorder<'a> {
    bench: &'a mut dyn Bench,
    acts: Vec<(Moment, Action)>,
}

impl Bench for Recorder<'_> {
    fn facts(&self) -> Facts {
        self.bench.facts()
    }

    fn began_ms(&self) -> i64 {
        self.bench.began_ms()
    }

    fn perform(&mut self, now: Moment, action: &Action) -> Result<Vec<Event>, ActionError> {
        self.acts.push((now, action.clone()));
        self.bench.perform(now, action)
    }

    fn wake_at(&self) -> Option<Moment> {
        self.bench.wake_at()
    }

    fn advance(&mut self, now: Moment) -> Vec<Event> {
        self.bench.advance(now)
    }
}

/// An action as a step; none for what each run does by itself at its beginning and its end.
fn step(action: &Action) -> Result<Option<Value>, &'static str> {
    match action {
        Action::Flash(_)
        | Action::HearShadow
        | Action::SetShadow { .. }
        | Action::ClearFaults
        | Action::Clock(_) => Ok(None),
        Action::UpdateShadow { name, document } => match document.get("state") {
            Some(Value::Object(state)) if state.len() == 1 => {
                let desired = state.get("desired").ok_or("changes what is reported")?;
                Ok(Some(json!({ "set-desired": desired, "shadow": name })))
            }
            _ => Err("changes more than what is desired"),
        },
        Action::ArmFault(_) => Err("arms faults of its own"),
        Action::Power(_) => Err("switches the power itself"),
        Action::Reset | Action::Wake => Err("resets or wakes the device itself"),
        Action::DeleteShadow { .. } => Err("deletes a shadow"),
        _ => Err("does something that cannot be repeated at another time"),
    }
}
