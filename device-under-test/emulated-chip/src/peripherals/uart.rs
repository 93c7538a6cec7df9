//! UART 0: the console.

use std::collections::VecDeque;

use super::interrupts::Source;
use super::plain::Plain;
use crate::clock::TICKS_PER_S;

/// Bytes that wait to be sent, and bytes that wait to be read.
const FIFO_BYTES: usize = 128;

/// Bits of a byte on the line: one before, eight, one after.
const BITS: u64 = 10;
/// The rate that the boot loader leaves behind.
const BAUD: u64 = 115_200;
/// Cycles of the bus clock in a second, from which the divider makes the rate.
const APB_HZ: u64 = 80_000_000;
const XTAL_HZ: u64 = 40_000_000;

const FIFO: u32 = 0x00;
const INT_RAW: u32 = 0x04;
const INT_ST: u32 = 0x08;
const INT_ENA: u32 = 0x0c;
const INT_CLR: u32 = 0x10;
const CLKDIV: u32 = 0x14;
const STATUS: u32 = 0x1c;
const CONF0: u32 = 0x20;
const CONF1: u32 = 0x24;
const FSM_STATUS: u32 = 0x6c;
const CLK_CONF: u32 = 0x78;
const ID: u32 = 0x80;

const INT_RX_FULL: u32 = 1;
const INT_TX_EMPTY: u32 = 1 << 1;
const INT_TX_DONE: u32 = 1 << 14;
const RX_RESET: u32 = 1 << 17;

/// The UART.
#[derive(Debug)]
pub(crate) struct Uart {
    sent: Vec<u8>,
    /// When the last byte that was written has left.
    free_at: u64,
    received: VecDeque<u8>,
    divider: Option<u32>,
    clock: u32,
    enabled: u32,
    raw: u32,
    threshold: usize,
    others: Plain,
}

impl Uart {
    pub(super) fn new() -> Self {
        Self {
            sent: Vec::new(),
            free_at: 0,
            received: VecDeque::new(),
            divider: None,
            clock: 3 << 20 | 1 << 12,
            enabled: 0,
            raw: 0,
            threshold: 96,
            others: Plain::with(&[(CONF0, 0x1000_001c), (CONF1, 0xc060), (ID, 0x500)]),
        }
    }

    /// Ticks of a byte on the line.
    fn byte_ticks(&self) -> u64 {
        let sixteenths = self
            .divider
            .map_or(0, |divider| u64::from(divider & 0xfff) * 16 + u64::from(divider >> 20 & 15));
        let source = if self.clock >> 20 & 3 == 1 { APB_HZ } else { XTAL_HZ };
        let source = source / (u64::from(self.clock >> 12 & 0xff) + 1).max(1);
        let baud = (source * 16).checked_div(sixteenths).map_or(BAUD, |baud| baud.max(1));
        BITS * TICKS_PER_S / baud
    }

    fn waiting(&self, now: u64) -> usize {
        let waiting = self.free_at.saturating_sub(now).div_ceil(self.byte_ticks());
        usize::try_from(waiting).unwrap_or(usize::MAX)
    }

    /// When there is room for one more byte.
    pub(crate) fn has_room_at(&self, now: u64) -> u64 {
        let full = self.byte_ticks() * (FIFO_BYTES as u64 - 1);
        self.free_at.saturating_sub(full).max(now)
    }

    /// Sends a byte; without room it is lost.
    pub(crate) fn send(&mut self, byte: u8, now: u64) {
        if self.waiting(now) < FIFO_BYTES {
            self.sent.push(byte);
            self.free_at = self.free_at.max(now) + self.byte_ticks();
        }
    }

    /// When all has left.
    pub(crate) const fn free_at(&self) -> u64 {
        self.free_at
    }

    pub(crate) fn take_sent(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.sent)
    }

    /// A byte came in; without room it is lost.
    pub(crate) fn receive(&mut self, byte: u8) {
        if self.received.len() < FIFO_BYTES {
            self.received.push_back(byte);
        }
        if self.received.len() >= self.threshold.min(1) {
            self.raw |= INT_RX_FULL;
        }
    }

    pub(super) fn asking(&self) -> u64 {
        // Asked for when it is enabled: the sender is never far from empty.
        let raw = self.raw | INT_TX_EMPTY | INT_TX_DONE;
        u64::from(raw & self.enabled != 0) << Source::Uart0 as u32
    }

    pub(super) fn read(&mut self, offset: u32, now: u64) -> u32 {
        match offset {
            FIFO => u32::from(self.received.pop_front().unwrap_or_default()),
            INT_RAW => self.raw | INT_TX_EMPTY | INT_TX_DONE,
            INT_ST => (self.raw | INT_TX_EMPTY | INT_TX_DONE) & self.enabled,
            INT_ENA => self.enabled,
            INT_CLR | FSM_STATUS => 0,
            CLKDIV => self.divider.unwrap_or(0x15b),
            STATUS => {
                let sending = self.waiting(now).min(FIFO_BYTES) as u32;
                // Lines that are idle are high.
                0xe000_c000 | sending << 16 | self.received.len() as u32
            }
            CLK_CONF => self.clock,
            // An update of the registers is done at once.
            ID => self.others.read(ID) & !(1 << 31),
            _ => self.others.read(offset),
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32, now: u64) {
        match offset {
            FIFO => self.send(value as u8, now),
            INT_ENA => self.enabled = value,
            INT_CLR => self.raw &= !value,
            CLKDIV => self.divider = Some(value),
            CLK_CONF => self.clock = value,
            CONF0 => {
                if value & RX_RESET != 0 {
                    self.received.clear();
                }
                self.others.write(offset, value);
            }
            CONF1 => {
                self.threshold = (value & 0x1ff) as usize;
                self.others.write(offset, value);
            }
            INT_RAW | INT_ST | STATUS | FSM_STATUS => {}
            _ => self.others.write(offset, value),
        }
    }
}
