//! Faults as they are described, and as they count whom they met.

use std::collections::{BTreeMap, VecDeque};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use serde_json::{Map, Value};

use super::error::FaultError;
use super::kind::Kind;
use super::params::{Params, bad, number};
use super::target::Target;
use crate::clock::UnixMillis;

/// A fault to arm.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// What it does.
    pub kind: Kind,
    /// What it is meant for.
    pub to: Target,
    /// How often it acts; none for no end.
    pub times: Option<u32>,
    /// How many that fit it lets pass first.
    pub after: u32,
    /// How likely it acts on one that fits, 0 to 1.
    pub chance: f64,
}

/// The number of an armed fault: 1 for the first one, never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FaultId(pub u64);

/// A fault by its number and kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultRef {
    /// Its number.
    pub id: FaultId,
    /// The name of its kind, as `lost-answer`.
    pub kind: &'static str,
}

/// A fault that is or was armed.
#[derive(Debug, Clone, PartialEq)]
pub struct Armed {
    /// Its number.
    pub id: FaultId,
    /// The fault.
    pub fault: Fault,
    /// How many connections or requests fitted it.
    pub fitted: u32,
    /// How many it acted on.
    pub met: u32,
    /// When those were that it spared, as far as it has to know.
    passed: VecDeque<UnixMillis>,
    /// When it acted first.
    first_met_at: Option<UnixMillis>,
}

impl Fault {
    /// A fault of a kind for any request, acting as often as that kind does by itself.
    #[must_use]
    pub fn new(kind: Kind) -> Self {
        let (times, chance) = (kind.default_times(), kind.default_chance());
        Self { kind, to: Target::Any, times, after: 0, chance }
    }

    /// Reads a fault from an object: `kind` and its parameters, or the name of the kind as a key with its main
    /// parameter or an object of parameters behind it; beside that `to`, `times` (`0` for no end), `after`, `chance`.
    ///
    /// ```
    /// use fake_shadow::fault::Fault;
    /// use serde_json::json;
    ///
    /// let long = Fault::read(&json!({ "kind": "hang", "for": "60s", "to": "GET shadow" }))?;
    /// assert_eq!(Fault::read(&json!({ "hang": "60s", "to": "GET shadow" }))?, long);
    /// assert_eq!(Fault::read(&json!({ "hang": { "for": "60s" }, "to": "GET shadow" }))?, long);
    /// # Ok::<(), fake_shadow::fault::FaultError>(())
    /// ```
    ///
    /// # Errors
    /// [`FaultError`] says what is wrong with it.
    pub fn read(description: &Value) -> Result<Self, FaultError> {
        let object = description.as_object().ok_or(FaultError::NotObject)?;
        let name = kind_of(object)?;
        let mut members: BTreeMap<&str, &Value> = object
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .filter(|(key, _)| *key != "kind")
            .collect();
        match object.get(name) {
            Some(Value::Object(inner)) => {
                members.remove(name);
                members.extend(inner.iter().map(|(key, value)| (key.as_str(), value)));
            }
            Some(Value::Bool(true) | Value::Null) => {
                members.remove(name);
            }
            _ => {}
        }
        let mut params = Params::new(name, members);
        let (to, times) = (params.take("to"), params.take("times"));
        let (after, chance) = (params.take("after"), params.take("chance"));
        let kind = Kind::read(name, &mut params)?;
        params.finish()?;
        let mut fault = Self::new(kind);
        if let Some(to) = to {
            fault.to = to.as_str().ok_or_else(|| bad("to", to, "a text"))?.parse()?;
        }
        if let Some(times) = times {
            fault.times = Some(count("times", times)?).filter(|times| *times > 0);
        }
        if let Some(after) = after {
            fault.after = count("after", after)?;
        }
        if let Some(chance) = chance {
            let likely = chance.as_f64().filter(|likely| (0.0..=1.0).contains(likely));
            fault.chance = likely.ok_or_else(|| bad("chance", chance, "a number from 0 to 1"))?;
        }
        Ok(fault)
    }
}

impl Fault {
    /// Whether chance has a say: in whether it acts, or in what it does.
    #[must_use]
    pub fn is_by_chance(&self) -> bool {
        self.chance < 1.0 || self.kind.rolls()
    }
}

/// The one kind that an object names.
fn kind_of(object: &Map<String, Value>) -> Result<&'static str, FaultError> {
    let known = |name: &str| Kind::NAMES.iter().find(|kind| **kind == name).copied();
    if let Some(kind) = object.get("kind") {
        let name = kind.as_str().ok_or_else(|| bad("kind", kind, "a text"))?;
        return known(name).ok_or_else(|| FaultError::UnknownKind { kind: name.to_owned() });
    }
    let named: Vec<&'static str> = object.keys().filter_map(|key| known(key)).collect();
    match named.as_slice() {
        [one] => Ok(one),
        _ => Err(FaultError::NotOneKind { named: named.into_iter().map(str::to_owned).collect() }),
    }
}

fn count(key: &str, value: &Value) -> Result<u32, FaultError> {
    let number = number(key, value, &(0..=u64::from(u32::MAX)))?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

impl Armed {
    pub(super) const fn new(id: FaultId, fault: Fault) -> Self {
        Self { id, fault, fitted: 0, met: 0, passed: VecDeque::new(), first_met_at: None }
    }

    /// Whether it will not act again.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.fault.times.is_some_and(|times| self.met >= times)
    }

    pub(super) const fn reference(&self) -> FaultRef {
        FaultRef { id: self.id, kind: self.fault.kind.name() }
    }

    /// For how many milliseconds it has been met.
    pub(super) fn met_for_ms(&self, now: UnixMillis) -> i64 {
        now.0.saturating_sub(self.first_met_at.unwrap_or(now).0)
    }

    /// Counts one that fits, and says whether the fault acts on it.
    pub(super) fn meets(&mut self, now: UnixMillis, chance: &mut ChaCha8Rng) -> bool {
        self.fitted = self.fitted.saturating_add(1);
        if self.fitted <= self.fault.after {
            return false;
        }
        let is_chosen = self.fault.chance >= 1.0 || unit(chance) < self.fault.chance;
        if !is_chosen || self.fault.kind.spares(&mut self.passed, now) {
            return false;
        }
        self.met = self.met.saturating_add(1);
        self.first_met_at.get_or_insert(now);
        true
    }
}

/// A number from 0 up to 1.
fn unit(chance: &mut ChaCha8Rng) -> f64 {
    f64::from(chance.next_u32()) / (f64::from(u32::MAX) + 1.0)
}
