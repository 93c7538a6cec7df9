//! Many faults by chance, as a bad network or a busy service has them.

use rand_chacha::rand_core::RngCore as _;
use serde_json::Value;

use super::act::{Act, Behavior, Met};
use super::armed::Fault;
use super::error::FaultError;
use super::kind::Kind;
use super::params::{Params, bad};

/// The profiles as data: how likely each acts on a request, and what it does then, by weight.
const PROFILES: &str = include_str!("profiles.json");

/// Acts on some requests by chance, each time by one of its faults. It does not end by itself. Equal seeds and equal requests
/// meet equal faults.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name, as `flaky-wifi`.
    pub name: String,
    /// How likely it acts on a request if the fault does not say, 0 to 1.
    pub chance: f64,
    /// What it does, each with its weight.
    pub faults: Vec<(u32, Kind)>,
}

impl Profile {
    /// The profile of that name, or else the names that there are.
    fn named(name: &str) -> Result<Self, Vec<String>> {
        let profiles: Value = serde_json::from_str(PROFILES).unwrap_or_default();
        let Some(profile) = profiles.get(name) else {
            let names = profiles.as_object().into_iter().flat_map(|profiles| profiles.keys());
            return Err(names.cloned().collect());
        };
        let rows = profile["faults"].as_array().map_or(&[][..], Vec::as_slice);
        let row = |row: &Value| {
            let weight = row["weight"].as_u64().and_then(|weight| u32::try_from(weight).ok())?;
            Some((weight, Fault::read(&row["fault"]).ok()?.kind))
        };
        Ok(Self {
            name: name.to_owned(),
            chance: profile["chance"].as_f64().unwrap_or(1.0),
            faults: rows.iter().filter_map(row).collect(),
        })
    }
}

impl Behavior for Profile {
    const TIMES: Option<u32> = None;

    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let main = params.main("name");
        let (key, value) = params.needed("name", main)?;
        Self::named(value.as_str().unwrap_or_default())
            .map_err(|names| bad(key, value, format!("one of {}", names.join(", "))))
    }

    fn chance(&self) -> f64 {
        self.chance
    }

    fn rolls(&self) -> bool {
        true
    }

    fn act(&self, met: &mut Met<'_>) -> Act {
        let total: u32 = self.faults.iter().map(|(weight, _)| weight).sum();
        let mut drawn = met.chance.next_u32() % total.max(1);
        for (weight, kind) in &self.faults {
            match drawn.checked_sub(*weight) {
                None => return kind.act(met),
                Some(rest) => drawn = rest,
            }
        }
        Act::change(|_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Place;

    /// A row that cannot be read would be left out without a word.
    #[test]
    fn each_profile_is_read_whole_and_acts_on_requests() {
        let profiles: Value = serde_json::from_str(PROFILES).unwrap();
        for (name, written) in profiles.as_object().unwrap() {
            let profile = Profile::named(name).unwrap();
            assert_eq!(profile.faults.len(), written["faults"].as_array().unwrap().len(), "{name}");
            assert!(profile.faults.iter().all(|(weight, _)| *weight > 0), "{name}");
            assert!(
                profile.faults.iter().all(|(_, kind)| kind.place() == Place::Request),
                "{name}"
            );
            assert!(profile.chance > 0.0 && profile.chance < 1.0, "{name}");
            assert!(written["says"].is_string(), "{name}");
        }
    }
}
