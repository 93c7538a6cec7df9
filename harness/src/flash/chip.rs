//! The chips that can be flashed, and where each keeps what a loader is asked for. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::fmt;

/// A chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the makers'")]
pub enum Chip {
    Esp8266,
    Esp32,
    Esp32s2,
    Esp32s3,
    Esp32c2,
    Esp32c3,
    Esp32c6,
    Esp32h2,
}

/// The address in the chip's fuses: the one name of a board that no cable, adapter or port changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// What the loader of a chip is asked for, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChipFacts {
    pub(crate) chip: Chip,
    pub(crate) name: &'static str,
    /// Its number in images and in security information; `None` for the ESP8266.
    pub(crate) image_id: Option<u16>,
    /// What stands at [`MAGIC_AT`], for chips that have no security information or none with a chip number.
    pub(crate) magic: Option<u32>,
    /// Where the image that the ROM boots begins.
    pub(crate) boot_offset: u32,
    pub(crate) mac_at: MacAt,
    pub(crate) spi: SpiRegisters,
    /// The watchdog that resets it out of a loader; `None` where tools know none.
    pub(crate) watchdog: Option<Watchdog>,
}

/// The watchdog of the real-time clock: where its registers stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Watchdog {
    /// What a key opens for writing.
    pub(crate) protect: u32,
    /// What it does and whether it runs; the time of its first stage stands in the next word.
    pub(crate) config: u32,
}

/// Where the address stands in the fuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MacAt {
    /// The low word at this address, the high word in the next.
    Words(u32),
    /// Spread over the fuses of the ESP8266.
    Esp8266,
}

/// The controller of the flash: its base, and the offsets of what is needed to read the flash's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpiRegisters {
    pub(crate) base: u32,
    pub(crate) usr: u32,
    pub(crate) usr1: u32,
    pub(crate) usr2: u32,
    /// How many bits are read; the ESP8266 has it in `usr1`.
    pub(crate) miso_length: Option<u32>,
    pub(crate) w0: u32,
}

/// Where the ESP8266 keeps its address: the last bytes, the middle, the first.
pub(crate) const MAC_OF_ESP8266: [u32; 3] = [0x3ff0_0050, 0x3ff0_0054, 0x3ff0_005c];

/// What opens the registers of a watchdog for writing.
pub(crate) const WATCHDOG_KEY: u32 = 0x50d8_3aa1;

/// What tells old chips apart.
pub(crate) const MAGIC_AT: u32 = 0x4000_1000;

const fn spi(base: u32) -> SpiRegisters {
    SpiRegisters { base, usr: 0x18, usr1: 0x1c, usr2: 0x20, miso_length: Some(0x28), w0: 0x58 }
}

const fn watchdog(protect: u32, config: u32) -> Option<Watchdog> {
    Some(Watchdog { protect, config })
}

const fn facts(
    chip: Chip,
    name: &'static str,
    image_id: u16,
    mac_at: u32,
    spi: SpiRegisters,
) -> ChipFacts {
    let (mac_at, image_id) = (MacAt::Words(mac_at), Some(image_id));
    ChipFacts { chip, name, image_id, magic: None, boot_offset: 0, mac_at, spi, watchdog: None }
}

const ESP8266: ChipFacts = ChipFacts {
    chip: Chip::Esp8266,
    name: "esp8266",
    image_id: None,
    magic: Some(0xfff0_c101),
    boot_offset: 0,
    mac_at: MacAt::Esp8266,
    spi: SpiRegisters {
        base: 0x6000_0200,
        usr: 0x1c,
        usr1: 0x20,
        usr2: 0x24,
        miso_length: None,
        w0: 0x40,
    },
    watchdog: None,
};
const ESP32: ChipFacts = ChipFacts {
    magic: Some(0x00f0_1d83),
    boot_offset: 0x1000,
    ..facts(
        Chip::Esp32,
        "esp32",
        0,
        0x3ff5_a004,
        SpiRegisters {
            base: 0x3ff4_2000,
            usr: 0x1c,
            usr1: 0x20,
            usr2: 0x24,
            miso_length: Some(0x2c),
            w0: 0x80,
        },
    )
};
const ESP32S2: ChipFacts = ChipFacts {
    magic: Some(0x0000_07c6),
    boot_offset: 0x1000,
    watchdog: watchdog(0x3f40_80ac, 0x3f40_8094),
    ..facts(Chip::Esp32s2, "esp32s2", 2, 0x3f41_a044, spi(0x3f40_2000))
};
const ESP32S3: ChipFacts = ChipFacts {
    watchdog: watchdog(0x6000_80b0, 0x6000_8098),
    ..facts(Chip::Esp32s3, "esp32s3", 9, 0x6000_7044, spi(0x6000_2000))
};
const ESP32C2: ChipFacts = ChipFacts {
    watchdog: watchdog(0x6000_809c, 0x6000_8084),
    ..facts(Chip::Esp32c2, "esp32c2", 12, 0x6000_8840, spi(0x6000_2000))
};
const ESP32C3: ChipFacts = ChipFacts {
    watchdog: watchdog(0x6000_80a8, 0x6000_8090),
    ..facts(Chip::Esp32c3, "esp32c3", 5, 0x6000_8844, spi(0x6000_2000))
};
const ESP32C6: ChipFacts = ChipFacts {
    watchdog: watchdog(0x600b_1c18, 0x600b_1c00),
    ..facts(Chip::Esp32c6, "esp32c6", 13, 0x600b_0844, spi(0x6000_3000))
};
const ESP32H2: ChipFacts = ChipFacts {
    watchdog: watchdog(0x600b_1c1c, 0x600b_1c00),
    ..facts(Chip::Esp32h2, "esp32h2", 16, 0x600b_0844, spi(0x6000_3000))
};

/// All chips.
pub(crate) const CHIPS: [ChipFacts; 8] =
    [ESP8266, ESP32, ESP32S2, ESP32S3, ESP32C2, ESP32C3, ESP32C6, ESP32H2];

impl Chip {
    /// The name as tools write it, such as `esp32c3`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The chip of this name; `ESP32-C3` is understood as well.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let plain = name.to_ascii_lowercase().replace('-', "");
        CHIPS.iter().find(|facts| facts.name == plain).map(|facts| facts.chip)
    }

    /// The names of all chips, for people.
    #[must_use]
    pub fn names() -> String {
        CHIPS.map(|facts| facts.name).join(", ")
    }

    /// Where the low word of its address stands, with the high one behind it; `None` for the ESP8266, where it is spread.
    pub(crate) fn mac_words_at(self) -> Option<u32> {
        match self.facts().mac_at {
            MacAt::Words(at) => Some(at),
            MacAt::Esp8266 => None,
        }
    }

    /// The chip of this number in images.
    #[must_use]
    pub fn by_image_id(id: u16) -> Option<Self> {
        CHIPS.iter().find(|facts| facts.image_id == Some(id)).map(|facts| facts.chip)
    }

    pub(crate) fn by_magic(magic: u32) -> Option<Self> {
        CHIPS.iter().find(|facts| facts.magic == Some(magic)).map(|facts| facts.chip)
    }

    /// The chip as the espflash library names it; `None` for the ESP8266, which it does not flash.
    pub(crate) const fn for_espflash(self) -> Option<espflash::target::Chip> {
        use espflash::target::Chip as Target;
        Some(match self {
            Self::Esp8266 => return None,
            Self::Esp32 => Target::Esp32,
            Self::Esp32s2 => Target::Esp32s2,
            Self::Esp32s3 => Target::Esp32s3,
            Self::Esp32c2 => Target::Esp32c2,
            Self::Esp32c3 => Target::Esp32c3,
            Self::Esp32c6 => Target::Esp32c6,
            Self::Esp32h2 => Target::Esp32h2,
        })
    }

    pub(crate) fn facts(self) -> &'static ChipFacts {
        // The table is in the order of the enum; a test holds it to that.
        &CHIPS[self as usize]
    }
}

impl fmt::Display for Chip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Mac {
    /// Reads six bytes in hexadecimal, joined by colons or dashes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2)?;
            *byte = u8::from_str_radix(part, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for facts in CHIPS {
            assert_eq!(facts.chip.facts(), &facts);
            assert_eq!(Chip::by_name(facts.name), Some(facts.chip));
        }
        assert_eq!(Chip::by_name("ESP32-C3"), Some(Chip::Esp32c3));
        assert_eq!(Chip::by_name("esp9"), None);
    }

    /// The virtual board's table was written apart from this one, and `tests/esptool/compare.py` there holds it to esptool's.
    #[test]
    fn each_number_is_that_of_the_virtual_board() {
        for facts in CHIPS {
            let theirs = virtual_board::Chip::by_name(facts.name).expect(facts.name).numbers();
            let SpiRegisters { base, usr, usr1, usr2, miso_length, w0 } = facts.spi;
            assert_eq!(
                (base, usr, usr1, usr2, miso_length, w0),
                (
                    theirs.spi_base,
                    theirs.spi_usr,
                    theirs.spi_usr1,
                    theirs.spi_usr2,
                    theirs.spi_miso_length,
                    theirs.spi_w0,
                )
            );
            let old = facts.magic.is_none_or(|magic| magic == theirs.magic);
            assert!(old && theirs.magic_at == MAGIC_AT, "{}", facts.name);
            assert_eq!((facts.image_id, facts.boot_offset), (theirs.image_id, theirs.boot_offset));
            match facts.mac_at {
                MacAt::Words(at) => assert_eq!(theirs.mac_at, [at, at + 4], "{}", facts.name),
                MacAt::Esp8266 => assert_eq!(theirs.mac_at, MAC_OF_ESP8266),
            }
            let watchdog = facts.watchdog.map(|watchdog| (watchdog.protect, watchdog.config));
            assert_eq!(watchdog, theirs.watchdog_protect_at.zip(theirs.watchdog_at));
            assert_eq!(WATCHDOG_KEY, theirs.watchdog_key);
        }
    }

    #[test]
    fn an_address_is_read_as_it_is_written() {
        let mac = Mac([0x7c, 0xdf, 0xa1, 0xc2, 0x22, 0x10]);
        assert_eq!(Mac::parse(&mac.to_string()), Some(mac));
        assert_eq!(Mac::parse("7C-DF-A1-C2-22-10"), Some(mac));
        for text in
            ["", "7c:df:a1:c2:22", "7c:df:a1:c2:22:10:00", "7c:df:a1:c2:22:1", "+c:df:a1:c2:22:10g"]
        {
            assert_eq!(Mac::parse(text), None, "{text}");
        }
    }
}
