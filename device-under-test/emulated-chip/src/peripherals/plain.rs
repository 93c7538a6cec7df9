//! Registers that only keep what is written.

use std::collections::BTreeMap;

/// Words by their addresses or offsets.
#[derive(Debug, Default)]
pub(super) struct Plain(BTreeMap<u32, u32>);

impl Plain {
    pub(super) fn with(preset: &[(u32, u32)]) -> Self {
        Self(preset.iter().copied().collect())
    }

    pub(super) fn read(&self, at: u32) -> u32 {
        self.0.get(&at).copied().unwrap_or_default()
    }

    pub(super) fn write(&mut self, at: u32, value: u32) {
        self.0.insert(at, value);
    }
}
