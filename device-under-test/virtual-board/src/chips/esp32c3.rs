//! ESP32-C3.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap, WatchdogMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32c3",
    magic: 0x1b31_506f,
    image_id: Some(5),
    boot_offset: 0,
    spi: SpiMap::modern(0x6000_2000),
    mac: MacWords::Efuse { low: 0x6000_8844, high: 0x6000_8848, high_also: 0 },
    // Efuse block 1, word 3: the minor revision is 4.
    fixed: &[(0x6000_8850, 1 << 20)],
    straps_at: None,
    watchdog: Some(WatchdogMap { protect: 0x6000_80a8, config0: 0x6000_8090 }),
    security: Security::Full { version: 3 },
    opcode_max: 0x14,
    status_bytes: 4,
    begin_bytes: 20,
    stubs_at: &[0x4038_0000],
    code_at: 0x4038_0000,
    boot: BootTexts {
        banner: "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021\r\n",
        run: (0xc, "SPI_FAST_FLASH_BOOT"),
        download: (0x5, "DOWNLOAD(USB/UART0/1)"),
    },
};
