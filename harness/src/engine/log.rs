//! The log of a run: everything observed, in order.

use super::event::{Answer, Event};
use crate::time::Moment;

/// An event with its place in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// What.
    pub event: Event,
}

/// Everything observed in a run, in order. Nothing is ever taken out.
#[derive(Debug, Clone, Default)]
pub struct Log {
    entries: Vec<Entry>,
}

impl Log {
    /// Adds what was observed now.
    pub fn push(&mut self, at: Moment, event: Event) {
        self.entries.push(Entry { at, event });
    }

    /// All entries from the beginning.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many entries there are; the index that the next one will have.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was observed yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries from an index on, each with its index.
    pub fn from(&self, index: usize) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().skip(index)
    }

    /// The answer to a request, if it was given.
    #[must_use]
    pub fn answer_to(&self, request: u64) -> Option<(usize, &Answer)> {
        self.from(0).find_map(|(index, entry)| match &entry.event {
            Event::Answer(answer) if answer.request == request => Some((index, answer)),
            _ => None,
        })
    }
}
