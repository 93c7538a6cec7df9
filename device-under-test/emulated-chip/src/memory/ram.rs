//! A piece of RAM that knows which of its bytes were executed.

use crate::core::Width;

/// Bytes that are watched together: a write to one of them makes the core decode all of them again.
const LINE_BYTES: usize = 64;

/// A piece of RAM.
#[derive(Debug)]
pub(crate) struct Ram {
    bytes: Vec<u8>,
    is_code: Vec<bool>,
}

impl Ram {
    /// So many bytes that hold what memory holds when the power comes: nothing that means anything.
    pub(crate) fn new(length: usize) -> Self {
        let mut ram = Self { bytes: vec![0; length], is_code: vec![false; length / LINE_BYTES] };
        ram.lose();
        ram
    }

    /// Its power was off. What it holds then is the same each time, so that runs are equal, and neither zeros nor a pattern.
    pub(crate) fn lose(&mut self) {
        let mut state = 0x2545_f491_u32;
        for byte in &mut self.bytes {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            *byte = state as u8;
        }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    #[inline]
    pub(crate) fn load(&self, at: usize, width: Width) -> Option<u32> {
        Some(match width {
            Width::Byte => u32::from(*self.bytes.get(at)?),
            Width::Half => u32::from(u16::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?)),
            Width::Word => u32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?),
        })
    }

    /// Writes; says whether code was written over.
    #[inline]
    pub(crate) fn store(&mut self, at: usize, width: Width, value: u32) -> Option<bool> {
        match width {
            Width::Byte => *self.bytes.get_mut(at)? = value as u8,
            Width::Half => {
                *self.bytes.get_mut(at..)?.first_chunk_mut()? = (value as u16).to_le_bytes();
            }
            Width::Word => *self.bytes.get_mut(at..)?.first_chunk_mut()? = value.to_le_bytes(),
        }
        Some(self.is_code[at / LINE_BYTES])
    }

    /// Notes that the core decodes this.
    pub(crate) fn decoded(&mut self, at: usize) {
        if let Some(line) = self.is_code.get_mut(at / LINE_BYTES) {
            *line = true;
        }
    }
}
