//! The partition table: what is where in the flash.

use esp_idf_part::{DataType, PartitionTable, SubType, Type};

use super::ImageError;

/// Where the table stands, unless a project moves it.
pub const PARTITION_TABLE_AT: u32 = 0x8000;

/// The bytes of the table.
pub const PARTITION_TABLE_BYTES: u32 = 0xc00;

/// What a partition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionKind {
    /// A program.
    App,
    /// Settings, and what programs remember.
    Nvs,
    /// Which of several programs runs.
    OtaData,
    /// Anything else.
    Other,
}

/// A part of the flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: PartitionKind,
    /// Where it begins.
    pub offset: u32,
    /// Its bytes.
    pub size: u32,
}

/// Reads a table as it stands in the flash; `None` when there is none.
///
/// # Errors
///
/// It is damaged: its checksum is wrong, or an entry cannot be read.
pub fn read_table(bytes: &[u8]) -> Result<Option<Vec<Partition>>, ImageError> {
    if !bytes.starts_with(&[0xaa, 0x50]) {
        return Ok(None);
    }
    let whole = bytes.len().min(PARTITION_TABLE_BYTES as usize) / 32 * 32;
    let table = PartitionTable::try_from_bytes(&bytes[..whole])
        .map_err(|error| ImageError::BadTable { why: error.to_string() })?;
    Ok(Some(table.partitions().iter().map(partition).collect()))
}

fn partition(found: &esp_idf_part::Partition) -> Partition {
    let kind = match (found.ty(), found.subtype()) {
        (Type::App, _) => PartitionKind::App,
        (Type::Data, SubType::Data(DataType::Nvs)) => PartitionKind::Nvs,
        (Type::Data, SubType::Data(DataType::Ota)) => PartitionKind::OtaData,
        _ => PartitionKind::Other,
    };
    Partition { name: found.name(), kind, offset: found.offset(), size: found.size() }
}
