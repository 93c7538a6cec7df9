//! One entry: 32 bytes.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use super::contents::Value;

/// Bytes of an entry.
pub(super) const ENTRY_BYTES: usize = 32;

/// Types that are not those of numbers.
pub(super) const TEXT: u8 = 0x21;
/// A blob of format version 1, which ESP-IDF reads in version 2 as well.
pub(super) const OLD_BLOB: u8 = 0x41;
pub(super) const BLOB_DATA: u8 = 0x42;
pub(super) const BLOB_INDEX: u8 = 0x48;

/// The chunk of what is no chunk.
pub(super) const NO_CHUNK: u8 = 0xff;

/// Where the parts of an entry stand.
const CRC_AT: usize = 4;
const KEY_AT: usize = 8;
const DATA_AT: usize = 24;

/// The checksum of ESP-IDF: CRC-32 as zlib goes on with it from `0xffffffff`.
pub(super) fn checksum(parts: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// An entry as it is read and written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) namespace: u8,
    pub(super) kind: u8,
    pub(super) span: u8,
    pub(super) chunk: u8,
    /// The name, filled up with zeros.
    pub(super) key: [u8; 16],
    pub(super) data: [u8; 8],
}

impl Entry {
    /// An entry without data.
    pub(super) fn new(namespace: u8, kind: u8, key: &str) -> Self {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to = from);
        Self { namespace, kind, span: 1, chunk: NO_CHUNK, key: bytes, data: [0xff; 8] }
    }

    /// The entry of a number; `None` for what has a length of its own.
    pub(super) fn of_number(namespace: u8, key: &str, value: &Value) -> Option<Self> {
        let with = |kind: u8, number: &[u8]| {
            let mut entry = Self::new(namespace, kind, key);
            entry.data[..number.len()].copy_from_slice(number);
            Some(entry)
        };
        match value {
            Value::U8(number) => with(0x01, &number.to_le_bytes()),
            Value::I8(number) => with(0x11, &number.to_le_bytes()),
            Value::U16(number) => with(0x02, &number.to_le_bytes()),
            Value::I16(number) => with(0x12, &number.to_le_bytes()),
            Value::U32(number) => with(0x04, &number.to_le_bytes()),
            Value::I32(number) => with(0x14, &number.to_le_bytes()),
            Value::U64(number) => with(0x08, &number.to_le_bytes()),
            Value::I64(number) => with(0x18, &number.to_le_bytes()),
            Value::Text(_) | Value::Blob(_) => None,
        }
    }

    /// The number in it; `None` where it is none.
    pub(super) fn number(&self) -> Option<Value> {
        let [a, b, c, d, ..] = self.data;
        Some(match self.kind {
            0x01 => Value::U8(a),
            0x11 => Value::I8(a.cast_signed()),
            0x02 => Value::U16(u16::from_le_bytes([a, b])),
            0x12 => Value::I16(i16::from_le_bytes([a, b])),
            0x04 => Value::U32(u32::from_le_bytes([a, b, c, d])),
            0x14 => Value::I32(i32::from_le_bytes([a, b, c, d])),
            0x08 => Value::U64(u64::from_le_bytes(self.data)),
            0x18 => Value::I64(i64::from_le_bytes(self.data)),
            _ => return None,
        })
    }

    /// The entry before these data, which fill the entries behind it.
    pub(super) fn before(mut self, data: &[u8]) -> Self {
        self.span = 1 + data.len().div_ceil(ENTRY_BYTES) as u8;
        self.data[..2].copy_from_slice(&(data.len() as u16).to_le_bytes());
        self.data[4..].copy_from_slice(&checksum(&[data]).to_le_bytes());
        self
    }

    /// The bytes of the data behind it.
    pub(super) fn data_bytes(&self) -> usize {
        usize::from(u16::from_le_bytes([self.data[0], self.data[1]]))
    }

    /// Whether these are the data that it was written before.
    pub(super) fn is_before(&self, data: &[u8]) -> bool {
        let [.., a, b, c, d] = self.data;
        u32::from_le_bytes([a, b, c, d]) == checksum(&[data])
    }

    /// The index of a blob.
    pub(super) fn index(mut self, bytes: usize, chunks: u8) -> Self {
        (self.kind, self.span, self.chunk) = (BLOB_INDEX, 1, NO_CHUNK);
        self.data = [0xff; 8];
        self.data[..4].copy_from_slice(&(bytes as u32).to_le_bytes());
        (self.data[4], self.data[5]) = (chunks, 0);
        self
    }

    /// Its bytes.
    pub(super) fn write(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..4].copy_from_slice(&[self.namespace, self.kind, self.span, self.chunk]);
        bytes[KEY_AT..DATA_AT].copy_from_slice(&self.key);
        bytes[DATA_AT..].copy_from_slice(&self.data);
        let crc = checksum(&[&bytes[..CRC_AT], &bytes[KEY_AT..]]);
        bytes[CRC_AT..KEY_AT].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Reads one; `None` when it is not whole.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.first_chunk::<ENTRY_BYTES>()?;
        let crc = u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        if crc != checksum(&[&bytes[..CRC_AT], &bytes[KEY_AT..]]) {
            return None;
        }
        let [namespace, kind, span, chunk, ..] = *bytes;
        let (mut key, mut data) = ([0; 16], [0; 8]);
        key.copy_from_slice(&bytes[KEY_AT..DATA_AT]);
        data.copy_from_slice(&bytes[DATA_AT..]);
        Some(Self { namespace, kind, span, chunk, key, data })
    }

    /// Its name; `None` when that is not text.
    pub(super) fn name(&self) -> Option<String> {
        let end = self.key.iter().position(|byte| *byte == 0).unwrap_or(self.key.len());
        std::str::from_utf8(&self.key[..end]).ok().map(str::to_owned)
    }
}
