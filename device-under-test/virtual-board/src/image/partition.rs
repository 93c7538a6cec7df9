//! The partition table: what is where in the flash.

use md5::{Digest, Md5};

/// Where the table stands in the flash.
pub const PARTITION_TABLE_AT: u32 = 0x8000;

/// Bytes of the table.
pub(crate) const TABLE_BYTES: u32 = 0xc00;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 32;

/// What an entry begins with.
const ENTRY_MAGIC: [u8; 2] = [0xaa, 0x50];

/// What the checksum of all entries before begins with.
const MD5_MAGIC: [u8; 2] = [0xeb, 0xeb];

/// Kinds of partitions.
const APP: u8 = 0;
const DATA: u8 = 1;
const DATA_NVS: u8 = 2;

/// A part of the flash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Partition {
    /// Its name, at most 16 bytes.
    pub name: String,
    /// 0 for programs, 1 for data.
    pub kind: u8,
    /// What kind of program or data.
    pub subkind: u8,
    /// Where it begins.
    pub offset: u32,
    /// Its bytes.
    pub size: u32,
}

impl Partition {
    /// The table that tools write when they are told nothing else.
    #[must_use]
    pub fn common(flash_bytes: u32) -> Vec<Self> {
        let part = |name: &str, kind, subkind, offset, size| Self {
            name: name.to_owned(),
            kind,
            subkind,
            offset,
            size,
        };
        vec![
            part("nvs", DATA, DATA_NVS, 0x9000, 0x6000),
            part("phy_init", DATA, 1, 0xf000, 0x1000),
            part("factory", APP, 0, 0x1_0000, flash_bytes.saturating_sub(0x1_0000)),
        ]
    }

    /// Reads a table; empty when there is none. Stops at the first entry that is none.
    #[must_use]
    pub fn read_table(bytes: &[u8]) -> Vec<Self> {
        bytes.chunks_exact(ENTRY_BYTES).map_while(Self::read).collect()
    }

    /// The table as it stands in the flash, 0xC00 bytes, with the checksum of its entries.
    #[must_use]
    pub fn write_table(partitions: &[Self]) -> Vec<u8> {
        let mut bytes: Vec<_> = partitions.iter().flat_map(Self::write).collect();
        let digest = Md5::digest(&bytes);
        bytes.extend(MD5_MAGIC);
        bytes.extend([0xff; 14]);
        bytes.extend(digest);
        bytes.resize(TABLE_BYTES as usize, 0xff);
        bytes
    }

    /// Whether a program can be booted from it.
    #[must_use]
    pub const fn is_app(&self) -> bool {
        self.kind == APP
    }

    /// Whether it holds settings and what programs remember.
    #[must_use]
    pub const fn is_nvs(&self) -> bool {
        self.kind == DATA && self.subkind == DATA_NVS
    }

    fn read(entry: &[u8]) -> Option<Self> {
        let word = |at| entry.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let name = entry.get(12..28).filter(|_| entry.starts_with(&ENTRY_MAGIC))?;
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        Some(Self {
            name: String::from_utf8_lossy(name.get(..end)?).into_owned(),
            kind: *entry.get(2)?,
            subkind: *entry.get(3)?,
            offset: word(4)?,
            size: word(8)?,
        })
    }

    fn write(&self) -> [u8; ENTRY_BYTES] {
        let mut entry = [0; ENTRY_BYTES];
        let [m0, m1] = ENTRY_MAGIC;
        let head = [m0, m1, self.kind, self.subkind];
        let words = [self.offset.to_le_bytes(), self.size.to_le_bytes()].concat();
        let name = self.name.bytes().take(16);
        for (to, from) in entry.iter_mut().zip(head.into_iter().chain(words).chain(name)) {
            *to = from;
        }
        entry
    }
}
