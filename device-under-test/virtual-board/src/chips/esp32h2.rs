//! ESP32-H2.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap, WatchdogMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32h2",
    magic: 0xd7b7_3e80,
    image_id: Some(16),
    boot_offset: 0,
    spi: SpiMap::modern(0x6000_3000),
    mac: MacWords::Efuse { low: 0x600b_0844, high: 0x600b_0848, high_also: 0 },
    fixed: &[],
    straps_at: None,
    watchdog: Some(WatchdogMap { protect: 0x600b_1c1c, config0: 0x600b_1c00 }),
    security: Security::Full { version: 0 },
    opcode_max: 0x14,
    status_bytes: 4,
    begin_bytes: 20,
    stubs_at: &[0x4080_0000],
    code_at: 0x4080_0000,
    boot: BootTexts {
        banner: "ESP-ROM:esp32h2-20221101\r\nBuild:Nov  1 2022\r\n",
        run: (0xc, "SPI_FAST_FLASH_BOOT"),
        download: (0x4, "DOWNLOAD(USB/UART0)"),
    },
};
