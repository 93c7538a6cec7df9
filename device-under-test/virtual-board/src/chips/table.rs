//! The shape of a chip's table.

use super::mac::Mac;

/// Where all chips but the newest say who they are.
pub(crate) const MAGIC_ADDRESS: u32 = 0x4000_1000;

/// What opens the registers of a watchdog for writing.
pub(crate) const WATCHDOG_KEY: u32 = 0x50d8_3aa1;

/// Everything about a chip that matters to the loader, to the boot and to images.
#[derive(Debug)]
pub(crate) struct ChipTable {
    pub(crate) name: &'static str,
    /// The word at [`MAGIC_ADDRESS`].
    pub(crate) magic: u32,
    /// The number in image headers and in the security info; the ESP8266 has none, and its headers
    /// have 8 bytes.
    pub(crate) image_id: Option<u16>,
    pub(crate) boot_offset: u32,
    pub(crate) spi: SpiMap,
    pub(crate) mac: MacWords,
    /// Registers that do not read as zero after a reset: revision, crystal.
    pub(crate) fixed: &'static [(u32, u32)],
    /// Where tools read how the boot pins stood, to know whether a reset can leave the loader.
    pub(crate) straps_at: Option<u32>,
    pub(crate) watchdog: Option<WatchdogMap>,
    pub(crate) security: Security,
    /// The last opcode that the ROM knows.
    pub(crate) opcode_max: u8,
    /// Bytes of the status at the end of the ROM's replies.
    pub(crate) status_bytes: usize,
    /// Bytes of a FLASH_BEGIN to the ROM.
    pub(crate) begin_bytes: usize,
    /// Where the known flasher stubs load their code; an entry elsewhere is a user's program.
    pub(crate) stubs_at: &'static [u32],
    /// Where programs have their code and their data: for images made here.
    pub(crate) code_at: u32,
    pub(crate) boot: BootTexts,
}

/// The SPI controller that the flash hangs on; all but `base` are offsets.
#[derive(Debug)]
pub(crate) struct SpiMap {
    pub(crate) base: u32,
    pub(crate) user: u32,
    pub(crate) user1: u32,
    pub(crate) user2: u32,
    /// The register with the number of bits to read; without it the number is in `user1`.
    pub(crate) miso_length: Option<u32>,
    pub(crate) data: u32,
    /// How far addresses of 24 bits are shifted to the left.
    pub(crate) address_shift: u32,
}

impl SpiMap {
    /// The controller of the ESP32-S2 and all later chips.
    pub(crate) const fn modern(base: u32) -> Self {
        Self {
            base,
            user: 0x18,
            user1: 0x1c,
            user2: 0x20,
            miso_length: Some(0x28),
            data: 0x58,
            address_shift: 0,
        }
    }
}

/// Where the chip keeps its MAC address.
#[derive(Debug)]
pub(crate) enum MacWords {
    /// Two efuse words: four low bytes, two high bytes. The high word has other bits as well.
    Efuse { low: u32, high: u32, high_also: u32 },
    /// Three words of the ESP8266.
    Otp { word0: u32, word1: u32, word3: u32 },
}

impl MacWords {
    /// The words, each with its address.
    pub(crate) fn words(&self, mac: Mac) -> [(u32, u32); 3] {
        let [a, b, c, d, e, f] = mac.0;
        match *self {
            Self::Efuse { low, high, high_also } => {
                let high_word = u32::from_be_bytes([0, 0, a, b]) | high_also;
                [(low, u32::from_be_bytes([c, d, e, f])), (high, high_word), (high, high_word)]
            }
            Self::Otp { word0, word1, word3 } => [
                (word0, u32::from_be_bytes([f, 0, 0, 0])),
                (word1, u32::from_be_bytes([0, 0, d, e])),
                (word3, u32::from_be_bytes([0, a, b, c])),
            ],
        }
    }
}

/// The registers of the watchdog that flashing tools use to reset a chip.
#[derive(Debug)]
pub(crate) struct WatchdogMap {
    pub(crate) protect: u32,
    pub(crate) config0: u32,
}

/// How GET_SECURITY_INFO is answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Security {
    /// Not known to this ROM.
    Unknown,
    /// 12 bytes, without chip id.
    Short,
    /// 20 bytes, with chip id and the version of the ROM's interface.
    Full { version: u32 },
}

/// What the ROM prints when it starts.
#[derive(Debug)]
pub(crate) struct BootTexts {
    /// What stands before the line with the reset cause.
    pub(crate) banner: &'static str,
    /// The strapping value and its meaning when it boots from flash.
    pub(crate) run: (u8, &'static str),
    /// The same when it waits for a download.
    pub(crate) download: (u8, &'static str),
}
