//! The flash as memory: pages of 64 KiB that a table maps, behind a cache that does not notice when the flash changes.

use crate::core::Width;
use crate::flash::FlashMemory;

/// Bytes of a page.
pub(crate) const PAGE_BYTES: u32 = 0x1_0000;

/// Entries of the table. Both windows share them.
pub(crate) const ENTRIES: usize = 128;

/// The bit of an entry that maps nothing.
pub(crate) const INVALID: u32 = 1 << 8;
/// The bits that name a page of the flash.
const PAGE_BITS: u32 = 0xff;

/// The windows.
#[derive(Debug)]
pub(crate) struct Windows {
    entries: [u32; ENTRIES],
    /// What was read of the flash for each entry.
    pages: Vec<Option<Box<[u8]>>>,
}

impl Windows {
    pub(crate) fn new() -> Self {
        Self { entries: [INVALID; ENTRIES], pages: vec![None; ENTRIES] }
    }

    /// An entry of the table, by its number.
    pub(crate) fn entry(&self, number: usize) -> u32 {
        self.entries.get(number).copied().unwrap_or(INVALID)
    }

    pub(crate) fn set_entry(&mut self, number: usize, value: u32) {
        if let (Some(entry), Some(page)) =
            (self.entries.get_mut(number), self.pages.get_mut(number))
        {
            (*entry, *page) = (value, None);
        }
    }

    /// Where in the flash the byte at this place of a window comes from.
    pub(crate) fn flash_address(&self, offset: u32) -> Option<u32> {
        let entry = self.entries.get((offset / PAGE_BYTES) as usize)?;
        let is_mapped = entry & INVALID == 0;
        is_mapped.then_some((entry & PAGE_BITS) * PAGE_BYTES + offset % PAGE_BYTES)
    }

    /// Forgets what was read, since the flash changed and the program says so.
    pub(crate) fn invalidate(&mut self) {
        self.pages.fill(None);
    }

    /// Reads what is at this place of a window.
    #[inline]
    pub(crate) fn load(
        &mut self,
        offset: u32,
        width: Width,
        flash: &dyn FlashMemory,
    ) -> Option<u32> {
        let number = (offset / PAGE_BYTES) as usize;
        if self.pages.get(number)?.is_none() {
            self.fill(number, flash)?;
        }
        let page = self.pages.get(number)?.as_ref()?;
        let at = (offset % PAGE_BYTES) as usize;
        Some(match width {
            Width::Byte => u32::from(*page.get(at)?),
            Width::Half => u32::from(u16::from_le_bytes(*page.get(at..)?.first_chunk()?)),
            Width::Word => u32::from_le_bytes(*page.get(at..)?.first_chunk()?),
        })
    }

    #[cold]
    fn fill(&mut self, number: usize, flash: &dyn FlashMemory) -> Option<()> {
        let address = self.flash_address(number as u32 * PAGE_BYTES)?;
        let mut page = vec![0xff; PAGE_BYTES as usize];
        let bytes = flash.read(address, PAGE_BYTES);
        page[..bytes.len()].copy_from_slice(bytes);
        self.pages[number] = Some(page.into_boxed_slice());
        Some(())
    }
}
