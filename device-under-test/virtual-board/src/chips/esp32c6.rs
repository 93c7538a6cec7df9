//! ESP32-C6.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap, WatchdogMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32c6",
    magic: 0x2ce0_806f,
    image_id: Some(13),
    boot_offset: 0,
    spi: SpiMap::modern(0x6000_3000),
    mac: MacWords::Efuse { low: 0x600b_0844, high: 0x600b_0848, high_also: 0 },
    fixed: &[],
    straps_at: None,
    watchdog: Some(WatchdogMap { protect: 0x600b_1c18, config0: 0x600b_1c00 }),
    security: Security::Full { version: 0 },
    opcode_max: 0x14,
    status_bytes: 4,
    begin_bytes: 20,
    stubs_at: &[0x4080_0000],
    code_at: 0x4080_0000,
    boot: BootTexts {
        banner: "ESP-ROM:esp32c6-20220919\r\nBuild:Sep 19 2022\r\n",
        run: (0xc, "SPI_FAST_FLASH_BOOT"),
        download: (0x4, "DOWNLOAD(USB/UART0/SDIO_FEI_FEO)"),
    },
};
