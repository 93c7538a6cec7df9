//! ESP8266.

use super::table::{BootTexts, ChipTable, MacWords, Security, SpiMap};

pub(crate) static TABLE: ChipTable = ChipTable {
    name: "esp8266",
    magic: 0xfff0_c101,
    image_id: None,
    boot_offset: 0,
    spi: SpiMap {
        base: 0x6000_0200,
        user: 0x1c,
        user1: 0x20,
        user2: 0x24,
        miso_length: None,
        data: 0x40,
        address_shift: 8,
    },
    mac: MacWords::Otp { word0: 0x3ff0_0050, word1: 0x3ff0_0054, word3: 0x3ff0_005c },
    // The divider that gives 115200 baud with a crystal of 26 MHz.
    fixed: &[(0x6000_0014, 451)],
    straps_at: None,
    watchdog: None,
    security: Security::Unknown,
    opcode_max: 0x0a,
    status_bytes: 2,
    begin_bytes: 16,
    stubs_at: &[0x4010_c500, 0x4010_d000],
    code_at: 0x4010_0000,
    boot: BootTexts {
        banner: "\r\n ets Jan  8 2013,",
        run: (3, "flash"),
        download: (1, "download"),
    },
};
