//! ESP32-S3.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap, WatchdogMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32s3",
    magic: 0x9,
    image_id: Some(9),
    boot_offset: 0,
    spi: SpiMap::modern(0x6000_2000),
    mac: MacWords::Efuse { low: 0x6000_7044, high: 0x6000_7048, high_also: 0 },
    fixed: &[],
    straps_at: Some(0x6000_4038),
    watchdog: Some(WatchdogMap { protect: 0x6000_80b0, config0: 0x6000_8098 }),
    security: Security::Full { version: 0 },
    opcode_max: 0x14,
    status_bytes: 4,
    begin_bytes: 20,
    stubs_at: &[0x4037_8000],
    code_at: 0x4037_8000,
    boot: BootTexts {
        banner: "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\n",
        run: (0x8, "SPI_FAST_FLASH_BOOT"),
        download: (0x0, "DOWNLOAD(USB/UART0)"),
    },
};
