//! Requests and replies inside frames.

use crate::slip;

/// Opcodes.
pub(crate) mod op {
    pub(crate) const FLASH_BEGIN: u8 = 0x02;
    pub(crate) const FLASH_DATA: u8 = 0x03;
    pub(crate) const FLASH_END: u8 = 0x04;
    pub(crate) const MEM_BEGIN: u8 = 0x05;
    pub(crate) const MEM_END: u8 = 0x06;
    pub(crate) const MEM_DATA: u8 = 0x07;
    pub(crate) const SYNC: u8 = 0x08;
    pub(crate) const WRITE_REG: u8 = 0x09;
    pub(crate) const READ_REG: u8 = 0x0a;
    pub(crate) const SPI_SET_PARAMS: u8 = 0x0b;
    pub(crate) const SPI_ATTACH: u8 = 0x0d;
    pub(crate) const READ_FLASH_SLOW: u8 = 0x0e;
    pub(crate) const CHANGE_BAUDRATE: u8 = 0x0f;
    pub(crate) const FLASH_DEFL_BEGIN: u8 = 0x10;
    pub(crate) const FLASH_DEFL_DATA: u8 = 0x11;
    pub(crate) const FLASH_DEFL_END: u8 = 0x12;
    pub(crate) const SPI_FLASH_MD5: u8 = 0x13;
    pub(crate) const GET_SECURITY_INFO: u8 = 0x14;
    pub(crate) const ERASE_FLASH: u8 = 0xd0;
    pub(crate) const ERASE_REGION: u8 = 0xd1;
    pub(crate) const READ_FLASH: u8 = 0xd2;
    pub(crate) const RUN_USER_CODE: u8 = 0xd3;
}

/// All opcodes with their names.
pub(crate) const COMMANDS: &[(&str, u8)] = &[
    ("FLASH_BEGIN", op::FLASH_BEGIN),
    ("FLASH_DATA", op::FLASH_DATA),
    ("FLASH_END", op::FLASH_END),
    ("MEM_BEGIN", op::MEM_BEGIN),
    ("MEM_END", op::MEM_END),
    ("MEM_DATA", op::MEM_DATA),
    ("SYNC", op::SYNC),
    ("WRITE_REG", op::WRITE_REG),
    ("READ_REG", op::READ_REG),
    ("SPI_SET_PARAMS", op::SPI_SET_PARAMS),
    ("SPI_ATTACH", op::SPI_ATTACH),
    ("READ_FLASH_SLOW", op::READ_FLASH_SLOW),
    ("CHANGE_BAUDRATE", op::CHANGE_BAUDRATE),
    ("FLASH_DEFL_BEGIN", op::FLASH_DEFL_BEGIN),
    ("FLASH_DEFL_DATA", op::FLASH_DEFL_DATA),
    ("FLASH_DEFL_END", op::FLASH_DEFL_END),
    ("SPI_FLASH_MD5", op::SPI_FLASH_MD5),
    ("GET_SECURITY_INFO", op::GET_SECURITY_INFO),
    ("ERASE_FLASH", op::ERASE_FLASH),
    ("ERASE_REGION", op::ERASE_REGION),
    ("READ_FLASH", op::READ_FLASH),
    ("RUN_USER_CODE", op::RUN_USER_CODE),
];

/// Bytes before the data of a request or reply.
const HEADER_BYTES: usize = 8;

/// Bytes before the payload in the data of FLASH_DATA and its kin.
const DATA_HEADER_BYTES: usize = 16;

/// A request as it was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Request<'a> {
    pub(crate) direction: u8,
    pub(crate) op: u8,
    pub(crate) checksum: u32,
    pub(crate) data: &'a [u8],
    /// Whether the length in the header is the length of the data.
    pub(crate) is_whole: bool,
}

impl<'a> Request<'a> {
    /// Reads a frame; `None` when it is too short to say what is asked.
    pub(crate) fn read(frame: &'a [u8]) -> Option<Self> {
        let (header, data) = frame.split_at_checked(HEADER_BYTES)?;
        let [direction, op, low, high, c0, c1, c2, c3] = header.try_into().ok()?;
        Some(Self {
            direction,
            op,
            checksum: u32::from_le_bytes([c0, c1, c2, c3]),
            data,
            is_whole: usize::from(u16::from_le_bytes([low, high])) == data.len(),
        })
    }

    /// The word at this place of the data; zero beyond its end.
    pub(crate) fn word(&self, index: usize) -> u32 {
        word(self.data, index)
    }

    /// What follows the size and the sequence number; `None` if the size says otherwise.
    pub(crate) fn payload(&self) -> Option<&'a [u8]> {
        let payload = self.data.get(DATA_HEADER_BYTES..)?;
        (self.word(0) as usize == payload.len()).then_some(payload)
    }
}

/// The little-endian word at this place; zero beyond the end.
pub(crate) fn word(bytes: &[u8], index: usize) -> u32 {
    let four = bytes.get(index * 4..index * 4 + 4);
    four.and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// All bytes joined by exclusive or, from a fixed beginning.
pub(crate) fn checksum(bytes: &[u8]) -> u8 {
    /// What the ROM begins with.
    const SEED: u8 = 0xef;
    bytes.iter().fold(SEED, |sum, byte| sum ^ byte)
}

/// A reply in its frame.
pub(crate) fn reply(op: u8, value: u32, data: &[u8], status: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + status.len()).unwrap_or(u16::MAX);
    let mut bytes = vec![1, op];
    bytes.extend(length.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes.extend(data);
    bytes.extend(status);
    slip::encode(&bytes)
}
