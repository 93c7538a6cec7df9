//! What happened in a recording, in order and in few kinds: the log without what a scenario does not speak of.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::said::{has_published, said};
use crate::engine::event::{Message, Party, PowerChange, Request, Signature};
use crate::engine::shadows::version;
use crate::engine::{Event, Log};
use crate::scenario::amount::Quantity;
use crate::scenario::request_pattern::RequestPattern;
use crate::scenario::template;
use crate::time;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    /// Where it stands in the log.
    pub(super) index: usize,
    /// What.
    pub(super) what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// Somebody did something: the step that does it again.
    Act(Value),
    /// The device wrote a line.
    Console(String),
    /// A fault met what it waited for; the request that it hit is the item behind it, if it hit one.
    FaultMet(u64),
    /// The device published something.
    Message(Message),
    /// Something that a scenario cannot say.
    Odd(String),
    /// A request that was answered, or that met a fault.
    Request(Asked),
    /// The chip was reset, not by somebody who could do it again.
    Reset(String),
    /// The device went to sleep, for as long as it said, or else as it did.
    Sleep { length: Option<Duration>, is_announced: bool },
    /// The device woke.
    Wake(String),
}

/// A request and its answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    /// What it asks for.
    pub(super) pattern: RequestPattern,
    /// Its body.
    pub(super) body: Option<Value>,
    /// Whether its signature was right; `None` where it was not looked at.
    pub(super) signed: Option<bool>,
    /// The status of the answer, where the cloud gave it without a fault.
    pub(super) answered: Option<u16>,
    /// Whether a fault had its hand in it.
    pub(super) met_fault: bool,
}

impl Asked {
    /// Whether it asks and gets, and changes nothing.
    pub(super) fn is_plain(&self) -> bool {
        self.pattern.method == "GET" && self.answered == Some(200) && self.signed == Some(true)
    }
}

/// The items of a log.
pub(super) fn items(log: &Log) -> Vec<Item> {
    let mut reader = Reader {
        log,
        set_up: set_up(log),
        armed: Armed::of(log),
        documents: Map::new(),
        power_is_back: false,
        items: Vec::new(),
    };
    for (index, entry) in log.from(0) {
        reader.read(index, &entry.event);
    }
    reader.items
}

/// The number of entries at the beginning of a log that are the set-up: up to the first sign of life of the device.
pub(super) fn set_up(log: &Log) -> usize {
    let is_life = |event: &Event| {
        matches!(event, Event::Wake { .. } | Event::Request(_) | Event::Connection { .. })
    };
    log.entries().iter().position(|entry| is_life(&entry.event)).unwrap_or(log.len())
}

struct Reader<'a> {
    log: &'a Log,
    /// How many entries at the beginning are the set-up.
    set_up: usize,
    armed: Armed,
    /// The documents of the shadows as they were last.
    documents: Map<String, Value>,
    /// The supply came back, and the reset that it makes was not told yet.
    power_is_back: bool,
    items: Vec<Item>,
}

impl Reader<'_> {
    fn read(&mut self, index: usize, event: &Event) {
        let is_set_up = index < self.set_up;
        let what = match event {
            Event::Shadow { name, by, document } => {
                if *by == Party::Rig {
                    self.catch_up(index, name.as_deref(), document.as_ref());
                }
                let act = self.changed(name.as_deref(), document.as_ref());
                match by {
                    Party::Rig if !is_set_up => act.map(What::Act),
                    Party::Rig | Party::Cloud | Party::Device => None,
                }
            }
            Event::Armed { .. }
            | Event::Brownout { .. }
            | Event::FaultArmed { .. }
            | Event::FaultMet { .. }
            | Event::FaultsCleared
            | Event::Fired { .. } => self.armed(event),
            Event::Clock { offset_ms } => {
                Some(What::Act(json!({ "clock": { "skew": time::signed_span(*offset_ms) } })))
            }
            Event::Message(message) => said(message),
            Event::Request(request) => self.asked(index, request),
            Event::Console { line } => Some(What::Console(line.clone())),
            Event::Sleep { announced } => {
                let length = announced.or_else(|| self.measured(index));
                Some(What::Sleep { length, is_announced: announced.is_some() })
            }
            Event::Wake { cause } if cause == "external" && !is_set_up => {
                self.push(index, What::Act(json!({ "wake": "pin" })));
                Some(What::Wake(cause.clone()))
            }
            Event::Wake { cause } => Some(What::Wake(cause.clone())),
            Event::Power { change } => self.power(index, *change),
            Event::Reset { cause } if !is_set_up => {
                if let Some(act) = self.resetting(cause) {
                    self.push(index, What::Act(act));
                }
                Some(What::Reset(cause.clone()))
            }
            Event::Answer(_)
            | Event::Command { .. }
            | Event::Connection { .. }
            | Event::ConsolePart { .. }
            | Event::Crash(_)
            | Event::Current(_)
            | Event::Note { .. }
            | Event::Passed(_)
            | Event::Pin { .. }
            | Event::Reset { .. }
            | Event::Snapshot { .. }
            | Event::StateWrite { .. }
            | Event::Step { .. } => None,
        };
        if let Some(what) = what {
            let what = match what {
                What::Act(step) => What::Act(template::escaped(&step)),
                other => other,
            };
            self.push(index, what);
        }
    }

    /// What was armed, and what came of it. What the rig does by itself then is no act: arming it is.
    fn armed(&mut self, event: &Event) -> Option<What> {
        match event {
            Event::Armed { id, step, .. } => {
                self.armed.fired.contains(id).then(|| What::Act(step.clone()))
            }
            Event::Brownout { to_mv, length } => Some(What::Act(sag(*to_mv, *length))),
            Event::FaultArmed { id, .. } | Event::FaultMet { id, .. }
                if self.armed.holds.contains(id) =>
            {
                None
            }
            Event::FaultArmed { id, step: Some(step), .. } => {
                self.is_met(*id).then(|| What::Act(step.clone()))
            }
            Event::FaultArmed { what, step: None, .. } => {
                Some(What::Odd(format!("a fault was armed that a scenario cannot say: {what}")))
            }
            Event::FaultMet { id, .. } => Some(What::FaultMet(*id)),
            Event::FaultsCleared => Some(What::Act(json!({ "clear-faults": "all" }))),
            Event::Fired { id, .. } => {
                self.armed.cuts_owed += usize::from(self.armed.cuts.contains(id));
                None
            }
            _ => None,
        }
    }

    fn push(&mut self, index: usize, what: What) {
        self.items.push(Item { index, what });
    }

    /// What somebody did to the supply; nothing where the rig did, since that was armed.
    fn power(&mut self, index: usize, change: PowerChange) -> Option<What> {
        let Armed { cuts_owed, restores_owed, .. } = &mut self.armed;
        match change {
            PowerChange::Cut if *cuts_owed > 0 => {
                *cuts_owed -= 1;
                *restores_owed += 1;
                None
            }
            PowerChange::Cut => Some(What::Act(json!({ "power": "cut" }))),
            PowerChange::Restored => {
                self.power_is_back = true;
                if *restores_owed > 0 {
                    *restores_owed -= 1;
                    return None;
                }
                Some(self.restored(index))
            }
        }
    }

    /// A supply that comes back right behind its cut was switched off and on.
    fn restored(&mut self, index: usize) -> What {
        let cut = What::Act(json!({ "power": "cut" }));
        let Some(before) = self.items.pop_if(|item| item.what == cut) else {
            return What::Act(json!({ "power": "restore" }));
        };
        let at = |index: usize| self.log.entries().get(index).map(|entry| entry.at);
        let off =
            at(index).zip(at(before.index)).map_or(Duration::ZERO, |(now, then)| now.since(then));
        let mut step = json!({ "power": "cycle" });
        if !off.is_zero() {
            step["off-for"] = time::span(off).into();
        }
        What::Act(step)
    }

    /// What made a reset, where somebody at the board did; one that the chip made by itself is only waited for.
    fn resetting(&mut self, cause: &str) -> Option<Value> {
        let is_explained = std::mem::take(&mut self.power_is_back);
        match cause {
            "external" => Some(json!({ "reset": "pin" })),
            "power-on" if !is_explained => Some(json!({ "power": "cycle" })),
            _ => None,
        }
    }

    fn is_met(&self, id: u64) -> bool {
        let meets = |event: &Event| matches!(event, Event::FaultMet { id: met, .. } if *met == id);
        self.log.entries().iter().any(|entry| meets(&entry.event))
    }

    fn measured(&self, index: usize) -> Option<Duration> {
        let began = self.log.entries().get(index)?.at;
        self.log.from(index).find_map(|(_, entry)| match entry.event {
            Event::Wake { .. } => Some(entry.at.since(began)),
            _ => None,
        })
    }

    fn asked(&self, index: usize, request: &Request) -> Option<What> {
        let Some(pattern) = request.pattern.clone() else {
            let odd = || format!("{} came, which no verb waits for yet", request.short());
            return (!has_published(self.log, index)).then(|| What::Odd(odd()));
        };
        let answer = self.log.answer_to(request.id).map(|(_, answer)| answer);
        let behind = || self.log.from(index + 1).map(|(_, entry)| &entry.event);
        let next = behind().find(|event| !matches!(event, Event::Note { .. } | Event::Step { .. }));
        // One that was held for the rig's own purpose was asked like any other, and nobody answered it.
        let is_held =
            matches!(next, Some(Event::FaultMet { id, .. }) if self.armed.holds.contains(id));
        let answer = answer.filter(|_| !is_held);
        let met_fault = !is_held
            && (answer.is_some_and(|answer| answer.fault.is_some())
                || matches!(next, Some(Event::FaultMet { .. })));
        // One that nobody answered was under way when the recording ended, or when the device died.
        let goes_on = |event: &Event| matches!(event, Event::Sleep { .. } | Event::Wake { .. });
        if answer.is_none() && !met_fault && !behind().any(goes_on) {
            return None;
        }
        Some(What::Request(Asked {
            pattern,
            body: request.body_value(),
            signed: match request.signature {
                Signature::Good => Some(true),
                Signature::Refused { .. } => Some(false),
                Signature::Unchecked => None,
            },
            answered: answer.filter(|_| !met_fault).and_then(|answer| answer.status),
            met_fault,
        }))
    }

    /// What the device changed before somebody else did may be told behind that; versions say what came first.
    fn catch_up(&mut self, index: usize, shadow: Option<&str>, document: Option<&Value>) {
        let Some(now) = document.and_then(version) else { return };
        let earlier = self.log.from(index).filter_map(|(_, entry)| match &entry.event {
            Event::Shadow { name, by: Party::Device, document: Some(document) } => {
                (name.as_deref() == shadow && version(document)? < now).then_some(document)
            }
            _ => None,
        });
        if let Some(document) = earlier.max_by_key(|document| version(document)) {
            self.documents.insert(shadow.unwrap_or_default().to_owned(), document.clone());
        }
    }

    /// The step that makes the change again which a shadow has gone through.
    fn changed(&mut self, name: Option<&str>, document: Option<&Value>) -> Option<Value> {
        let key = name.unwrap_or_default().to_owned();
        let before = self.documents.get(&key).cloned().unwrap_or_default();
        // What was overtaken is known already.
        if document.is_some_and(|document| version(document) < version(&before)) {
            return None;
        }
        self.documents.insert(key, document.cloned().unwrap_or_default());
        let state = |document: &Value, section: &str| {
            document.pointer(&format!("/state/{section}")).cloned().unwrap_or(json!({}))
        };
        let Some(document) = document else {
            let target = name.map_or_else(|| "shadow".to_owned(), |name| format!("shadow/{name}"));
            return (!before.is_null()).then(|| json!({ "delete-shadow": target }));
        };
        let mut step = if state(&before, "reported") == state(document, "reported") {
            let change = merge_patch(&state(&before, "desired"), &state(document, "desired"))?;
            json!({ "set-desired": change })
        } else {
            let sections = ["desired", "reported"]
                .map(|section| (section.to_owned(), state(document, section)));
            json!({ "set-shadow": Map::from_iter(sections) })
        };
        if let Some(name) = name {
            step["shadow"] = name.into();
        }
        Some(step)
    }
}

/// What the rig waited for in a recording, to act at once then.
#[derive(Debug, Default)]
struct Armed {
    /// The numbers of those that met it.
    fired: BTreeSet<u64>,
    /// Those that cut the power.
    cuts: BTreeSet<u64>,
    /// The faults by which the cloud held a request for one of them.
    holds: BTreeSet<u64>,
    /// How many power cuts are to come of those that met it.
    cuts_owed: usize,
    /// How often the supply is to come back behind such a cut.
    restores_owed: usize,
}

impl Armed {
    fn of(log: &Log) -> Self {
        let mut armed = Self::default();
        for entry in log.entries() {
            match &entry.event {
                Event::Armed { id, hold, step, .. } => {
                    armed.holds.extend(hold);
                    if step.get("cut-power").is_some() {
                        armed.cuts.insert(*id);
                    }
                }
                Event::Fired { id, .. } => drop(armed.fired.insert(*id)),
                _ => {}
            }
        }
        armed
    }
}

/// The step that lets the supply sag again.
fn sag(to_mv: u32, length: Duration) -> Value {
    let to = Quantity::Voltage.exact(u64::from(to_mv) * 1000);
    json!({ "brownout": { "to": to, "for": time::span(length) } })
}

/// What must be merged into one value to make another of it; nothing if they are equal.
fn merge_patch(before: &Value, after: &Value) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    let gone =
        old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    let changed = new.iter().filter_map(|(key, value)| {
        let patch = match old.get(key) {
            Some(old) => merge_patch(old, value)?,
            None => value.clone(),
        };
        Some((key.clone(), patch))
    });
    let patch: Map<_, _> = changed.chain(gone).collect();
    (!patch.is_empty()).then_some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(before: &Value, after: &Value, expected: Option<&Value>) {
        assert_eq!(merge_patch(before, after).as_ref(), expected, "{before} {after}");
    }

    #[test]
    fn a_patch_has_only_what_differs() {
        check(
            &json!({ "a": 1, "b": { "c": 1, "d": 2 } }),
            &json!({ "a": 1, "b": { "c": 3 } }),
            Some(&json!({ "b": { "c": 3, "d": null } })),
        );
        check(&json!({ "a": [1] }), &json!({ "a": [1, 2] }), Some(&json!({ "a": [1, 2] })));
        check(&json!({ "a": 1 }), &json!({ "a": 1 }), None);
    }

    fn merged(mut value: Value, patch: &Value) -> Value {
        let Value::Object(patch) = patch else { return patch.clone() };
        if !value.is_object() {
            value = json!({});
        }
        for (key, patch) in patch {
            match patch {
                Value::Null => drop(value.as_object_mut().map(|map| map.remove(key))),
                patch => value[key] = merged(value[key].take(), patch),
            }
        }
        value
    }

    proptest! {
        #[test]
        fn a_patch_makes_one_of_the_other(before in state(), after in state()) {
            let patched = merge_patch(&before, &after).map_or_else(|| before.clone(), |patch| merged(before.clone(), &patch));
            prop_assert_eq!(patched, after);
        }
    }

    /// A section of a shadow: an object without nulls, which no shadow holds, nor empty objects inside, which it drops.
    fn state() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![any::<u8>().prop_map(Value::from), "[a-c]{1,2}".prop_map(Value::from)];
        let inner = leaf.prop_recursive(3, 12, 3, |inner| {
            prop::collection::btree_map("[a-d]", inner, 1..4).prop_map(|map| json!(map))
        });
        prop::collection::btree_map("[a-d]", inner, 0..4).prop_map(|map| json!(map))
    }
}
