//! The table of all mistakes: those found by making the signature again, and those that can be seen.

use super::recipe::Recipe;
use super::situation::Situation;
use super::{
    body, channel, clock, credential, form, headers, host, key, method, output, path, query, scope,
    secret, shape, signed_headers, string_to_sign,
};

/// What a mistake is called and said about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topic {
    /// A stable name, as `path-signed-as-sent`.
    pub id: &'static str,
    /// What the device did, as a sentence without its full stop.
    pub did: &'static str,
    /// What to do next, as a sentence without its full stop.
    pub help: &'static str,
}

/// A mistake that is found by making it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mistake {
    pub(super) topic: Topic,
    pub(super) make: Make,
}

/// How a mistake is made. What leaves the recipe as it was cannot be made in this request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Make {
    /// In one way.
    Once(fn(&Situation<'_>, &mut Recipe)),
    /// In so many ways, by number, that they are tried only where nothing else explains what came, and never in pairs.
    Rare(usize, fn(&Situation<'_>, &mut Recipe, usize)),
    /// In several ways, by number.
    Ways(Ways, fn(&Situation<'_>, &mut Recipe, usize)),
}

/// In how many ways a mistake is made, the likeliest first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ways {
    pub(super) all: usize,
    /// So many of them are looked for together with another mistake as well; all pairs of all ways would be too many.
    pub(super) paired: usize,
}

impl Mistake {
    pub(super) const fn once(
        id: &'static str,
        did: &'static str,
        help: &'static str,
        make: fn(&Situation<'_>, &mut Recipe),
    ) -> Self {
        Self { topic: Topic { id, did, help }, make: Make::Once(make) }
    }

    pub(super) const fn ways(
        topic: Topic,
        ways: Ways,
        make: fn(&Situation<'_>, &mut Recipe, usize),
    ) -> Self {
        Self { topic, make: Make::Ways(ways, make) }
    }

    pub(super) const fn rare(
        topic: Topic,
        ways: usize,
        make: fn(&Situation<'_>, &mut Recipe, usize),
    ) -> Self {
        Self { topic, make: Make::Rare(ways, make) }
    }

    /// How many ways there are that are tried last.
    pub(super) const fn rare_count(&self) -> usize {
        match self.make {
            Make::Once(_) | Make::Ways(..) => 0,
            Make::Rare(ways, _) => ways,
        }
    }

    pub(super) const fn ways_count(&self) -> Ways {
        match self.make {
            Make::Once(_) => Ways { all: 1, paired: 1 },
            Make::Rare(..) => Ways { all: 0, paired: 0 },
            Make::Ways(ways, _) => ways,
        }
    }

    /// Makes it in one of its ways.
    pub(super) fn make(&self, situation: &Situation<'_>, recipe: &mut Recipe, way: usize) {
        match self.make {
            Make::Once(make) => make(situation, recipe),
            Make::Rare(_, make) | Make::Ways(_, make) => make(situation, recipe, way),
        }
    }
}

/// Mistakes of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// What they have in common, as `The path`.
    pub title: &'static str,
    pub(super) mistakes: &'static [Mistake],
    /// Those that can be seen in the request.
    pub(super) seen: &'static [&'static Topic],
}

impl Family {
    /// All mistakes of this kind: those found by making the signature again, then those that can be seen.
    pub fn topics(&self) -> impl Iterator<Item = Topic> {
        let made = self.mistakes.iter().map(|mistake| mistake.topic);
        made.chain(self.seen.iter().map(|&&topic| topic))
    }
}

/// All mistakes that can be explained, kind by kind.
///
/// The order within the table is the order in which two mistakes are made together: what sets a part stands before what
/// changes it.
pub const FAMILIES: &[Family] = &[
    clock::FAMILY,
    scope::FAMILY,
    credential::FAMILY,
    shape::FAMILY,
    path::FAMILY,
    query::FAMILY,
    host::FAMILY,
    headers::FAMILY,
    signed_headers::FAMILY,
    body::FAMILY,
    method::FAMILY,
    form::FAMILY,
    string_to_sign::FAMILY,
    secret::FAMILY,
    key::FAMILY,
    output::FAMILY,
    channel::FAMILY,
];

/// All mistakes that are found by making the signature again.
pub(super) fn mistakes() -> impl Iterator<Item = &'static Mistake> {
    FAMILIES.iter().flat_map(|family| family.mistakes)
}
