//! SLIP: frames between two `C0`, with `C0` and `DB` inside written as two bytes.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

/// Ends and begins a frame.
const END: u8 = 0xc0;
/// Begins a pair that stands for one byte.
const ESCAPE: u8 = 0xdb;
/// After [`ESCAPE`]: stands for [`END`].
const ESCAPED_END: u8 = 0xdc;
/// After [`ESCAPE`]: stands for [`ESCAPE`].
const ESCAPED_ESCAPE: u8 = 0xdd;

/// Bytes of a frame, escapes undone. Twice the largest block that any tool sends (16 KiB) and its
/// headers; what is longer is dropped as a whole.
pub(crate) const FRAME_BYTES_MAX: usize = 0x8100;

/// Where the decoder is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// Between frames; bytes here are noise.
    Outside,
    Inside,
    AfterEscape,
    /// In a frame that is too long or wrongly escaped.
    Spoiled,
}

/// Finds frames in bytes that come in any pieces.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    place: Place,
    frame: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub(crate) const fn new() -> Self {
        Self { place: Place::Outside, frame: Vec::new() }
    }

    /// Takes one byte; gives the frame that it ends. Empty frames, bytes outside of frames, overlong
    /// and wrongly escaped frames are passed over.
    pub(crate) fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        match (self.place, byte) {
            (Place::Outside, END) => self.place = Place::Inside,
            (Place::Outside, _) => {}
            (Place::Inside, END) if self.frame.is_empty() => {}
            (Place::Inside, END) => {
                self.place = Place::Outside;
                return Some(std::mem::take(&mut self.frame));
            }
            (Place::Inside, ESCAPE) => self.place = Place::AfterEscape,
            (Place::Inside, byte) => self.keep(byte),
            (Place::AfterEscape, ESCAPED_END) => self.keep(END),
            (Place::AfterEscape, ESCAPED_ESCAPE) => self.keep(ESCAPE),
            (Place::AfterEscape | Place::Spoiled, END) => {
                // The end of a spoiled frame may as well be the beginning of the next.
                self.frame.clear();
                self.place = Place::Inside;
            }
            (Place::AfterEscape | Place::Spoiled, _) => self.place = Place::Spoiled,
        }
        None
    }

    fn keep(&mut self, byte: u8) {
        self.place = Place::Inside;
        if self.frame.len() == FRAME_BYTES_MAX {
            self.place = Place::Spoiled;
        } else {
            self.frame.push(byte);
        }
    }
}

/// The frame that carries these bytes.
pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(bytes.len() + 2);
    frame.push(END);
    for byte in bytes {
        match *byte {
            END => frame.extend([ESCAPE, ESCAPED_END]),
            ESCAPE => frame.extend([ESCAPE, ESCAPED_ESCAPE]),
            other => frame.push(other),
        }
    }
    frame.push(END);
    frame
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expected: &[&[u8]]) {
        let mut decoder = Decoder::new();
        let frames: Vec<_> = bytes.iter().filter_map(|byte| decoder.push(*byte)).collect();
        assert_eq!(frames, expected);
    }

    #[test]
    fn noise_and_empty_frames_are_passed_over() {
        check(b"boot\xc0\xc0\x01\xc0noise\xc0\x02\xc0", &[&[1], &[2]]);
    }

    #[test]
    fn escapes_are_undone() {
        check(b"\xc0\xdb\xdc\xdb\xdd\xc0", &[&[0xc0, 0xdb]]);
    }

    #[test]
    fn a_wrong_escape_spoils_its_frame_only() {
        check(b"\xc0\x01\xdb\x07\x02\xc0\x03\xc0", &[&[3]]);
    }

    #[test]
    fn a_frame_that_is_too_long_is_dropped() {
        let mut bytes = vec![7; FRAME_BYTES_MAX + 3];
        bytes[0] = 0xc0;
        bytes.extend(b"\xc0\x03\xc0");
        check(&bytes, &[&[3]]);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(bytes in proptest::collection::vec(any::<u8>(), 1..600)) {
            check(&encode(&bytes), &[&bytes]);
        }

        #[test]
        fn any_bytes_leave_the_decoder_able_to_read_on(noise: Vec<u8>) {
            let mut decoder = Decoder::new();
            for byte in noise.iter().chain(&[END, END]) {
                let _ = decoder.push(*byte);
            }
            let frames: Vec<_> =
                encode(&[9]).into_iter().filter_map(|byte| decoder.push(byte)).collect();
            prop_assert_eq!(frames, [[9]]);
        }
    }
}
