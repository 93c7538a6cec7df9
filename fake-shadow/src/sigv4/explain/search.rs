//! The search for the mistakes that give the signature that was sent.

use super::made::Made;
use super::mistake::{Mistake, mistakes};
use super::recipe::Recipe;
use super::situation::Situation;

/// How many signatures are computed for one request at most: a bound on the work that a refused request can cause.
///
/// All mistakes alone are about six hundred, all pairs some forty thousand, single characters of the secret some four thousand,
/// and rarer pairs a hundred thousand; in a presigned URL with a session token, which may be signed or not, all of it twice.
pub const RECOMPUTATIONS_MAX: usize = 400_000;

/// In larger canonical requests nothing is searched, because each signature covers all of it. Real ones have some hundred
/// bytes; HTTP servers let through some ten thousand.
const CANONICAL_BYTES_MAX: usize = 16 * 1024;

/// How many pairs are shown at most, where several give the same signature.
pub(super) const PAIRS_MAX: usize = 6;

/// Mistakes that, made together, give what was sent.
#[derive(Clone)]
pub(super) struct Hit {
    /// One or two.
    pub(super) mistakes: Vec<Variant>,
    /// With all of them made.
    pub(super) recipe: Recipe,
}

/// A mistake made in one of its ways, alone.
#[derive(Clone)]
pub(super) struct Variant {
    pub(super) mistake: &'static Mistake,
    way: usize,
    pub(super) recipe: Recipe,
}

/// A search within one request.
pub(super) struct Search<'a> {
    situation: &'a Situation<'a>,
    /// How many signatures were computed.
    pub(super) computed: usize,
}

impl<'a> Search<'a> {
    pub(super) fn new(situation: &'a Situation<'a>) -> Self {
        Self { situation, computed: 0 }
    }

    /// True if a recipe gives what was sent.
    pub(super) fn is_hit(&mut self, recipe: &Recipe, sent: &dyn Fn(&Made) -> bool) -> bool {
        self.computed += 1;
        sent(&recipe.make(&[]))
    }

    /// All mistakes that give what was sent when they are made alone, each in the first way that does.
    pub(super) fn singles(&mut self, right: &Recipe, sent: &dyn Fn(&Made) -> bool) -> Vec<Hit> {
        self.alone(right, sent, |mistake| mistake.ways_count().all)
    }

    /// The same of those that are made in so many ways that they are tried last.
    pub(super) fn rare(&mut self, right: &Recipe, sent: &dyn Fn(&Made) -> bool) -> Vec<Hit> {
        self.alone(right, sent, Mistake::rare_count)
    }

    fn alone(
        &mut self,
        right: &Recipe,
        sent: &dyn Fn(&Made) -> bool,
        ways: fn(&Mistake) -> usize,
    ) -> Vec<Hit> {
        let base = right.make(&[]);
        let mut hits: Vec<Hit> = Vec::new();
        for variant in self.variants(right, ways) {
            if self.computed >= RECOMPUTATIONS_MAX {
                break;
            }
            self.computed += 1;
            let hit = Hit { recipe: variant.recipe.clone(), mistakes: vec![variant] };
            if sent(&hit.recipe.make(&[&base])) && !hits.iter().any(|known| known.is_same(&hit)) {
                hits.push(hit);
            }
        }
        hits
    }

    /// The pairs of mistakes that give what was sent, in the order of the table, each made in its likelier ways. Stops when there
    /// are several.
    pub(super) fn pairs(&mut self, right: &Recipe, sent: &dyn Fn(&Made) -> bool) -> Vec<Hit> {
        let variants = self.variants(right, |mistake| mistake.ways_count().paired);
        self.among(right, &variants, sent, |_, _| true)
    }

    /// The same of pairs of which one is made in a way that [`Search::pairs`] leaves out.
    pub(super) fn rarer_pairs(&mut self, right: &Recipe, sent: &dyn Fn(&Made) -> bool) -> Vec<Hit> {
        let variants = self.variants(right, |mistake| mistake.ways_count().all);
        self.among(right, &variants, sent, |first, second| first.is_likely() != second.is_likely())
    }

    fn among(
        &mut self,
        right: &Recipe,
        variants: &[Variant],
        sent: &dyn Fn(&Made) -> bool,
        are_looked_for: fn(&Variant, &Variant) -> bool,
    ) -> Vec<Hit> {
        let base = right.make(&[]);
        let made: Vec<Made> =
            variants.iter().map(|variant| variant.recipe.make(&[&base])).collect();
        let mut hits: Vec<Hit> = Vec::new();
        for (at, (first, first_made)) in variants.iter().zip(&made).enumerate() {
            for (second, second_made) in variants.iter().zip(&made).skip(at + 1) {
                if !are_looked_for(first, second) {
                    continue;
                }
                if self.computed >= RECOMPUTATIONS_MAX || hits.len() >= PAIRS_MAX {
                    return hits;
                }
                self.computed += 1;
                let both = self.both((first, first_made), (second, second_made), &base);
                if !sent(&both) {
                    continue;
                }
                let mistakes = vec![first.clone(), second.clone()];
                let hit = Hit { mistakes, recipe: both.into_recipe() };
                if !hits.iter().any(|known| known.is_same(&hit)) {
                    hits.push(hit);
                }
            }
        }
        hits
    }

    /// Two mistakes made in one request, the one that stands first in the table first.
    pub(super) fn both(
        &self,
        (first, first_made): (&Variant, &Made),
        (second, second_made): (&Variant, &Made),
        base: &Made,
    ) -> Made {
        first_made.merged(second_made, base).unwrap_or_else(|| {
            let mut recipe = first.recipe.clone();
            second.mistake.make(self.situation, &mut recipe, second.way);
            recipe.make(&[first_made, second_made, base])
        })
    }

    /// All mistakes, each in so many of its ways, where they change something.
    pub(super) fn variants(&self, right: &Recipe, ways: fn(&Mistake) -> usize) -> Vec<Variant> {
        let mut variants = Vec::new();
        if right.canonical().text().len() > CANONICAL_BYTES_MAX {
            return variants;
        }
        for mistake in mistakes() {
            for way in 0..ways(mistake) {
                let mut recipe = right.clone();
                mistake.make(self.situation, &mut recipe, way);
                // Where the device told its canonical request, nothing can change that.
                let is_fixed = right.canonical().whole.is_some();
                let is_same_text = recipe.canonical() == right.canonical();
                if recipe != *right && (is_same_text || !is_fixed) {
                    variants.push(Variant { mistake, way, recipe });
                }
            }
        }
        variants
    }
}

impl Variant {
    /// True if it is made in a way that is looked for together with all others.
    pub(super) const fn is_likely(&self) -> bool {
        self.way < self.mistake.ways_count().paired
    }
}

impl Hit {
    /// True if both are of the same mistakes, made in any way.
    fn is_same(&self, other: &Self) -> bool {
        let ids = |hit: &'_ Self| {
            hit.mistakes.iter().map(|variant| variant.mistake.topic.id).collect::<Vec<_>>()
        };
        ids(self) == ids(other)
    }
}
