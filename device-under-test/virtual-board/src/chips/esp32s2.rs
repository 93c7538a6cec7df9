//! ESP32-S2.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap, WatchdogMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32s2",
    magic: 0x0000_07c6,
    image_id: Some(2),
    boot_offset: 0x1000,
    spi: SpiMap::modern(0x3f40_2000),
    mac: MacWords::Efuse { low: 0x3f41_a044, high: 0x3f41_a048, high_also: 0 },
    fixed: &[],
    straps_at: Some(0x3f40_4038),
    watchdog: Some(WatchdogMap { protect: 0x3f40_80ac, config0: 0x3f40_8094 }),
    security: Security::Short,
    opcode_max: 0x14,
    status_bytes: 4,
    begin_bytes: 20,
    stubs_at: &[0x4002_8000],
    code_at: 0x4002_8000,
    boot: BootTexts {
        banner: "ESP-ROM:esp32s2-rc4-20191025\r\nBuild:Oct 25 2019\r\n",
        run: (0x8, "SPI_FAST_FLASH_BOOT"),
        download: (0x0, "DOWNLOAD(USB/UART0/1)"),
    },
};
