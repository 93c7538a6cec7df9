//! One image as a ROM or a bootloader reads it: `esp_image_header_t` and its segments (ESP-IDF, `esp_app_format.h`).

use sha2::{Digest, Sha256};

use super::ImageError;
use crate::flash::Chip;

/// What an image begins with.
pub(super) const MAGIC: u8 = 0xe9;

/// Segments that a ROM takes.
const SEGMENTS_MAX: u8 = 16;

/// Bytes of the head: of the ESP8266, and of all others.
const SHORT_BYTES: usize = 8;
const LONG_BYTES: usize = 24;

/// Bytes of the head of a segment.
const SEGMENT_BYTES: usize = 8;

/// With what the checksum begins.
const CHECKSUM_SEED: u8 = 0xef;

/// The first word of a program's description of itself.
const DESCRIPTION: [u8; 4] = 0xabcd_5432_u32.to_le_bytes();

/// What an image says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its bytes from the first to the last, checksum and hash included; what follows is not part of it.
    pub length: usize,
    /// What the program calls itself.
    pub program: Option<String>,
    /// Its version, in its own words.
    pub version: Option<String>,
}

impl Header {
    /// Reads and checks an image that begins with these bytes.
    ///
    /// # Errors
    ///
    /// It is none, is for another chip, is cut off, or was changed.
    pub fn read(bytes: &[u8], chip: Chip, what: &str) -> Result<Self, ImageError> {
        if bytes.first() != Some(&MAGIC) {
            return Err(ImageError::NotFirmware {
                begins: bytes.iter().take(4).copied().collect(),
            });
        }
        let id = chip.facts().image_id;
        let head_bytes = if id.is_some() { LONG_BYTES } else { SHORT_BYTES };
        let head = part(bytes, 0, head_bytes, what)?;
        if let Some(id) = id {
            let found = u16::from_le_bytes([head[12], head[13]]);
            if found != id {
                return Err(ImageError::WrongChip { made_for: chip_words(found, head), chip });
            }
        } else if looks_like_a_long_head(bytes) {
            let found = u16::from_le_bytes([bytes[12], bytes[13]]);
            return Err(ImageError::WrongChip { made_for: chip_words(found, bytes), chip });
        }
        if head[1] == 0 || head[1] > SEGMENTS_MAX {
            return Err(ImageError::NotFirmware { begins: head[..4].to_vec() });
        }
        let mut at = head_bytes;
        let mut checksum = CHECKSUM_SEED;
        let mut description = None;
        for _ in 0..head[1] {
            let segment = part(bytes, at, SEGMENT_BYTES, what)?;
            let length = u32::from_le_bytes([segment[4], segment[5], segment[6], segment[7]]);
            let data = part(bytes, at + SEGMENT_BYTES, length as usize, what)?;
            checksum = data.iter().fold(checksum, |sum, byte| sum ^ byte);
            if description.is_none() && data.starts_with(&DESCRIPTION) {
                description = Some(data);
            }
            at += SEGMENT_BYTES + data.len();
        }
        // The checksum is the last byte of a row of 16.
        let checksum_at = at - at % 16 + 15;
        if part(bytes, checksum_at, 1, what)? != [checksum] {
            return Err(ImageError::BadChecksum);
        }
        let mut length = checksum_at + 1;
        if id.is_some() && head[23] == 1 {
            let stored = part(bytes, length, 32, what)?;
            if Sha256::digest(&bytes[..length]).as_slice() != stored {
                return Err(ImageError::BadHash);
            }
            length += 32;
        }
        let text = |at: usize| description.and_then(|bytes| text(bytes.get(at..at + 32)?));
        Ok(Self { length, program: text(48), version: text(16) })
    }
}

/// Bytes of it, or the complaint that it ends before them.
fn part<'a>(bytes: &'a [u8], at: usize, length: usize, what: &str) -> Result<&'a [u8], ImageError> {
    let end = at.saturating_add(length);
    bytes.get(at..end).ok_or_else(|| ImageError::Truncated {
        what: what.to_owned(),
        needed: end as u64,
        has: bytes.len() as u64,
    })
}

/// Whether an image that should be one of an ESP8266 has the longer head of all later chips: those leave bytes free.
fn looks_like_a_long_head(bytes: &[u8]) -> bool {
    let known = |id| Chip::by_image_id(id).is_some();
    bytes.get(8..LONG_BYTES).is_some_and(|head| {
        head[0] == 0xee
            && head[11..15].iter().all(|byte| *byte == 0)
            && known(u16::from_le_bytes([head[4], head[5]]))
    })
}

fn chip_words(id: u16, head: &[u8]) -> String {
    // The head of an ESP8266 ends before the chip's number; what stands there then is the length of its first segment.
    if head.len() >= LONG_BYTES && head[8] != 0xee && Chip::by_image_id(id).is_none() {
        return "esp8266, or for no chip at all".into();
    }
    Chip::by_image_id(id)
        .map_or_else(|| format!("a chip with number {id}"), |chip| chip.name().into())
}

fn text(bytes: &[u8]) -> Option<String> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..end]).ok()?;
    (!text.is_empty()).then(|| text.to_owned())
}
