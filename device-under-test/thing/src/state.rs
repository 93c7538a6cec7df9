//! What a thing knows across its sleep, and the bytes that it is kept as.
//!
//! The bytes, numbers little-endian, a text as its length in one byte and its UTF-8:
//!
//! | what | bytes |
//! | --- | --- |
//! | `SRT` and the version, 1 | 4 |
//! | length of all, checksum included | 2 |
//! | the kind's name | text |
//! | flags: adopted 1, brief 2, experienced 4, unfinished 8 | 1 |
//! | `sleep` in seconds | 2 |
//! | `test`, `test_param` | text, 8 |
//! | the kind's own params | 2 × 4 |
//! | handled changes: fingerprint, time stamp | 4 × (8 + 8) |
//! | unfinished operation: key, value | text, text |
//! | status still to be delivered | text |
//! | CRC-32 of all before | 4 |

use crate::buffer::Buffer;
use crate::checksum::crc32;
use crate::limits::{SLEEP_S_DEFAULT, SLEEP_S_MAX, SLEEP_S_MIN, STATE_BYTES_MAX};
use crate::limits::{STATUS_BYTES_MAX, TEST_NAME_BYTES_MAX};
use crate::text::Text;

/// A status: the outcome of operations in words.
pub(crate) type Status = Text<STATUS_BYTES_MAX>;

/// Own params that a kind can have.
pub(crate) const OWN_PARAMS_MAX: usize = 2;

/// Changes that are remembered: that of `sleep`, and one for each operation of a kind.
pub(crate) const HANDLED_MAX: usize = 4;

/// Bytes of the value in the message about an operation that was interrupted.
pub(crate) const VALUE_BYTES_MAX: usize = 40;

/// Bytes of the longest key of an operation.
const KEY_BYTES_MAX: usize = 16;

const MAGIC: &[u8; 3] = b"SRT";
const VERSION: u8 = 1;
const HEAD_BYTES: usize = MAGIC.len() + 1 + 2;
const CHECKSUM_BYTES: usize = 4;

// The longest state fits: each text counts its length byte.
const _: () = assert!(
    HEAD_BYTES
        + (1 + KEY_BYTES_MAX)
        + 1
        + 2
        + (1 + TEST_NAME_BYTES_MAX)
        + 8
        + 4 * OWN_PARAMS_MAX
        + 16 * HANDLED_MAX
        + (1 + KEY_BYTES_MAX)
        + (1 + VALUE_BYTES_MAX)
        + (1 + STATUS_BYTES_MAX)
        + CHECKSUM_BYTES
        <= STATE_BYTES_MAX
);

/// The current values of what can be desired.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Params {
    pub(crate) sleep_s: u16,
    pub(crate) test: Text<TEST_NAME_BYTES_MAX>,
    pub(crate) test_param: i64,
    /// The kind says what each of them means.
    pub(crate) own: [i32; OWN_PARAMS_MAX],
}

/// A change that was answered, by deed or by refusal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Handled {
    /// What was desired, as a hash; zero for nothing.
    pub(crate) fingerprint: u64,
    /// When it was desired by the server's clock; zero when the server did not say.
    pub(crate) desired_at_s: u64,
}

/// An operation that was begun and has not ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Unfinished {
    pub(crate) key: Text<KEY_BYTES_MAX>,
    pub(crate) value: Text<VALUE_BYTES_MAX>,
}

/// All that a thing keeps.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct State {
    /// Whether a shadow was ever seen. Before that the params are only a guess.
    pub(crate) is_adopted: bool,
    /// Whether the next report leaves out all that is only echoed, since the last one was too much.
    pub(crate) is_brief: bool,
    /// Whether an operation ever ran.
    pub(crate) is_experienced: bool,
    pub(crate) params: Params,
    pub(crate) handled: [Handled; HANDLED_MAX],
    pub(crate) unfinished: Option<Unfinished>,
    /// What is still to be delivered; empty when nothing is.
    pub(crate) status: Status,
}

/// Why kept bytes cannot be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum StateError {
    /// The checksum is not that of the bytes.
    BadChecksum,
    /// A value is none that this program writes.
    BadValue,
    /// Another kind of thing wrote it.
    OtherKind,
    /// Another version of this program wrote it.
    OtherVersion { version: u8 },
    /// It is something else altogether.
    NotState,
    /// It ends too early.
    Torn,
}

impl State {
    /// The state of a device that was never used.
    pub(crate) fn fresh(own: [i32; OWN_PARAMS_MAX]) -> Self {
        let params =
            Params { sleep_s: SLEEP_S_DEFAULT, test: Text::of(&["none"]), test_param: 0, own };
        Self {
            is_adopted: false,
            is_brief: false,
            is_experienced: false,
            params,
            handled: [Handled::default(); HANDLED_MAX],
            unfinished: None,
            status: Status::new(),
        }
    }

    /// Writes the state, at most [`STATE_BYTES_MAX`] bytes, and gives the checksum in it.
    pub(crate) fn write(&self, kind: &str, buffer: &mut Buffer<'_>) -> u32 {
        let flags = u8::from(self.is_adopted)
            | u8::from(self.is_brief) << 1
            | u8::from(self.is_experienced) << 2
            | u8::from(self.unfinished.is_some()) << 3;
        buffer.push(&[0; HEAD_BYTES]);
        push_text(buffer, kind);
        buffer.push(&[flags]);
        buffer.push(&self.params.sleep_s.to_le_bytes());
        push_text(buffer, self.params.test.as_str());
        buffer.push(&self.params.test_param.to_le_bytes());
        for own in self.params.own {
            buffer.push(&own.to_le_bytes());
        }
        for handled in self.handled {
            buffer.push(&handled.fingerprint.to_le_bytes());
            buffer.push(&handled.desired_at_s.to_le_bytes());
        }
        if let Some(unfinished) = &self.unfinished {
            push_text(buffer, unfinished.key.as_str());
            push_text(buffer, unfinished.value.as_str());
        }
        push_text(buffer, self.status.as_str());
        let length = (buffer.len() + CHECKSUM_BYTES) as u16;
        let [low, high] = length.to_le_bytes();
        buffer.overwrite(0, &[MAGIC[0], MAGIC[1], MAGIC[2], VERSION, low, high]);
        let checksum = crc32(buffer.written().iter().copied());
        buffer.push(&checksum.to_le_bytes());
        checksum
    }

    /// Reads what [`State::write`] wrote; bytes after it do not matter.
    pub(crate) fn read(kind: &str, bytes: &[u8]) -> Result<Self, StateError> {
        let mut reader = Reader { rest: checked(bytes)? };
        if reader.text()? != kind {
            return Err(StateError::OtherKind);
        }
        let flags = reader.byte()?;
        let params = Params {
            sleep_s: u16::from_le_bytes(reader.array()?),
            test: reader.owned_text()?,
            test_param: i64::from_le_bytes(reader.array()?),
            own: [i32::from_le_bytes(reader.array()?), i32::from_le_bytes(reader.array()?)],
        };
        if !(SLEEP_S_MIN..=SLEEP_S_MAX).contains(&params.sleep_s) {
            return Err(StateError::BadValue);
        }
        let mut handled = [Handled::default(); HANDLED_MAX];
        for entry in &mut handled {
            entry.fingerprint = u64::from_le_bytes(reader.array()?);
            entry.desired_at_s = u64::from_le_bytes(reader.array()?);
        }
        let unfinished = match flags & 8 {
            0 => None,
            _ => Some(Unfinished { key: reader.owned_text()?, value: reader.owned_text()? }),
        };
        Ok(Self {
            is_adopted: flags & 1 != 0,
            is_brief: flags & 2 != 0,
            is_experienced: flags & 4 != 0,
            params,
            handled,
            unfinished,
            status: reader.owned_text()?,
        })
    }
}

/// The fields between head and checksum, once both were found right.
fn checked(bytes: &[u8]) -> Result<&[u8], StateError> {
    if !bytes.starts_with(MAGIC) {
        return Err(StateError::NotState);
    }
    let mut reader = Reader { rest: bytes.get(MAGIC.len()..).unwrap_or_default() };
    let version = reader.byte()?;
    if version != VERSION {
        return Err(StateError::OtherVersion { version });
    }
    let length = usize::from(u16::from_le_bytes(reader.array()?));
    let Some(before_checksum) = length.checked_sub(CHECKSUM_BYTES) else {
        return Err(StateError::Torn);
    };
    let (Some(covered), Some(checksum)) =
        (bytes.get(..before_checksum), bytes.get(before_checksum..length))
    else {
        return Err(StateError::Torn);
    };
    if checksum != crc32(covered.iter().copied()).to_le_bytes() {
        return Err(StateError::BadChecksum);
    }
    covered.get(HEAD_BYTES..).ok_or(StateError::Torn)
}

fn push_text(buffer: &mut Buffer<'_>, text: &str) {
    // Every text is kept in a `Text` of at most 255 bytes.
    buffer.push(&[text.len() as u8]);
    buffer.push_str(text);
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], StateError> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(StateError::BadValue)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], StateError> {
        self.take(N)?.try_into().map_err(|_| StateError::BadValue)
    }

    fn byte(&mut self) -> Result<u8, StateError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn text(&mut self) -> Result<&'a str, StateError> {
        let length = usize::from(self.byte()?);
        core::str::from_utf8(self.take(length)?).map_err(|_| StateError::BadValue)
    }

    fn owned_text<const N: usize>(&mut self) -> Result<Text<N>, StateError> {
        let text = Text::of(&[self.text()?]);
        if text.is_cut() { Err(StateError::BadValue) } else { Ok(text) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KIND: &str = "signal-thing";

    fn written(state: &State) -> Vec<u8> {
        let mut memory = [0; STATE_BYTES_MAX];
        let mut buffer = Buffer::new(&mut memory);
        state.write(KIND, &mut buffer);
        assert!(!buffer.is_overflown());
        buffer.written().to_vec()
    }

    fn fullest() -> State {
        State {
            is_adopted: true,
            is_brief: true,
            is_experienced: true,
            params: Params {
                sleep_s: 600,
                test: Text::of(&["t".repeat(TEST_NAME_BYTES_MAX).as_str()]),
                test_param: i64::MIN,
                own: [i32::MIN, i32::MAX],
            },
            handled: [Handled { fingerprint: u64::MAX, desired_at_s: u64::MAX }; HANDLED_MAX],
            unfinished: Some(Unfinished {
                key: Text::of(&["k".repeat(KEY_BYTES_MAX).as_str()]),
                value: Text::of(&["v".repeat(VALUE_BYTES_MAX).as_str()]),
            }),
            status: Text::of(&["s".repeat(STATUS_BYTES_MAX).as_str()]),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for state in [State::fresh([0, -1]), fullest()] {
            assert_eq!(State::read(KIND, &written(&state)), Ok(state));
        }
    }

    #[test]
    fn bytes_after_the_state_do_not_matter() {
        let mut bytes = written(&fullest());
        bytes.resize(2048, 0xff);
        assert_eq!(State::read(KIND, &bytes), Ok(fullest()));
    }

    #[test]
    fn what_another_wrote_is_told_apart() {
        let bytes = written(&fullest());
        assert_eq!(State::read("shade-thing", &bytes), Err(StateError::OtherKind));
        assert_eq!(State::read(KIND, b"{}"), Err(StateError::NotState));
        assert_eq!(State::read(KIND, &[0xff; 512]), Err(StateError::NotState));
        let newer = [b"SRT\x02", &bytes[4..]].concat();
        assert_eq!(State::read(KIND, &newer), Err(StateError::OtherVersion { version: 2 }));
    }

    #[test]
    fn a_state_torn_anywhere_is_found_out() {
        let bytes = written(&fullest());
        for length in 3..bytes.len() {
            let torn = State::read(KIND, &bytes[..length]);
            assert!(matches!(torn, Err(StateError::Torn | StateError::BadValue)), "{length}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_bit_is_found_out(at in 0_usize..480, bit in 0_u8..8) {
            let mut bytes = written(&fullest());
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(State::read(KIND, &bytes).is_err());
        }

        #[test]
        fn any_bytes_with_a_right_checksum_are_read_without_a_panic(fields: Vec<u8>) {
            let length = (HEAD_BYTES + fields.len() + CHECKSUM_BYTES) as u16;
            let mut bytes = b"SRT\x01".to_vec();
            bytes.extend(length.to_le_bytes());
            bytes.extend(fields);
            bytes.extend(crc32(bytes.iter().copied()).to_le_bytes());
            let _ = State::read(KIND, &bytes);
        }
    }
}
