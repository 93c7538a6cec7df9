//! Decoded instructions, kept by pages.

use std::collections::BTreeMap;

use super::op::Op;

/// Bytes of a page.
pub(super) const PAGE_BYTES: u32 = 4096;

/// Places of a page: instructions begin at even addresses.
pub(super) const PAGE_OPS: usize = PAGE_BYTES as usize / 2;

/// Places in which a page is looked for first.
const NEAR: usize = 256;

pub(super) type Page = [Op; PAGE_OPS];

/// Pages of decoded instructions.
#[derive(Debug)]
pub(super) struct Code {
    pages: Vec<Box<Page>>,
    /// The number of a page of addresses to its place in `pages`.
    index: BTreeMap<u32, usize>,
    near: [(u32, usize); NEAR],
}

impl Code {
    pub(super) fn new() -> Self {
        Self { pages: Vec::new(), index: BTreeMap::new(), near: [(u32::MAX, 0); NEAR] }
    }

    /// The page that this address is in, decoded as far as it was executed.
    pub(super) fn page(&mut self, address: u32) -> &mut Page {
        let number = address / PAGE_BYTES;
        let near = &mut self.near[number as usize % NEAR];
        if near.0 != number {
            let next = self.pages.len();
            let place = *self.index.entry(number).or_insert(next);
            if place == next {
                self.pages.push(Box::new([Op::UNKNOWN; PAGE_OPS]));
            }
            *near = (number, place);
        }
        &mut self.pages[near.1]
    }

    /// Forgets what is decoded of these bytes, and the instruction that may begin before and reach into them.
    pub(super) fn forget(&mut self, address: u32, bytes: u32) {
        let end = address.saturating_add(bytes);
        let mut at = address.saturating_sub(2) & !1;
        while at < end {
            let number = at / PAGE_BYTES;
            let page_end = (number + 1).saturating_mul(PAGE_BYTES);
            let until = page_end.min(end);
            if let Some(place) = self.index.get(&number) {
                let range = (at % PAGE_BYTES / 2) as usize
                    ..((until - number * PAGE_BYTES).div_ceil(2)) as usize;
                self.pages[*place][range].fill(Op::UNKNOWN);
            }
            at = until.max(at + 1);
        }
    }

    pub(super) fn forget_all(&mut self) {
        *self = Self::new();
    }
}
