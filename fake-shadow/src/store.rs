//! The shadows, by thing and name, with what is remembered of deleted ones.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::UnixMillis;
use crate::shadow::{Before, Shadow, ShadowId, ShadowName, ThingName};

/// All shadows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    things: BTreeMap<ThingName, BTreeMap<Option<ShadowName>, Slot>>,
}

/// What is known under one shadow's name.
#[derive(Debug, Clone)]
enum Slot {
    Live(Shadow),
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
    pub(crate) fn put(&mut self, id: &ShadowId, shadow: Shadow) {
        let shadows = self.things.entry(id.thing.clone()).or_default();
        shadows.insert(id.name.clone(), Slot::Live(shadow));
    }

    /// Deletes a shadow and says its version. The delete itself takes one version.
    pub(crate) fn delete(&mut self, id: &ShadowId, now: UnixMillis) -> Option<u64> {
        let slot = self.things.get_mut(&id.thing)?.get_mut(&id.name)?;
        let Slot::Live(shadow) = slot else { return None };
        let version = shadow.version();
        *slot = Slot::Deleted { version: version.saturating_add(1), at: now };
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
        self.things.clear();
    }
}
