//! Reads an image and complains as the ROM does.

use sha2::{Digest, Sha256};

use super::descriptor::Descriptor;
use super::format::{
    CHECKSUM_SEED, CHIP_ID_AT, HASH_APPENDED_AT, HASH_BYTES, HEADER_BYTES, MAGIC, ROW_BYTES,
    SEGMENT_HEADER_BYTES, SEGMENTS_MAX, SHORT_HEADER_BYTES,
};
use crate::chips::Chip;

/// An image that can be booted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Image {
    /// Where the program begins.
    pub entry: u32,
    /// The pieces that go into RAM or are mapped from the flash.
    pub segments: Vec<Segment>,
    /// How the flash is to be read: mode, size and frequency as in the header.
    pub flash_settings: [u8; 2],
    /// The checksum of all segments.
    pub checksum: u8,
    /// Bytes from the beginning to the end, checksum and hash included.
    pub length: usize,
    /// What the program calls itself, when it does.
    pub descriptor: Option<Descriptor>,
    /// The hash as calculated and as stored, when they differ: the ROM complains, and boots.
    pub hash_mismatch: Option<([u8; HASH_BYTES], [u8; HASH_BYTES])>,
}

/// A piece of an image.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment {
    /// Where it belongs; 0 for padding.
    pub address: u32,
    /// Its bytes.
    pub length: u32,
}

/// Why an image cannot be booted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Complaint {
    /// A segment is not a multiple of words, or reaches beyond the end of the flash, or there are too
    /// many of them.
    BadBlock,
    /// The checksum is wrong.
    BadChecksum {
        /// As it is.
        calculated: u8,
        /// As it should be.
        stored: u8,
    },
    /// There is no image.
    BadMagic {
        /// The word that stands there instead; all ones in an empty flash.
        word: u32,
    },
    /// The image was made for another chip.
    WrongChip {
        /// The number of this chip.
        expected: u16,
        /// The number in the image.
        read: u16,
    },
}

impl Image {
    /// Reads the image that begins with these bytes; what follows it does not matter.
    ///
    /// # Errors
    ///
    /// The first complaint, in the order in which the ROM checks: magic, chip, segments, checksum.
    pub fn read(bytes: &[u8], chip: Chip) -> Result<Self, Complaint> {
        if bytes.first() != Some(&MAGIC) {
            return Err(Complaint::BadMagic { word: word(bytes, 0).unwrap_or(u32::MAX) });
        }
        let chip_id = chip.table().image_id;
        let header_bytes = if chip_id.is_some() { HEADER_BYTES } else { SHORT_HEADER_BYTES };
        let header = bytes.get(..header_bytes).ok_or(Complaint::BadBlock)?;
        if let Some(expected) = chip_id {
            let read = u16::from_le_bytes([header[CHIP_ID_AT], header[CHIP_ID_AT + 1]]);
            if read != expected {
                return Err(Complaint::WrongChip { expected, read });
            }
        }
        let mut body = Body { at: header_bytes, ..Body::default() };
        if header[1] > SEGMENTS_MAX {
            return Err(Complaint::BadBlock);
        }
        for _ in 0..header[1] {
            body.take_segment(bytes)?;
        }
        let checksum_at = body.at - body.at % ROW_BYTES + (ROW_BYTES - 1);
        let stored = *bytes.get(checksum_at).ok_or(Complaint::BadBlock)?;
        let calculated = CHECKSUM_SEED ^ body.checksum;
        if stored != calculated {
            return Err(Complaint::BadChecksum { calculated, stored });
        }
        let mut length = checksum_at + 1;
        let mut hash_mismatch = None;
        if chip_id.is_some() && header[HASH_APPENDED_AT] == 1 {
            let hashed = bytes.get(..length).unwrap_or_default();
            let calculated: [u8; HASH_BYTES] = Sha256::digest(hashed).into();
            let stored = bytes.get(length..length + HASH_BYTES);
            let stored = stored.and_then(|stored| stored.try_into().ok());
            let stored: [u8; HASH_BYTES] = stored.ok_or(Complaint::BadBlock)?;
            hash_mismatch = (stored != calculated).then_some((calculated, stored));
            length += HASH_BYTES;
        }
        Ok(Self {
            entry: word(header, 4).unwrap_or_default(),
            segments: body.segments,
            flash_settings: [header[2], header[3]],
            checksum: calculated,
            length,
            descriptor: body.descriptor,
            hash_mismatch,
        })
    }
}

/// What was read of the segments so far.
#[derive(Debug, Default)]
struct Body {
    at: usize,
    segments: Vec<Segment>,
    checksum: u8,
    descriptor: Option<Descriptor>,
}

impl Body {
    fn take_segment(&mut self, bytes: &[u8]) -> Result<(), Complaint> {
        let address = word(bytes, self.at).ok_or(Complaint::BadBlock)?;
        let length = word(bytes, self.at + 4).ok_or(Complaint::BadBlock)?;
        let start = self.at + SEGMENT_HEADER_BYTES;
        let end = start.saturating_add(length as usize);
        let data = bytes.get(start..end).filter(|_| length % 4 == 0).ok_or(Complaint::BadBlock)?;
        self.checksum = data.iter().fold(self.checksum, |sum, byte| sum ^ byte);
        self.descriptor = self.descriptor.take().or_else(|| Descriptor::read(data));
        self.segments.push(Segment { address, length });
        self.at = end;
        Ok(())
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}
