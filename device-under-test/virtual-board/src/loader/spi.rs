//! The SPI controller, as far as tools drive it by hand: they write a command into its registers, set
//! the bit that starts it, and read the answer.

use crate::chips::SpiMap;
use crate::flash::Flash;
use crate::loader::registers::Registers;

/// Starts the command that stands in the registers.
const START: u32 = 1 << 18;
/// The command has an address.
const USER_ADDRESS: u32 = 1 << 30;
/// The command sends data.
const USER_MOSI: u32 = 1 << 27;
/// The command reads an answer.
const USER_MISO: u32 = 1 << 28;

/// Words of the data buffer.
const DATA_WORDS: u32 = 16;

/// What the flash says of itself in the common format: the signature, the version, and one table.
const DISCOVERABLE: [u8; 24] = [
    b'S', b'F', b'D', b'P', 6, 1, 0, 0xff, 0, 6, 1, 16, 0x30, 0, 0, 0xff, // Header.
    0xc8, 0, 1, 3, 0x60, 0, 0, 0xff, // The manufacturer's own table, as on common chips.
];

/// Runs the command if the start bit is set, and clears the bit.
pub(crate) fn run(map: &SpiMap, registers: &mut Registers, flash: &mut Flash) {
    let command = registers.read(map.base);
    if command & START == 0 {
        return;
    }
    registers.write(map.base, command & !START);
    let user = registers.read(map.base + map.user);
    let opcode = registers.read(map.base + map.user2) as u8;
    let status = flash.status.obey(opcode, &sent(map, registers, user));
    if user & USER_MISO == 0 {
        return;
    }
    let address = match user & USER_ADDRESS {
        0 => 0,
        _ => registers.read(map.base + 4) >> map.address_shift,
    };
    let bits = match map.miso_length {
        Some(length) => registers.read(map.base + length) + 1,
        // The ESP8266 keeps the length in bits 8 to 16 of another register.
        None => (registers.read(map.base + map.user1) >> 8 & 0x1ff) + 1,
    };
    let answer = status.map_or_else(|| answer(opcode, address, flash), |status| vec![status]);
    for index in 0..DATA_WORDS.min(bits.div_ceil(32)) {
        let mut word = [0; 4];
        for (place, byte) in word.iter_mut().enumerate() {
            let at = index as usize * 4 + place;
            let is_asked_for = at * 8 < bits as usize;
            *byte = if is_asked_for { answer.get(at).copied().unwrap_or(0) } else { 0 };
        }
        registers.write(map.base + map.data + index * 4, u32::from_le_bytes(word));
    }
}

/// The first bytes of what the command sends.
fn sent(map: &SpiMap, registers: &Registers, user: u32) -> Vec<u8> {
    if user & USER_MOSI == 0 {
        return Vec::new();
    }
    let bits = match map.miso_length {
        // The length to send stands in the word before the length to read.
        Some(length) => registers.read(map.base + length - 4),
        None => registers.read(map.base + map.user1) >> 17 & 0x1ff,
    };
    let word = registers.read(map.base + map.data).to_le_bytes();
    word.into_iter().take((bits as usize + 1) / 8).collect()
}

/// What the flash answers to a command that reads, its status aside. Others, such as reset (66, 99), have no answer.
fn answer(opcode: u8, address: u32, flash: &Flash) -> Vec<u8> {
    /// Bytes of the data buffer.
    const BYTES: u32 = DATA_WORDS * 4;
    match opcode {
        0x03 => flash.read(address, BYTES).to_vec(),
        0x5a => DISCOVERABLE.get(address as usize..).unwrap_or_default().to_vec(),
        0x9f => flash.jedec_id().to_vec(),
        _ => Vec::new(),
    }
}
