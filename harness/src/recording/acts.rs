//! What the app side did in a recording, as actions to do again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::items::{What, items, set_up};
use crate::engine::action::MessageOrder;
use crate::engine::event::Party;
use crate::engine::{Action, Event, Log};
use crate::scenario::plan::StartShadow;
use crate::scenario::template::{self, Variables};

/// Something that the app side did.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// After the device had shown up.
    Later(Action),
    /// Before.
    SetUp(Action),
}

/// What the app side did to shadows, and published, by its places in the log.
#[must_use]
pub fn acts(log: &Log) -> BTreeMap<usize, Act> {
    let mut found = BTreeMap::new();
    for (index, entry) in log.from(0).take(set_up(log)) {
        if let Event::Shadow { name, by: Party::Rig, document: Some(document) } = &entry.event {
            let section = |key: &str| document.pointer(&format!("/state/{key}")).cloned();
            let shadow = StartShadow { desired: section("desired"), reported: section("reported") };
            found.insert(index, Act::SetUp(Action::SetShadow { name: name.clone(), shadow }));
        }
    }
    for item in items(log) {
        let What::Act(step) = &item.what else { continue };
        // The step stands as a scenario says it.
        let step = template::fill_json(step, &Variables::new());
        found.extend(action(&step).map(|action| (item.index, Act::Later(action))));
    }
    found
}

/// A step that changes a shadow or publishes, as an action; none for any other.
fn action(step: &Value) -> Option<Action> {
    let name = step.get("shadow").and_then(Value::as_str).map(str::to_owned);
    if let Some(desired) = step.get("set-desired") {
        return Some(Action::UpdateShadow {
            name,
            document: json!({ "state": { "desired": desired } }),
        });
    }
    if let Some(sections) = step.get("set-shadow") {
        let section = |key: &str| sections.get(key).cloned();
        let shadow = StartShadow { desired: section("desired"), reported: section("reported") };
        return Some(Action::SetShadow { name, shadow });
    }
    if let Some(message) = step.get("publish") {
        return Some(Action::Publish(MessageOrder {
            topic: template::plain(message.get("topic")?),
            payload: message.get("payload").map(template::plain).unwrap_or_default(),
            qos: message.get("qos").and_then(Value::as_u64).map_or(0, |qos| qos.min(1) as u8),
            retain: message.get("retain").and_then(Value::as_bool).unwrap_or_default(),
        }));
    }
    let target = step.get("delete-shadow")?.as_str()?;
    Some(Action::DeleteShadow { name: target.strip_prefix("shadow/").map(str::to_owned) })
}
