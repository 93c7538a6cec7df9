//! Numbers of the image format. Source: esptool's `firmware-image-format`, ESP-IDF's
//! `esp_app_format.h`.

/// The first byte of each image.
pub(crate) const MAGIC: u8 = 0xe9;

/// Segments of an image.
pub(crate) const SEGMENTS_MAX: u8 = 16;

/// Bytes of the header of the ESP8266.
pub(crate) const SHORT_HEADER_BYTES: usize = 8;

/// Bytes of the header of all other chips.
pub(crate) const HEADER_BYTES: usize = 24;

/// Where the header has the chip's number.
pub(crate) const CHIP_ID_AT: usize = 12;

/// Where the header says whether a hash follows.
pub(crate) const HASH_APPENDED_AT: usize = 23;

/// Bytes of a segment's own header: address and length.
pub(crate) const SEGMENT_HEADER_BYTES: usize = 8;

/// Bytes of the hash at the end.
pub(crate) const HASH_BYTES: usize = 32;

/// The checksum ends a row of this many bytes.
pub(crate) const ROW_BYTES: usize = 16;

/// What the checksum begins with.
pub(crate) const CHECKSUM_SEED: u8 = 0xef;
