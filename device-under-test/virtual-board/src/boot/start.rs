//! Looks for a program in the flash: the image that the ROM boots, and the one that a second stage finds
//! by the partition table.

use super::cause::ResetCause;
use super::log::{complaint, loaded};
use crate::chips::Chip;
use crate::flash::Flash;
use crate::image::{Complaint, Descriptor, Image, PARTITION_TABLE_AT, Partition};

/// How often the ROM says that there is no image, before its watchdog bites: a real one does not stop.
const COMPLAINTS: usize = 4;

/// What came of a boot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Start {
    /// What is printed after the banner.
    pub(crate) log: String,
    pub(crate) started: Started,
}

/// What runs after a boot.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Started {
    /// A program, with what it calls itself, and where in the flash its image is.
    Program { descriptor: Option<Descriptor>, at: u32 },
    /// Nothing; after this complaint comes a reset.
    Nothing { complaint: String, cause: ResetCause },
}

/// Boots from the flash.
pub(crate) fn start(chip: Chip, flash: &Flash) -> Start {
    let first = match Image::read(flash.read(chip.boot_offset(), u32::MAX), chip) {
        Ok(image) => image,
        Err(found) => {
            let times = if matches!(found, Complaint::BadMagic { .. }) { COMPLAINTS } else { 1 };
            let complaint = complaint(chip, found).repeat(times);
            let cause = ResetCause::BootWatchdog;
            return Start { log: String::new(), started: Started::Nothing { complaint, cause } };
        }
    };
    let mut log = loaded(chip, &first);
    // An image that names itself is the program; one that does not is a second stage, or a program of
    // the ESP8266 that nobody named.
    if first.descriptor.is_some() || chip == Chip::Esp8266 {
        let (descriptor, at) = (first.descriptor, chip.boot_offset());
        return Start { log, started: Started::Program { descriptor, at } };
    }
    let started = match second_stage(chip, flash) {
        Ok((partition, image)) => {
            let Partition { name, offset, .. } = partition;
            log.push_str(&format!("I (31) boot: Loaded app from partition at offset 0x{offset:x}"));
            log.push_str(&format!(" ({name})\r\n"));
            Started::Program { descriptor: image.descriptor, at: offset }
        }
        // The second stage restarts by itself.
        Err(complaint) => Started::Nothing { complaint, cause: ResetCause::Software },
    };
    Start { log, started }
}

/// The first program of the partition table that can be booted, and where it is.
fn second_stage(chip: Chip, flash: &Flash) -> Result<(Partition, Image), String> {
    let table = Partition::read_table(flash.read(PARTITION_TABLE_AT, 0xc00));
    let mut complaints = String::new();
    for partition in table.into_iter().filter(Partition::is_app) {
        let at = partition.offset;
        match Image::read(flash.read(at, partition.size), chip) {
            Ok(image) => return Ok((partition, image)),
            Err(found) => complaints.push_str(&second_complaint(chip, at, found)),
        }
    }
    if complaints.is_empty() {
        complaints.push_str("E (28) boot: No bootable app partitions in the partition table\r\n");
    }
    Err(complaints)
}

fn second_complaint(chip: Chip, at: u32, found: Complaint) -> String {
    match found {
        Complaint::BadMagic { .. } => {
            format!("E (28) esp_image: image at 0x{at:x} has invalid magic byte\r\n")
        }
        other => format!("E (28) esp_image: image at 0x{at:x}: {}", complaint(chip, other)),
    }
}
