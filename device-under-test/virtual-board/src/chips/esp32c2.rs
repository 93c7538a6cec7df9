//! ESP32-C2.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap, WatchdogMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32c2",
    magic: 0x6f51_306f,
    image_id: Some(12),
    boot_offset: 0,
    spi: SpiMap::modern(0x6000_2000),
    // The major revision stands above the address. With revision 0 esptool does without its stub.
    mac: MacWords::Efuse { low: 0x6000_8840, high: 0x6000_8844, high_also: 1 << 20 },
    // The divider that gives 115200 baud with a crystal of 40 MHz.
    fixed: &[(0x6000_0014, 347)],
    straps_at: None,
    watchdog: Some(WatchdogMap { protect: 0x6000_809c, config0: 0x6000_8084 }),
    security: Security::Full { version: 1 },
    opcode_max: 0x14,
    status_bytes: 4,
    begin_bytes: 20,
    stubs_at: &[0x4038_0000],
    code_at: 0x4038_0000,
    boot: BootTexts {
        banner: "ESP-ROM:esp8684-api2-20220127\r\nBuild:Jan 27 2022\r\n",
        run: (0xc, "SPI_FAST_FLASH_BOOT"),
        download: (0x4, "DOWNLOAD(UART0)"),
    },
};
