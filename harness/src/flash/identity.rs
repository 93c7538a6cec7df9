//! Which board is on a port.

use super::chip::{ChipFacts, MAC_OF_ESP8266, MAGIC_AT, MacAt, SpiRegisters};
use super::connect::ask;
use super::loader::Speaker;
use super::packet::op;
use super::{Chip, FlashError, Loader, Mac, Notes};
use crate::board::pins::Pins;
use crate::board::port::{BootInto, Pace, PortError, PortName, PortOptions, SerialPort};

/// The flash's own command for its id, and how the controller is told to send it: a command of 8 bits, and an answer.
const READ_ID: u32 = 0x7000_009f;
const COMMAND_AND_ANSWER: u32 = 0x9000_0000;
const START: u32 = 1 << 18;
const ID_BITS: u32 = 24;

/// Looks at the controller until the flash has answered.
const LOOKS_MAX: usize = 10;

/// What a board says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Its chip.
    pub chip: Chip,
    /// The address in its fuses.
    pub mac: Mac,
    /// The bytes of its flash; `None` where the flash does not say.
    pub flash_bytes: Option<u32>,
}

/// Opens a port, asks which board is there, and lets it run again. Takes half a second, and up to 7 s where nobody answers.
///
/// # Errors
///
/// The port cannot be had, nobody answers, or it is no chip that is known here.
pub fn identify_port(
    (name, options): (&PortName, &PortOptions),
    pins: &mut dyn Pins,
    notes: &mut Notes<'_>,
) -> Result<Identity, FlashError> {
    let mut port = SerialPort::open(name, options)?;
    let identity = identify(&mut port, pins, notes)?;
    match pins.reset(&mut port, BootInto::Run, Pace::Quick) {
        // Without lines it stays in its loader, as it was found.
        Ok(()) | Err(PortError::NoLines { .. }) => Ok(identity),
        Err(error) => Err(error.into()),
    }
}

/// Asks which board is on an open port. It is in its loader afterwards; whoever asked resets it into what it should run.
///
/// # Errors
///
/// Nobody answers, or it is no chip that is known here.
pub fn identify(
    port: &mut SerialPort,
    pins: &mut dyn Pins,
    notes: &mut Notes<'_>,
) -> Result<Identity, FlashError> {
    ask(port, pins, notes, |loader| loader.identify())
}

impl Loader<'_> {
    /// Reads chip, address and size of the flash.
    ///
    /// # Errors
    ///
    /// The loader falls silent, or it is no chip that is known here.
    pub fn identify(&mut self) -> Result<Identity, FlashError> {
        let chip = self.chip()?;
        let facts = chip.facts();
        let mac = self.mac(facts)?;
        Ok(Identity { chip, mac, flash_bytes: self.flash_bytes(facts)? })
    }

    /// Old chips are known by a word of their ROM, and must not be asked for security information, which they do not have.
    pub(crate) fn chip(&mut self) -> Result<Chip, FlashError> {
        let magic = self.read_register(MAGIC_AT)?;
        if let Some(chip) = Chip::by_magic(magic) {
            return Ok(chip);
        }
        let asked = "read security information";
        let info = self.ask(asked, op::GET_SECURITY_INFO, &[])?.data;
        let id = info.get(12..16).and_then(|id| id.try_into().ok()).map(u32::from_le_bytes);
        let id = id.ok_or(FlashError::BadReply { asked })?;
        let chip = u16::try_from(id).ok().and_then(Chip::by_image_id);
        chip.ok_or(FlashError::UnknownChip { id })
    }

    fn mac(&mut self, facts: &ChipFacts) -> Result<Mac, FlashError> {
        let (low, high) = match facts.mac_at {
            MacAt::Words(at) => (self.read_register(at)?, self.read_register(at + 4)?),
            MacAt::Esp8266 => {
                let [last, middle, first] = MAC_OF_ESP8266.map(|at| self.read_register(at));
                mac_of_esp8266(last?, middle?, first?)
            }
        };
        let [.., a, b] = high.to_be_bytes();
        let [c, d, e, f] = low.to_be_bytes();
        Ok(Mac([a, b, c, d, e, f]))
    }

    /// The flash's own word for its size: the power of two that is the third byte of its id.
    fn flash_bytes(&mut self, facts: &ChipFacts) -> Result<Option<u32>, FlashError> {
        self.attach_flash(facts)?;
        let id = self.flash_id(&facts.spi)?;
        let power = (id >> 16) & 0xff;
        Ok((16..=28).contains(&power).then(|| 1 << power))
    }

    /// Makes the flash known to the loader. The ROM of the ESP8266 does so when something is to be written.
    pub(crate) fn attach_flash(&mut self, facts: &ChipFacts) -> Result<(), FlashError> {
        let asked = "attach the flash";
        match (facts.chip, self.speaker()) {
            (Chip::Esp8266, Speaker::Rom) => self.ask(asked, op::FLASH_BEGIN, &[0, 0, 0x400, 0])?,
            (Chip::Esp8266, Speaker::Stub) => return Ok(()),
            (_, Speaker::Rom) => self.ask(asked, op::SPI_ATTACH, &[0, 0])?,
            (_, Speaker::Stub) => self.ask(asked, op::SPI_ATTACH, &[0])?,
        };
        Ok(())
    }

    fn flash_id(&mut self, spi: &SpiRegisters) -> Result<u32, FlashError> {
        let at = |offset: u32| spi.base + offset;
        let kept = [self.read_register(at(spi.usr))?, self.read_register(at(spi.usr2))?];
        match spi.miso_length {
            Some(offset) => self.write_register(at(offset), ID_BITS - 1)?,
            // The ESP8266 has the length with others in one register.
            None => self.write_register(at(spi.usr1), (ID_BITS - 1) << 8)?,
        }
        self.write_register(at(spi.usr), COMMAND_AND_ANSWER)?;
        self.write_register(at(spi.usr2), READ_ID)?;
        self.write_register(at(spi.w0), 0)?;
        self.write_register(at(0), START)?;
        let mut looks = 0;
        while self.read_register(at(0))? & START != 0 {
            looks += 1;
            if looks == LOOKS_MAX {
                return Err(FlashError::Silent { asked: "read the id of the flash" });
            }
        }
        let id = self.read_register(at(spi.w0))?;
        self.write_register(at(spi.usr), kept[0])?;
        self.write_register(at(spi.usr2), kept[1])?;
        Ok(id & 0x00ff_ffff)
    }
}

/// Low and high word of the address of an ESP8266. Its first three bytes stand in a word of their own, or, on early ones, follow
/// from which of the maker's first two blocks the address is.
const fn mac_of_esp8266(last: u32, middle: u32, first: u32) -> (u32, u32) {
    let first = match (first & 0x00ff_ffff, (middle >> 16) & 0xff) {
        (0, 1) => 0x00ac_d074,
        (0, _) => 0x0018_fe34,
        (first, _) => first,
    };
    ((first & 0xff) << 24 | (middle & 0xffff) << 8 | last >> 24, first >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_an_esp8266_is_put_together() {
        let check = |words: [u32; 3], expected: (u32, u32)| {
            assert_eq!(mac_of_esp8266(words[0], words[1], words[2]), expected);
        };
        check([0x1000_0000, 0x0000_c222, 0x007c_dfa1], (0xa1c2_2210, 0x7cdf));
        check([0x1000_0000, 0x0000_c222, 0], (0x34c2_2210, 0x18fe));
        check([0x1000_0000, 0x0001_c222, 0], (0x74c2_2210, 0xacd0));
    }
}
