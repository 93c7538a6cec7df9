//! What loaders are told and what they answer, as bytes on the line. Pure.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

/// SLIP: what ends a frame, and how its own bytes stand inside one.
const END: u8 = 0xc0;
const ESCAPE: u8 = 0xdb;
const ESCAPED_END: u8 = 0xdc;
const ESCAPED_ESCAPE: u8 = 0xdd;

/// Bytes of a frame: the longest is a block of 16 KiB with its head. What is longer is noise.
const FRAME_BYTES_MAX: usize = 64 * 1024;

/// With what the checksum of data begins.
const CHECKSUM_SEED: u8 = 0xef;

/// The numbers of the commands.
pub(crate) mod op {
    pub(crate) const FLASH_BEGIN: u8 = 0x02;
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
    pub(crate) const FLASH_MD5: u8 = 0x13;
    pub(crate) const GET_SECURITY_INFO: u8 = 0x14;
    pub(crate) const ERASE_FLASH: u8 = 0xd0;
    pub(crate) const READ_FLASH: u8 = 0xd2;
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    /// The command that it answers.
    pub(crate) op: u8,
    /// The value of a register that was read; else anything.
    pub(crate) value: u32,
    /// All behind the head, the status with it.
    pub(crate) data: Vec<u8>,
}

/// A frame around these bytes.
pub(crate) fn frame(bytes: &[u8]) -> Vec<u8> {
    let mut framed = vec![END];
    for byte in bytes {
        match *byte {
            END => framed.extend([ESCAPE, ESCAPED_END]),
            ESCAPE => framed.extend([ESCAPE, ESCAPED_ESCAPE]),
            byte => framed.push(byte),
        }
    }
    framed.push(END);
    framed
}

/// A command, framed.
pub(crate) fn request(op: u8, data: &[u8], checksum: u8) -> Vec<u8> {
    let mut bytes = vec![0, op];
    bytes.extend(u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(u32::from(checksum).to_le_bytes());
    bytes.extend(data);
    frame(&bytes)
}

/// The data of a command that is only words.
pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The data of a command that brings a block, and its checksum.
pub(crate) fn block(sequence: u32, bytes: &[u8]) -> (Vec<u8>, u8) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut data = words(&[length, sequence, 0, 0]);
    data.extend(bytes);
    (data, bytes.iter().fold(CHECKSUM_SEED, |sum, byte| sum ^ byte))
}

/// The data of SYNC.
pub(crate) fn sync() -> Vec<u8> {
    let mut data = vec![0x07, 0x07, 0x12, 0x20];
    data.resize(36, 0x55);
    data
}

impl Reply {
    /// Reads a frame; `None` when it is no answer.
    pub(crate) fn read(frame: &[u8]) -> Option<Self> {
        let (head, data) = frame.split_at_checked(8)?;
        let length = u16::from_le_bytes([head[2], head[3]]);
        if head[0] != 1 || usize::from(length) != data.len() || data.len() < 2 {
            return None;
        }
        let value = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        Some(Self { op: head[1], value, data: data.to_vec() })
    }
}

/// Takes frames out of what comes in; what stands between frames is kept apart, since it is what the chip prints.
#[derive(Debug, Default)]
pub(crate) struct Deframer {
    open: Option<Vec<u8>>,
    is_escaped: bool,
}

impl Deframer {
    /// Takes bytes, cut anywhere; gives whole frames, empty ones left out. What stands outside of frames goes to `outside`.
    pub(crate) fn feed(&mut self, bytes: &[u8], outside: &mut Vec<u8>) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        for byte in bytes {
            let Some(open) = &mut self.open else {
                match *byte {
                    END => self.open = Some(Vec::new()),
                    byte => outside.push(byte),
                }
                continue;
            };
            match (std::mem::take(&mut self.is_escaped), *byte) {
                // Two ends in a row: the first ended noise, the second begins a frame.
                (_, END) if open.is_empty() => {}
                (_, END) => frames.extend(self.open.take()),
                (true, ESCAPED_END) => open.push(END),
                (true, ESCAPED_ESCAPE) => open.push(ESCAPE),
                (_, ESCAPE) => self.is_escaped = true,
                (_, byte) => open.push(byte),
            }
            if self.open.as_ref().is_some_and(|open| open.len() > FRAME_BYTES_MAX) {
                outside.extend(self.open.take().unwrap_or_default());
            }
        }
        frames
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sync_stands_as_in_the_documents_of_the_protocol() {
        let framed = request(op::SYNC, &sync(), 0);
        assert_eq!(framed[..13], [0xc0, 0, 8, 0x24, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20]);
        assert_eq!(framed.len(), 46);
    }

    #[test]
    fn what_a_chip_prints_is_kept_apart_from_its_answers() {
        let mut bytes = b"waiting for download\r\n".to_vec();
        bytes.extend(frame(&[1, 8, 4, 0, 7, 7, 0x12, 0x20, 0, 0, 0, 0]));
        let mut outside = Vec::new();
        let frames = Deframer::default().feed(&bytes, &mut outside);
        assert_eq!(outside, b"waiting for download\r\n");
        let reply = Reply::read(&frames[0]).unwrap();
        assert_eq!((reply.op, reply.value, reply.data), (8, 0x2012_0707, vec![0; 4]));
    }

    #[test]
    fn frames_that_are_no_answers_are_not_read() {
        for frame in
            [&b""[..], b"OHAI", &[1, 8, 9, 0, 0, 0, 0, 0, 0, 0], &[0, 8, 2, 0, 0, 0, 0, 0, 0, 0]]
        {
            assert_eq!(Reply::read(frame), None);
        }
    }

    proptest! {
        #[test]
        fn a_frame_comes_out_as_it_went_in(bytes in proptest::collection::vec(any::<u8>(), 1..200), cut in 0usize..200) {
            let framed = frame(&bytes);
            let (first, second) = framed.split_at(cut.min(framed.len()));
            let (mut deframer, mut outside) = (Deframer::default(), Vec::new());
            let mut frames = deframer.feed(first, &mut outside);
            frames.extend(deframer.feed(second, &mut outside));
            prop_assert_eq!(frames, vec![bytes]);
            prop_assert!(outside.is_empty());
        }

        #[test]
        fn any_bytes_are_taken_without_a_panic(bytes: Vec<u8>) {
            for frame in Deframer::default().feed(&bytes, &mut Vec::new()) {
                let _ = Reply::read(&frame);
            }
        }
    }
}
