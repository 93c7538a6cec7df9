//! The shadows, by thing and name, with what is remembered of deleted ones.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexSet;

use crate::clock::UnixMillis;
use crate::json::{Json, parse, read};
use crate::kept::{Change, Item};
use crate::shadow::{Before, Shadow, ShadowId, ShadowName, ThingName};

/// All shadows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    things: BTreeMap<ThingName, BTreeMap<Option<ShadowName>, Slot>>,
    /// The shadows that differ from what was last taken for a file. Where nothing is kept in one, it is emptied behind each
    /// request, and this set gives back no memory for that.
    changed: IndexSet<ShadowId>,
}

/// How deep objects and arrays may be nested in a file: more than any limit of documents.
const STORED_LEVELS_MAX: usize = 128;

/// What is known under one shadow's name.
#[derive(Debug, Clone)]
enum Slot {
    Live(Arc<Shadow>),
    /// The version goes on from here if the shadow is made again in time.
    Deleted {
        version: u64,
        at: UnixMillis,
    },
}

impl Store {
    /// The shadow, if it is there.
    pub(crate) fn get(&self, id: &ShadowId) -> Option<&Shadow> {
        match self.things.get(&id.thing)?.get(&id.name)? {
            Slot::Live(shadow) => Some(shadow),
            Slot::Deleted { .. } => None,
        }
    }

    /// What an update meets at that time.
    pub(crate) fn before(&self, id: &ShadowId, now: UnixMillis, life: Duration) -> Before<'_> {
        match self.things.get(&id.thing).and_then(|shadows| shadows.get(&id.name)) {
            Some(Slot::Live(shadow)) => Before { shadow: Some(shadow), version: shadow.version() },
            Some(Slot::Deleted { version, at }) if now <= at.after(life) => {
                Before { shadow: None, version: *version }
            }
            Some(Slot::Deleted { .. }) | None => Before::default(),
        }
    }

    /// Keeps a shadow.
    pub(crate) fn put(&mut self, id: &ShadowId, shadow: Arc<Shadow>) {
        let shadows = self.things.entry(id.thing.clone()).or_default();
        shadows.insert(id.name.clone(), Slot::Live(shadow));
        self.changed.insert(id.clone());
    }

    /// Deletes a shadow and says its version. The delete itself takes one version.
    pub(crate) fn delete(&mut self, id: &ShadowId, now: UnixMillis) -> Option<u64> {
        let slot = self.things.get_mut(&id.thing)?.get_mut(&id.name)?;
        let Slot::Live(shadow) = slot else { return None };
        let version = shadow.version();
        *slot = Slot::Deleted { version: version.saturating_add(1), at: now };
        self.changed.insert(id.clone());
        Some(version)
    }

    /// The names of a thing's named shadows behind `after`, in order.
    pub(crate) fn names(
        &self,
        thing: &ThingName,
        after: Option<&ShadowName>,
    ) -> impl Iterator<Item = &ShadowName> {
        self.things
            .get(thing)
            .into_iter()
            .flatten()
            .filter(|(_, slot)| matches!(slot, Slot::Live(_)))
            .filter_map(|(name, _)| name.as_ref())
            .filter(move |name| after.is_none_or(|after| *name > after))
    }

    /// All shadows that are there, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ShadowId> {
        self.things.iter().flat_map(|(thing, shadows)| {
            shadows
                .iter()
                .filter(|(_, slot)| matches!(slot, Slot::Live(_)))
                .map(|(name, _)| ShadowId { thing: thing.clone(), name: name.clone() })
        })
    }

    /// Forgets everything, the versions of deleted shadows too.
    pub(crate) fn clear(&mut self) {
        for (thing, shadows) in std::mem::take(&mut self.things) {
            let forgotten = shadows.into_keys().map(|name| ShadowId { thing: thing.clone(), name });
            self.changed.extend(forgotten);
        }
    }

    /// Whether something differs from what was last taken for a file.
    pub(crate) fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// What a file is to keep, so that it holds what is here.
    pub(crate) fn changes(&self) -> impl Iterator<Item = Change> {
        let change = move |shadow: &ShadowId| {
            let slot = self.things.get(&shadow.thing).and_then(|shadows| shadows.get(&shadow.name));
            Change { item: Item::Shadow(shadow.clone()), kept: slot.map(Slot::to_stored) }
        };
        self.changed.iter().map(change)
    }

    /// All changes are in the file.
    pub(crate) fn changes_are_kept(&mut self) {
        self.changed.clear();
    }

    /// Takes one shadow from a file; false if that is not in the form of [`Store::changes`].
    pub(crate) fn restore(&mut self, id: ShadowId, kept: &[u8]) -> bool {
        let Some(slot) = Slot::from_stored(kept) else { return false };
        self.things.entry(id.thing).or_default().insert(id.name, slot);
        true
    }
}

impl Slot {
    fn to_stored(&self) -> Vec<u8> {
        match self {
            Self::Live(shadow) => Json::object([("shadow", shadow.to_stored())]),
            Self::Deleted { version, at } => {
                Json::object([("deleted", Json::integer(*version)), ("at_ms", Json::integer(at.0))])
            }
        }
        .to_compact()
    }

    fn from_stored(kept: &[u8]) -> Option<Self> {
        let raw = parse(std::str::from_utf8(kept).ok()?).ok()?;
        let Json::Object(members) = read(raw, STORED_LEVELS_MAX).ok()? else { return None };
        if let Some(shadow) = members.get("shadow") {
            return Shadow::from_stored(shadow).map(|shadow| Self::Live(Arc::new(shadow)));
        }
        let version = members.get("deleted")?.as_version()?;
        Some(Self::Deleted { version, at: UnixMillis(members.get("at_ms")?.as_i64()?) })
    }
}
