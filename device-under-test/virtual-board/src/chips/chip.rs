//! The chips that the board can have.

use super::table::ChipTable;
use super::{esp32, esp32c2, esp32c3, esp32c6, esp32h2, esp32s2, esp32s3, esp8266};

/// A chip.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Chip {
    /// ESP8266.
    Esp8266,
    /// ESP32, revision 3.
    Esp32,
    /// ESP32-S2.
    Esp32s2,
    /// ESP32-S3.
    Esp32s3,
    /// ESP32-C2, revision 1.
    Esp32c2,
    /// ESP32-C3, revision 0.4.
    Esp32c3,
    /// ESP32-C6.
    Esp32c6,
    /// ESP32-H2.
    Esp32h2,
}

impl Chip {
    /// All chips.
    pub const ALL: [Self; 8] = [
        Self::Esp8266,
        Self::Esp32,
        Self::Esp32s2,
        Self::Esp32s3,
        Self::Esp32c2,
        Self::Esp32c3,
        Self::Esp32c6,
        Self::Esp32h2,
    ];

    /// The name as tools write it, such as `esp32c3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.table().name
    }

    /// The chip of this name, as [`Chip::name`] writes it.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|chip| chip.name() == name)
    }

    /// Where the image that the ROM boots begins in the flash.
    #[must_use]
    pub const fn boot_offset(self) -> u32 {
        self.table().boot_offset
    }

    pub(crate) const fn table(self) -> &'static ChipTable {
        match self {
            Self::Esp8266 => &esp8266::TABLE,
            Self::Esp32 => &esp32::TABLE,
            Self::Esp32s2 => &esp32s2::TABLE,
            Self::Esp32s3 => &esp32s3::TABLE,
            Self::Esp32c2 => &esp32c2::TABLE,
            Self::Esp32c3 => &esp32c3::TABLE,
            Self::Esp32c6 => &esp32c6::TABLE,
            Self::Esp32h2 => &esp32h2::TABLE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_chip_is_found_by_its_name() {
        for chip in Chip::ALL {
            assert_eq!(Chip::by_name(chip.name()), Some(chip));
        }
        assert_eq!(Chip::by_name("esp32c99"), None);
    }
}
