//! ESP32.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp32",
    magic: 0x00f0_1d83,
    image_id: Some(0),
    boot_offset: 0x1000,
    spi: SpiMap {
        base: 0x3ff4_2000,
        user: 0x1c,
        user1: 0x20,
        user2: 0x24,
        miso_length: Some(0x2c),
        data: 0x80,
        address_shift: 8,
    },
    mac: MacWords::Efuse { low: 0x3ff5_a004, high: 0x3ff5_a008, high_also: 0 },
    fixed: &[
        // Revision 3.0 is spread over two efuse words and a register.
        (0x3ff5_a00c, 0xa200),
        (0x3ff5_a014, 1 << 20),
        (0x3ff6_607c, 1 << 31),
        // The divider that gives 115200 baud with a crystal of 40 MHz.
        (0x3ff4_0014, 347),
        // The calibration of the internal clock, from which tools correct the ROM's baud rate.
        (0x3ff5_a010, 34),
        (0x3ff5_f06c, 3012 << 7),
    ],
    straps_at: Some(0x3ff4_4038),
    watchdog: None,
    security: Security::Unknown,
    opcode_max: 0x13,
    status_bytes: 4,
    begin_bytes: 16,
    stubs_at: &[0x400a_8000, 0x400b_e000],
    code_at: 0x4008_0000,
    boot: BootTexts {
        banner: "ets Jul 29 2019 12:21:46\r\n\r\n",
        run: (0x13, "SPI_FAST_FLASH_BOOT"),
        download: (0x3, "DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)"),
    },
};
