//! Makes images without a compiler: they hold a descriptor and nothing that a real chip could run, and
//! every tool and every check takes them for what they are.

use sha2::{Digest, Sha256};

use super::descriptor::Descriptor;
use super::format::{
    CHECKSUM_SEED, CHIP_ID_AT, HASH_APPENDED_AT, HEADER_BYTES, MAGIC, ROW_BYTES, SHORT_HEADER_BYTES,
};
use super::partition::{PARTITION_TABLE_AT, Partition};
use crate::chips::Chip;
use crate::flash::FLASH_BYTES_DEFAULT;

/// Where programs stand in the flash when the partition table is the common one.
const APP_AT: u32 = 0x1_0000;

/// Dual I/O, 4 MiB, 40 MHz: what all modules can do.
const FLASH_SETTINGS: [u8; 2] = [0x02, 0x20];
/// The same for the ESP8266, which counts sizes differently.
const FLASH_SETTINGS_ESP8266: [u8; 2] = [0x02, 0x40];

/// Bytes that belong to a place in the flash.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// Where they belong.
    pub offset: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The image of a program that is only its name and version.
///
/// On the ESP8266 it is the whole image and belongs at 0; on all others it belongs into a partition
/// for programs, or to the place where the ROM boots from. Names and versions longer than 31 bytes are
/// cut. Equal arguments give equal bytes.
#[must_use]
pub fn build(chip: Chip, name: &str, version: &str) -> Vec<u8> {
    let descriptor =
        Descriptor { name: name.to_owned(), version: version.to_owned(), elf_sha256: [0; 32] };
    assemble(chip, &descriptor.write())
}

/// All that is flashed to make a chip run the program of [`build`]: bootloader, partition table and
/// program, each with its place. On the ESP8266 the program only.
#[must_use]
pub fn bundle(chip: Chip, name: &str, version: &str) -> Vec<Part> {
    let program = build(chip, name, version);
    if chip == Chip::Esp8266 {
        return vec![Part { offset: 0, bytes: program }];
    }
    let table = Partition::write_table(&Partition::common(FLASH_BYTES_DEFAULT));
    vec![
        Part {
            offset: chip.boot_offset(),
            bytes: assemble(chip, b"virtual-board second stage bootloader   "),
        },
        Part { offset: PARTITION_TABLE_AT, bytes: table },
        Part { offset: APP_AT, bytes: program },
    ]
}

/// An image of one segment. `data` must be a multiple of four bytes.
fn assemble(chip: Chip, data: &[u8]) -> Vec<u8> {
    let table = chip.table();
    let mut image = vec![MAGIC, 1];
    match table.image_id {
        Some(id) => {
            image.extend(FLASH_SETTINGS);
            image.extend(table.code_at.to_le_bytes());
            image.resize(HEADER_BYTES, 0);
            // No write-protect pin.
            image[8] = 0xee;
            image[CHIP_ID_AT..CHIP_ID_AT + 2].copy_from_slice(&id.to_le_bytes());
            // Any revision.
            image[17..19].fill(0xff);
            image[HASH_APPENDED_AT] = 1;
        }
        None => {
            image.extend(FLASH_SETTINGS_ESP8266);
            image.extend(table.code_at.to_le_bytes());
            image.resize(SHORT_HEADER_BYTES, 0);
        }
    }
    image.extend(table.code_at.to_le_bytes());
    image.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
    image.extend(data);
    let checksum = data.iter().fold(CHECKSUM_SEED, |sum, byte| sum ^ byte);
    image.resize(image.len() - image.len() % ROW_BYTES + (ROW_BYTES - 1), 0);
    image.push(checksum);
    if table.image_id.is_some() {
        let hash = Sha256::digest(&image);
        image.extend(hash);
    }
    image
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::image::{Complaint, Image};

    #[test]
    fn what_is_built_is_read_on_each_chip() {
        for chip in Chip::ALL {
            let image = build(chip, "signal-thing", "1.2.3");
            let read = Image::read(&image, chip).unwrap();
            assert_eq!(read.length, image.len());
            assert_eq!(read.hash_mismatch, None);
            let descriptor = read.descriptor.unwrap();
            assert_eq!((&*descriptor.name, &*descriptor.version), ("signal-thing", "1.2.3"));
            for part in bundle(chip, "shade-thing", "0") {
                if part.offset != PARTITION_TABLE_AT {
                    Image::read(&part.bytes, chip).unwrap();
                }
            }
        }
    }

    fn check(change: impl FnOnce(&mut Vec<u8>), expected: Complaint) {
        let mut image = build(Chip::Esp32c3, "signal-thing", "1");
        change(&mut image);
        assert_eq!(Image::read(&image, Chip::Esp32c3), Err(expected));
    }

    #[test]
    fn an_empty_flash_has_no_magic() {
        check(|image| image.fill(0xff), Complaint::BadMagic { word: u32::MAX });
        check(|image| image.clear(), Complaint::BadMagic { word: u32::MAX });
    }

    #[test]
    fn an_image_for_another_chip_is_refused() {
        check(|image| image[12] = 9, Complaint::WrongChip { expected: 5, read: 9 });
    }

    #[test]
    fn a_changed_byte_is_found_by_the_checksum() {
        let built = build(Chip::Esp32c3, "signal-thing", "1");
        let stored = Image::read(&built, Chip::Esp32c3).unwrap().checksum;
        let calculated = stored ^ 0x10;
        check(|image| image[100] ^= 0x10, Complaint::BadChecksum { calculated, stored });
    }

    #[test]
    fn a_segment_beyond_the_end_is_a_bad_block() {
        check(|image| image[30] = 0x40, Complaint::BadBlock);
        check(|image| image[1] = 17, Complaint::BadBlock);
    }

    #[test]
    fn a_wrong_hash_is_told_and_booted() {
        let mut image = build(Chip::Esp32s3, "signal-thing", "1");
        *image.last_mut().unwrap() ^= 1;
        assert!(Image::read(&image, Chip::Esp32s3).unwrap().hash_mismatch.is_some());
    }

    #[test]
    fn a_partition_table_is_read_as_it_is_written() {
        let partitions = Partition::common(FLASH_BYTES_DEFAULT);
        assert_eq!(Partition::read_table(&Partition::write_table(&partitions)), partitions);
        assert_eq!(Partition::read_table(&[0xff; 0xc00]), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(mut bytes: Vec<u8>, chip in 0_usize..8) {
            if let Some(first) = bytes.first_mut() {
                *first = MAGIC;
            }
            let _ = Image::read(&bytes, Chip::ALL[chip]);
            let _ = Partition::read_table(&bytes);
        }

        #[test]
        fn any_name_is_cut_to_what_fits(name: String) {
            let image = build(Chip::Esp32, &name, "1");
            let read = Image::read(&image, Chip::Esp32).unwrap().descriptor.unwrap();
            let visible = name.split('\0').next().unwrap_or_default();
            prop_assert!(visible.starts_with(&read.name));
        }
    }
}
