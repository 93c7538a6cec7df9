//! What the ROM prints. All lines end in `\r\n`.

use super::cause::ResetCause;
use crate::chips::Chip;
use crate::image::{Complaint, Image};

/// The first lines of a boot from flash.
pub(crate) fn banner(chip: Chip, cause: ResetCause) -> String {
    reset_line(chip, cause, chip.table().boot.run)
}

/// The first lines of a boot into the loader. The ESP8266 does not say that it waits.
pub(crate) fn download_banner(chip: Chip, cause: ResetCause) -> String {
    let lines = reset_line(chip, cause, chip.table().boot.download);
    if chip == Chip::Esp8266 { lines } else { lines + "waiting for download\r\n" }
}

fn reset_line(chip: Chip, cause: ResetCause, (strap, meaning): (u8, &str)) -> String {
    let banner = chip.table().boot.banner;
    let (code, name) = cause.code(chip);
    if chip == Chip::Esp8266 {
        return format!("{banner}rst cause:{code}, boot mode:({strap},6)\r\n\r\n");
    }
    format!("{banner}rst:0x{code:x} ({name}),boot:0x{strap:x} ({meaning})\r\n")
}

/// What the ROM says about an image that it boots.
pub(crate) fn loaded(chip: Chip, image: &Image) -> String {
    if chip == Chip::Esp8266 {
        return loaded_esp8266(image);
    }
    let mut text = String::new();
    if chip == Chip::Esp32 {
        text.push_str("configsip: 0, SPIWP:0xee\r\n");
        text.push_str(
            "clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00\r\n",
        );
    } else {
        text.push_str("SPIWP:0xee\r\n");
    }
    let [mode, size_and_frequency] = image.flash_settings;
    let mode = ["QIO", "QOUT", "DIO", "DOUT"].get(usize::from(mode)).unwrap_or(&"unknown");
    let divider = match size_and_frequency & 15 {
        0xf => 1,
        1 => 3,
        2 => 4,
        _ => 2,
    };
    text.push_str(&format!("mode:{mode}, clock div:{divider}\r\n"));
    for segment in image.segments.iter().filter(|segment| segment.address != 0) {
        let (address, length) = (segment.address, segment.length);
        let length = match chip {
            Chip::Esp32 => length.to_string(),
            _ => format!("0x{length:x}"),
        };
        text.push_str(&format!("load:0x{address:08x},len:{length}\r\n"));
    }
    if let Some((calculated, stored)) = image.hash_mismatch {
        text.push_str("SHA-256 comparison failed:\r\n");
        text.push_str(&format!("Calculated: {}\r\n", hex(&calculated)));
        text.push_str(&format!("Expected: {}\r\n", hex(&stored)));
        text.push_str("Attempting to boot anyway...\r\n");
    }
    text + &format!("entry 0x{:08x}\r\n", image.entry)
}

fn loaded_esp8266(image: &Image) -> String {
    let mut text = String::new();
    for segment in &image.segments {
        let (address, length) = (segment.address, segment.length);
        text.push_str(&format!("load 0x{address:08x}, len {length}, room 16 \r\n"));
    }
    let checksum = image.checksum;
    text + &format!("tail 0\r\nchksum 0x{checksum:02x}\r\ncsum 0x{checksum:02x}\r\n~ld\r\n")
}

/// What the ROM says about an image that it cannot boot.
pub(crate) fn complaint(chip: Chip, complaint: Complaint) -> String {
    if chip == Chip::Esp8266 {
        return match complaint {
            Complaint::BadChecksum { .. } => "csum err\r\nets_main.c \r\n".to_owned(),
            Complaint::BadBlock | Complaint::BadMagic { .. } | Complaint::WrongChip { .. } => {
                "ets_main.c \r\n".to_owned()
            }
        };
    }
    match complaint {
        Complaint::BadBlock => "Invalid image block, can't boot.\r\n".to_owned(),
        Complaint::BadChecksum { calculated, stored } => {
            format!("Checksum failure. Calculated 0x{calculated:02x} stored 0x{stored:02x}\r\n")
        }
        Complaint::BadMagic { word } => format!("invalid header: 0x{word:08x}\r\n"),
        Complaint::WrongChip { expected, read } => format!(
            "Invalid chip id. Expected {expected} read {read}. Bootloader for wrong chip?\r\n"
        ),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
