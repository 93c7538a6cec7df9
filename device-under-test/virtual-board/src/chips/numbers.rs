//! The numbers of a chip that flashing tools hold as well, so that both can be compared.

use serde::Serialize;

use super::table::{MAGIC_ADDRESS, MacWords, Security, WATCHDOG_KEY};
use super::{Chip, Mac};
use crate::loader::COMMANDS;

/// What a flashing tool and this board must agree on, or they do not understand each other. All addresses are those that the chip's
/// loader reads and writes.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Numbers {
    /// The name as tools write it.
    pub name: &'static str,
    /// Where the word stands that tells old chips apart.
    pub magic_at: u32,
    /// That word.
    pub magic: u32,
    /// The number in images and in the security info; `None` for the ESP8266.
    pub image_id: Option<u16>,
    /// Where the image that the ROM boots begins in the flash.
    pub boot_offset: u32,
    /// The SPI controller of the flash: its base.
    pub spi_base: u32,
    /// Its register USR, from the base.
    pub spi_usr: u32,
    /// Its register USR1, from the base.
    pub spi_usr1: u32,
    /// Its register USR2, from the base.
    pub spi_usr2: u32,
    /// How many bits are read, from the base; `None` where USR1 has it.
    pub spi_miso_length: Option<u32>,
    /// Its data, from the base.
    pub spi_w0: u32,
    /// Whether addresses of 24 bits stand in the upper bits of their register.
    pub spi_address_is_high: bool,
    /// Where the words of its address stand, the low one first; three on the ESP8266.
    pub mac_at: Vec<u32>,
    /// What these words hold for the default address.
    pub mac_words: Vec<u32>,
    /// Further registers that do not read as zero: revision, crystal, clock.
    pub other: Vec<(u32, u32)>,
    /// Where the boot pins are read.
    pub straps_at: Option<u32>,
    /// The first register of the watchdog that resets it out of its loader; the next word is its time.
    pub watchdog_at: Option<u32>,
    /// What opens it for writing.
    pub watchdog_protect_at: Option<u32>,
    /// By this word.
    pub watchdog_key: u32,
    /// Bytes of its security info: none, 12, or 20.
    pub security_bytes: usize,
    /// Bytes of the status at the end of its ROM's replies.
    pub status_bytes: usize,
    /// Bytes of a FLASH_BEGIN to its ROM.
    pub begin_bytes: usize,
    /// Where the flasher stubs that are known load their code.
    pub stubs_at: &'static [u32],
    /// The commands of the ROM and the stub, by the names in esptool's documentation.
    pub commands: &'static [(&'static str, u8)],
}

impl Chip {
    /// The numbers of this chip.
    #[must_use]
    pub fn numbers(self) -> Numbers {
        let table = self.table();
        let words = table.mac.words(Mac::DEFAULT);
        let count = if matches!(table.mac, MacWords::Otp { .. }) { 3 } else { 2 };
        Numbers {
            name: table.name,
            magic_at: MAGIC_ADDRESS,
            magic: table.magic,
            image_id: table.image_id,
            boot_offset: table.boot_offset,
            spi_base: table.spi.base,
            spi_usr: table.spi.user,
            spi_usr1: table.spi.user1,
            spi_usr2: table.spi.user2,
            spi_miso_length: table.spi.miso_length,
            spi_w0: table.spi.data,
            spi_address_is_high: table.spi.address_shift == 8,
            mac_at: words.iter().take(count).map(|(at, _)| *at).collect(),
            mac_words: words.iter().take(count).map(|(_, word)| *word).collect(),
            other: table.fixed.to_vec(),
            straps_at: table.straps_at,
            watchdog_at: table.watchdog.as_ref().map(|watchdog| watchdog.config0),
            watchdog_protect_at: table.watchdog.as_ref().map(|watchdog| watchdog.protect),
            watchdog_key: WATCHDOG_KEY,
            security_bytes: match table.security {
                Security::Unknown => 0,
                Security::Short => 12,
                Security::Full { .. } => 20,
            },
            status_bytes: table.status_bytes,
            begin_bytes: table.begin_bytes,
            stubs_at: table.stubs_at,
            commands: COMMANDS,
        }
    }
}
