//! A part of a fleet's devices: every second, every third, or one alone. Devices share nothing but the cloud's clock and rules, so parts that
//! run apart do together what the whole fleet does.

use std::ops::{Index, IndexMut};

/// Which devices are run: those whose number is `index`, `index + of`, `index + 2 * of` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The first of them, below `of`.
    pub index: u32,
    /// How far they are apart, from 1.
    pub of: u32,
}

impl Part {
    /// All devices.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The numbers of its devices in a fleet of so many.
    pub(super) fn numbers(self, devices: u32) -> impl Iterator<Item = u32> {
        (self.index..devices).step_by(usize::try_from(self.of.max(1)).unwrap_or(usize::MAX))
    }
}

/// Something for each device of a part, found by the device's number.
#[derive(Debug)]
pub(super) struct ByNumber<T> {
    list: Vec<T>,
    of: u32,
}

impl<T> ByNumber<T> {
    /// Made for each device of a part of a fleet of so many.
    pub(super) fn new(part: Part, devices: u32, make: impl FnMut(u32) -> T) -> Self {
        Self { list: part.numbers(devices).map(make).collect(), of: part.of.max(1) }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.list.iter()
    }

    pub(super) fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.list.iter_mut()
    }
}

impl<T> Index<u32> for ByNumber<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        &self.list[(number / self.of) as usize]
    }
}

impl<T> IndexMut<u32> for ByNumber<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        &mut self.list[(number / self.of) as usize]
    }
}
