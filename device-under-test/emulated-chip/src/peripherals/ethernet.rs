//! The OpenCores Ethernet MAC that public emulators of this chip have at the place of its Wi-Fi unit. No real chip has it.
//!
//! Source: "Ethernet IP Core Specification", revision 1.19, chapters 3 (registers) and 4 (descriptors).

use std::collections::VecDeque;

use super::interrupts::Source;
use super::plain::Plain;

/// Bytes of the longest frame without its checksum.
pub const FRAME_BYTES_MAX: usize = 1514;
/// Bytes of the shortest one; shorter ones are padded.
const FRAME_BYTES_MIN: usize = 60;
/// Bytes of the checksum, which a received length counts.
const CHECKSUM_BYTES: usize = 4;

/// Frames that wait for the program to make room; what comes on top is lost, as in a switch.
const WAITING_MAX: usize = 64;

const MODER: u32 = 0x00;
const INT_SOURCE: u32 = 0x04;
const INT_MASK: u32 = 0x08;
const TX_BD_NUM: u32 = 0x20;
const MAC_LOW: u32 = 0x40;
const MAC_HIGH: u32 = 0x44;
const DESCRIPTORS_AT: u32 = 0x400;
const DESCRIPTORS: usize = 128;
const DESCRIPTORS_END: u32 = DESCRIPTORS_AT + 8 * DESCRIPTORS as u32;

const RECEIVES: u32 = 1;
const TRANSMITS: u32 = 1 << 1;
const TAKES_ALL: u32 = 1 << 5;

/// Of a descriptor: the device owns it; it asks for an interrupt; it is the last of its kind.
const OWNED: u32 = 1 << 15;
const INTERRUPTS: u32 = 1 << 14;
const LAST: u32 = 1 << 13;

const SENT: u32 = 1;
const RECEIVED: u32 = 1 << 2;

/// A piece of the chip's memory that is read or written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    pub(crate) address: u32,
    pub(crate) length: usize,
}

/// The device.
#[derive(Debug)]
pub(crate) struct Ethernet {
    mode: u32,
    raw: u32,
    mask: u32,
    transmitters: usize,
    descriptors: [[u32; 2]; DESCRIPTORS],
    sends_next: usize,
    receives_next: usize,
    waiting: VecDeque<Vec<u8>>,
    others: Plain,
}

impl Ethernet {
    pub(super) fn new() -> Self {
        Self {
            mode: 0xa000,
            raw: 0,
            mask: 0,
            transmitters: 0x40,
            descriptors: [[0; 2]; DESCRIPTORS],
            sends_next: 0,
            receives_next: 0,
            waiting: VecDeque::new(),
            others: Plain::default(),
        }
    }

    /// A frame came in on the wire.
    pub(crate) fn arrive(&mut self, frame: &[u8]) {
        let is_for_all = frame.first().is_some_and(|byte| byte & 1 == 1);
        let is_mine = frame.get(..6) == Some(&self.address()[..]);
        let is_taken = is_for_all || is_mine || self.mode & TAKES_ALL != 0;
        let fits = (14..=FRAME_BYTES_MAX).contains(&frame.len());
        if is_taken && fits && self.mode & RECEIVES != 0 && self.waiting.len() < WAITING_MAX {
            self.waiting.push_back(frame.to_vec());
        }
    }

    fn address(&self) -> [u8; 6] {
        let [c, d, e, f] = self.others.read(MAC_LOW).to_be_bytes();
        let [_, _, a, b] = self.others.read(MAC_HIGH).to_be_bytes();
        [a, b, c, d, e, f]
    }

    /// The next frame that the program wants to be sent. Its descriptor is given back.
    pub(crate) fn next_to_send(&mut self) -> Option<Piece> {
        if self.mode & TRANSMITS == 0 || self.transmitters == 0 {
            return None;
        }
        let [status, address] = self.descriptors[self.sends_next];
        if status & OWNED == 0 {
            return None;
        }
        self.descriptors[self.sends_next][0] = status & !OWNED & !0x1ff;
        let is_last = status & LAST != 0 || self.sends_next + 1 >= self.transmitters;
        self.sends_next = if is_last { 0 } else { self.sends_next + 1 };
        if status & INTERRUPTS != 0 {
            self.raw |= SENT;
        }
        let length = ((status >> 16) as usize).min(FRAME_BYTES_MAX);
        Some(Piece { address, length })
    }

    /// The next frame that goes into the program's memory, and where.
    pub(crate) fn next_received(&mut self) -> Option<(u32, Vec<u8>)> {
        let first = self.transmitters;
        let at = self.receives_next.clamp(first.min(DESCRIPTORS - 1), DESCRIPTORS - 1);
        let [status, address] = self.descriptors[at];
        if status & OWNED == 0 {
            return None;
        }
        let mut frame = self.waiting.pop_front()?;
        frame.resize(frame.len().max(FRAME_BYTES_MIN), 0);
        let length = (frame.len() + CHECKSUM_BYTES) as u32;
        self.descriptors[at][0] = length << 16 | status & (INTERRUPTS | LAST);
        let is_last = status & LAST != 0 || at + 1 >= DESCRIPTORS;
        self.receives_next = if is_last { first } else { at + 1 };
        if status & INTERRUPTS != 0 {
            self.raw |= RECEIVED;
        }
        Some((address, frame))
    }

    pub(super) fn asking(&self) -> u64 {
        u64::from(self.raw & self.mask != 0) << Source::Ethernet as u32
    }

    pub(super) fn read(&self, offset: u32) -> u32 {
        match offset {
            MODER => self.mode,
            INT_SOURCE => self.raw,
            INT_MASK => self.mask,
            TX_BD_NUM => self.transmitters as u32,
            DESCRIPTORS_AT..DESCRIPTORS_END => {
                let word = (offset - DESCRIPTORS_AT) as usize / 4;
                self.descriptors[word / 2][word % 2]
            }
            _ => self.others.read(offset),
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32) {
        match offset {
            MODER => {
                // Switched on, each direction begins with its first descriptor.
                if value & !self.mode & TRANSMITS != 0 {
                    self.sends_next = 0;
                }
                if value & !self.mode & RECEIVES != 0 {
                    self.receives_next = self.transmitters;
                }
                self.mode = value;
            }
            INT_SOURCE => self.raw &= !value,
            INT_MASK => self.mask = value,
            TX_BD_NUM => self.transmitters = (value as usize).min(DESCRIPTORS),
            DESCRIPTORS_AT..DESCRIPTORS_END => {
                let word = (offset - DESCRIPTORS_AT) as usize / 4;
                self.descriptors[word / 2][word % 2] = value;
            }
            _ => self.others.write(offset, value),
        }
    }
}
