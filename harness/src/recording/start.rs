//! What holds when a recording begins.

use serde_json::{Map, Value, json};

use crate::scenario::plan::{Erase, Firmware, Plan, Sleeping, StartShadow};
use crate::scenario::template::escaped;
use crate::scenario::written::entry;

/// What holds when a recording begins: the beginning of the scenario, too.
#[derive(Debug, Clone)]
pub struct Start {
    /// What a person calls the case.
    pub name: String,
    /// The image on the board; none where the rig does not put one there.
    pub firmware: Option<Firmware>,
    /// What the shadows hold.
    pub shadows: Vec<(Option<String>, StartShadow)>,
    /// Whether sleeps may be cut short.
    pub sleeping: Sleeping,
    /// Whether the cloud is served over TLS.
    pub tls: bool,
}

impl Start {
    /// The beginning of another scenario.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self {
            name: plan.name.clone(),
            firmware: Some(plan.firmware.clone()),
            shadows: plan.shadows.clone().into_iter().collect(),
            sleeping: plan.sleeping,
            tls: plan.tls,
        }
    }

    /// The keys at the top of a scenario, up to its steps; `allow` names the resets that may happen.
    #[must_use]
    pub fn head(&self, allow: &[&str]) -> String {
        let mut head = vec![format!("version: 1\n{}", entry("name", &json!(self.name), 0))];
        if let Some(firmware) = &self.firmware {
            let mut map = Map::from_iter([("image".to_owned(), json!(firmware.image))]);
            match firmware.erase {
                Erase::All => drop(map.insert("erase".into(), "all".into())),
                Erase::Nothing => drop(map.insert("erase".into(), "nothing".into())),
                Erase::State => {}
            }
            if let Some(shadow) = &firmware.shadow {
                map.insert("shadow".into(), json!(shadow));
            }
            let console = &firmware.console;
            let lines = [("sleep", &console.sleep), ("wake", &console.wake)];
            let said: Map<_, _> = lines
                .into_iter()
                .filter(|(_, lines)| !lines.is_empty())
                .map(|(key, lines)| (key.to_owned(), json!(lines)))
                .collect();
            if !said.is_empty() {
                map.insert("console".into(), said.into());
            }
            head.push(entry("firmware", &map.into(), 0));
        }
        let cloud = self.cloud();
        if !cloud.is_empty() {
            head.push(entry("cloud", &cloud.into(), 0));
        }
        if self.sleeping == Sleeping::FastForward {
            head.push(entry("time", &json!({ "sleeping": "fast-forward" }), 0));
        }
        if !allow.is_empty() {
            head.push(entry("allow", &json!(allow), 0));
        }
        head.join("\n") + "\n"
    }

    fn cloud(&self) -> Map<String, Value> {
        let mut cloud = Map::new();
        if self.tls {
            cloud.insert("tls".into(), true.into());
        }
        let mut named = Map::new();
        for (name, shadow) in &self.shadows {
            let sections = [("desired", &shadow.desired), ("reported", &shadow.reported)];
            let sections: Map<_, _> = sections
                .into_iter()
                .filter_map(|(key, section)| Some((key.to_owned(), escaped(section.as_ref()?))))
                .collect();
            match name {
                None => cloud.insert("shadow".into(), sections.into()),
                Some(name) => named.insert(name.clone(), sections.into()),
            };
        }
        if !named.is_empty() {
            cloud.insert("named-shadows".into(), named.into());
        }
        cloud
    }
}
