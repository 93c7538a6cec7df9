//! What a scenario does to its device, and when: taken down in a run of it, and written out as a scenario.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::drive::bench::{Bench, Facts};
use crate::drive::virtual_time;
use crate::engine::{Action, ActionError, Event, Outcome};
use crate::invariant::Rule;
use crate::scenario::plan::{Erase, Firmware, Plan, StartShadow};
use crate::time::Moment;

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
}

/// Something that goes wrong in a script.
#[derive(Debug, Clone)]
pub enum Mishap {
    /// The power is cut then, and comes back after a while.
    Cut(Moment),
    /// A fault meets what it is meant for, after so many that it lets pass.
    Fault {
        /// In the words of a scenario.
        fault: Value,
        /// What it is meant for, as `GET shadow` or `connect`.
        to: String,
        /// How many it lets pass first.
        after: usize,
    },
}

/// How long the power stays off.
const OFF: &str = "3s";

/// Runs a plan on a bench, and takes down what it does to the device.
///
/// The second part says what it does that no script can repeat, if it does such a thing.
pub fn take_down(plan: &Arc<Plan>, bench: &mut dyn Bench) -> (Script, Outcome, Option<String>) {
    let mut recorder = Recorder { bench, acts: Vec::new(), odd: None };
    let outcome = virtual_time::run(Arc::clone(plan), &mut recorder);
    let (acts, odd) = (recorder.acts, recorder.odd);
    let script = Script {
        name: plan.name.clone(),
        firmware: plan.firmware.clone(),
        shadows: plan.shadows.clone().into_iter().collect(),
        acts,
        took: outcome.took,
    };
    (script, outcome, odd)
}

impl Script {
    /// The script as a scenario in which something goes wrong, and in which invariants must hold; `settle` is how long it is
    /// watched behind its last act, or behind the mishap if that comes later.
    #[must_use]
    pub fn written(&self, mishaps: &[Mishap], rules: &[&Rule], settle: Duration) -> String {
        let mut text = String::new();
        let shadows: Vec<_> =
            self.shadows.iter().map(|(name, shadow)| (name, sections(shadow))).collect();
        let firmware = json!({
            "image": self.firmware.image,
            "erase": erase(self.firmware.erase),
            "shadow": self.firmware.shadow,
        });
        let _ = writeln!(text, "version: 1");
        let _ = writeln!(text, "name: {}", json!(self.name));
        let _ = writeln!(text, "firmware: {}", without_null(firmware));
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
        self.write_steps(&mut text, mishaps, settle);
        text
    }

    fn write_steps(&self, text: &mut String, mishaps: &[Mishap], settle: Duration) {
        let mut steps: Vec<(Moment, Value)> = self.acts.clone();
        for mishap in mishaps {
            steps.push(match mishap {
                Mishap::Cut(at) => (*at, json!({ "power": "cycle", "off-for": OFF })),
                Mishap::Fault { fault, to, after } => {
                    (Moment::START, json!({ "fault": fault, "to": to, "after": after }))
                }
            });
        }
        // Stable: what is armed at the beginning comes behind what the scenario does there.
        steps.sort_by_key(|(at, _)| *at);
        let mut now = Moment::START;
        for (at, step) in steps {
            write_wait(text, at.since(now));
            now = now.max(at);
            let Value::Object(members) = without_null(step) else { continue };
            for (index, (key, value)) in members.iter().enumerate() {
                let lead = if index == 0 { "  - " } else { "    " };
                let _ = writeln!(text, "{lead}{key}: {value}");
            }
        }
        write_wait(text, settle);
    }
}

fn write_wait(text: &mut String, span: Duration) {
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
    acts: Vec<(Moment, Value)>,
    odd: Option<String>,
}

impl Bench for Recorder<'_> {
    fn facts(&self) -> Facts {
        self.bench.facts()
    }

    fn began_ms(&self) -> i64 {
        self.bench.began_ms()
    }

    fn perform(&mut self, now: Moment, action: &Action) -> Result<Vec<Event>, ActionError> {
        match step(action) {
            Ok(Some(step)) => self.acts.push((now, step)),
            Ok(None) => {}
            Err(what) => self.odd = self.odd.take().or(Some(what.to_owned())),
        }
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
        Action::Flash(_) | Action::SetShadow { .. } | Action::ClearFaults | Action::Clock(_) => {
            Ok(None)
        }
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
