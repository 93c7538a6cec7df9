//! Registers: memory that starts with what the chip's table says.

use std::collections::BTreeMap;

use crate::chips::{ChipTable, MAGIC_ADDRESS, Mac};

/// Words that can be written before further addresses are ignored; tools write about thirty.
const WORDS_MAX: usize = 4096;

/// The registers of one chip, from one reset to the next.
#[derive(Clone, Debug)]
pub(crate) struct Registers {
    words: BTreeMap<u32, u32>,
}

impl Registers {
    pub(crate) fn new(table: &ChipTable, mac: Mac) -> Self {
        let mut words = BTreeMap::from([(MAGIC_ADDRESS, table.magic)]);
        words.extend(table.fixed.iter().copied());
        words.extend(table.mac.words(mac));
        // Registers are read by loaders only, so the pins stood for one when the chip started.
        words.extend(table.straps_at.map(|at| (at, u32::from(table.boot.download.0))));
        Self { words }
    }

    /// A word; registers that nobody wrote read as zero.
    pub(crate) fn read(&self, address: u32) -> u32 {
        self.words.get(&address).copied().unwrap_or(0)
    }

    pub(crate) fn write(&mut self, address: u32, value: u32) {
        if self.words.len() < WORDS_MAX || self.words.contains_key(&address) {
            self.words.insert(address, value);
        }
    }
}
