//! From the bytes of a file to what goes where.

use espflash::flasher::{FlashData, FlashSettings, FlashSize};
use espflash::image_format::idf::{IdfBootloaderFormat, check_idf_bootloader};

use super::header::MAGIC;
use super::table::{PARTITION_TABLE_AT, PARTITION_TABLE_BYTES, read_table};
use super::{ImageError, Partition, PartitionKind, check};
use crate::flash::Chip;

/// What an ELF file begins with.
const ELF: &[u8] = b"\x7fELF";

/// What ELF files call the cores of the chips.
const MACHINE_RISC_V: u16 = 243;
const MACHINE_XTENSA: u16 = 94;

/// Bytes that belong to a place in the flash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where they begin.
    pub offset: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What it is, for people: a file or a name, as `bootloader`.
    pub name: String,
}

/// The board that an image is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target<'a> {
    /// Its chip.
    pub chip: Chip,
    /// The bytes of its flash.
    pub flash_bytes: u32,
    /// What is in its flash now, for files that bring no table of their own; `None` where nothing is.
    pub table: Option<&'a [Partition]>,
    /// The partition that a program goes to; `None` for `factory`, or else the first for programs.
    pub partition: Option<&'a str>,
}

/// A firmware that fits its board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// What goes where, in order of places.
    pub parts: Vec<Part>,
    /// What is where on the board when it is flashed; empty where nobody knows, as on the ESP8266.
    pub table: Vec<Partition>,
}

impl Part {
    /// The first byte behind it.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.offset as u64 + self.bytes.len() as u64
    }

    /// Whether it holds nothing but erased flash.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0xff)
    }

    /// What it is and where, for people.
    #[must_use]
    pub fn what(&self) -> String {
        format!("{} at 0x{:x}", self.name, self.offset)
    }
}

impl Image {
    /// Whether a file is only a program, so that the table on the board says where it goes: it has to be read then.
    #[must_use]
    pub fn needs_table(bytes: &[u8], chip: Chip) -> bool {
        chip != Chip::Esp8266 && bytes.first() == Some(&MAGIC) && !is_merged(bytes, chip)
    }

    /// Reads a file by what it begins with: an ELF, an app, or a merged image for offset 0. `name` is what people call it.
    ///
    /// # Errors
    ///
    /// It is no firmware, is cut off or changed, is for another chip, or does not fit.
    pub fn from_file(bytes: &[u8], name: &str, target: &Target<'_>) -> Result<Self, ImageError> {
        if bytes.starts_with(ELF) {
            return Self::from_elf(bytes, target);
        }
        let merged = |offset| vec![Part { offset, bytes: bytes.to_vec(), name: name.to_owned() }];
        if target.chip == Chip::Esp8266 {
            super::Header::read(bytes, target.chip, name)?;
            return Self::from_parts(merged(0), target);
        }
        if is_merged(bytes, target.chip) {
            return Self::from_merged(bytes, name, target);
        }
        super::Header::read(bytes, target.chip, name)?;
        let table = target.table.unwrap_or_default();
        let wanted = |home: &&Partition| match target.partition {
            Some(wanted) => home.name == wanted,
            None => home.name == "factory",
        };
        let apps = || table.iter().filter(|home| home.kind == PartitionKind::App);
        let first = || apps().next().filter(|_| target.partition.is_none());
        let Some(home) = apps().find(wanted).or_else(first) else {
            let there = apps().map(|home| home.name.clone()).collect();
            return Err(ImageError::NoPartition {
                wanted: target.partition.map(str::to_owned),
                there,
            });
        };
        Self::from_parts(merged(home.offset), target)
    }

    /// Parts with their places, as a build or a caller names them.
    ///
    /// # Errors
    ///
    /// They overlap, do not fit, or are not whole; their partition table is damaged.
    pub fn from_parts(mut parts: Vec<Part>, target: &Target<'_>) -> Result<Self, ImageError> {
        parts.sort_by_key(|part| part.offset);
        let own = parts.iter().find(|part| part.offset == PARTITION_TABLE_AT);
        let own = own.map(|part| read_table(&part.bytes)).transpose()?.flatten();
        let table = own.or_else(|| target.table.map(<[Partition]>::to_vec));
        check::check(&parts, table.as_deref(), target.chip, target.flash_bytes)?;
        for part in &mut parts {
            // Loaders write words; what is added is what erased flash holds.
            part.bytes.resize(part.bytes.len().next_multiple_of(4), 0xff);
        }
        Ok(Self { parts, table: table.unwrap_or_default() })
    }

    /// Cut where its own table says, so that what did not change is not written again, and settings between the parts stay.
    fn from_merged(bytes: &[u8], name: &str, target: &Target<'_>) -> Result<Self, ImageError> {
        let table_at = PARTITION_TABLE_AT as usize;
        let table = read_table(bytes.get(table_at..).unwrap_or_default())?.unwrap_or_default();
        let boot_at = target.chip.facts().boot_offset as usize;
        let mut cuts = vec![boot_at, table_at, table_at + PARTITION_TABLE_BYTES as usize];
        for home in &table {
            cuts.extend([
                home.offset as usize,
                (home.offset as usize).saturating_add(home.size as usize),
            ]);
        }
        cuts.retain(|cut| *cut < bytes.len());
        cuts.push(bytes.len());
        cuts.sort_unstable();
        cuts.dedup();
        let mut parts = Vec::new();
        for cut in cuts.windows(2) {
            let [from, to] = cut else { continue };
            let home = table.iter().find(|home| home.offset as usize == *from);
            let name = match home {
                Some(home) => format!("{name} ({})", home.name),
                None if *from == boot_at => format!("{name} (bootloader)"),
                None => name.to_owned(),
            };
            // The places lie in a file that was read whole, so they are far below 4 GiB, or do not fit, which is found below.
            let offset = u32::try_from(*from).unwrap_or(u32::MAX);
            let part = Part { offset, bytes: bytes[*from..*to].to_vec(), name };
            if !part.is_blank() {
                parts.push(part);
            }
        }
        Self::from_parts(parts, target)
    }

    fn from_elf(bytes: &[u8], target: &Target<'_>) -> Result<Self, ImageError> {
        let elf = |why: String| ImageError::Elf { why };
        let Some(chip) = target.chip.for_espflash() else {
            return Err(elf("for the ESP8266, `esptool elf2image` makes the .bin".into()));
        };
        let machine = bytes.get(18..20).map(|machine| u16::from_le_bytes([machine[0], machine[1]]));
        let machine = machine.ok_or_else(|| elf("it is cut off".into()))?;
        let (wanted, other) = match target.chip {
            Chip::Esp8266 | Chip::Esp32 | Chip::Esp32s2 | Chip::Esp32s3 => {
                (MACHINE_XTENSA, "a RISC-V chip")
            }
            Chip::Esp32c2 | Chip::Esp32c3 | Chip::Esp32c6 | Chip::Esp32h2 => {
                (MACHINE_RISC_V, "an Xtensa chip")
            }
        };
        if machine != wanted {
            let made_for = match machine {
                MACHINE_RISC_V | MACHINE_XTENSA => other.to_owned(),
                machine => format!("another kind of machine (number {machine})"),
            };
            return Err(ImageError::WrongChip { made_for, chip: target.chip });
        }
        check_idf_bootloader(&bytes.to_vec()).map_err(|error| elf(error.to_string()))?;
        let size = flash_size(target.flash_bytes);
        let settings = FlashSettings::new(None, size, None);
        let data = FlashData::new(settings, 0, None, chip, chip.default_xtal_frequency());
        let made = IdfBootloaderFormat::new(bytes, &data, None, None, None, target.partition);
        let made = made.map_err(|error| match error {
            espflash::Error::ElfTooBig(bytes, room) => ImageError::TooLarge {
                what: "the program".into(),
                bytes,
                room,
                place: "its partition".into(),
            },
            error => elf(error.to_string()),
        })?;
        let parts = made.flash_segments().map(|segment| Part {
            offset: segment.addr,
            bytes: segment.data().to_vec(),
            name: match segment.addr {
                at if at == target.chip.facts().boot_offset => "bootloader".into(),
                PARTITION_TABLE_AT => "partition table".into(),
                _ => "app".into(),
            },
        });
        Self::from_parts(parts.collect(), target)
    }
}

/// Whether a file is a whole flash from its first byte on: it has a partition table where one belongs, or its bootloader stands where
/// the ROM looks for it.
fn is_merged(bytes: &[u8], chip: Chip) -> bool {
    let boot_at = chip.facts().boot_offset as usize;
    let has_table = bytes
        .get(PARTITION_TABLE_AT as usize..)
        .is_some_and(|table| table.starts_with(&[0xaa, 0x50]));
    has_table
        || (boot_at > 0 && bytes.first() != Some(&MAGIC) && bytes.get(boot_at) == Some(&MAGIC))
}

/// The sizes that a bootloader can be told.
fn flash_size(bytes: u32) -> Option<FlashSize> {
    use FlashSize::{_1Mb, _2Mb, _4Mb, _8Mb, _16Mb, _32Mb};
    [_1Mb, _2Mb, _4Mb, _8Mb, _16Mb, _32Mb].into_iter().find(|size| size.size() == bytes)
}
