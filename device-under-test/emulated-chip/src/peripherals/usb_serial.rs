//! The USB-Serial-JTAG unit without a host on its socket: programs that ask find no frames, and print on the UART.

use super::interrupts::Source;
use super::plain::Plain;

const EP1: u32 = 0x00;
const EP1_CONF: u32 = 0x04;
const INT_RAW: u32 = 0x08;
const INT_ST: u32 = 0x0c;
const INT_ENA: u32 = 0x10;
const INT_CLR: u32 = 0x14;
const CONF0: u32 = 0x18;

/// There is room for bytes to send; none came in.
const ROOM: u32 = 1 << 1;

/// The unit.
#[derive(Debug)]
pub(super) struct UsbSerial(Plain);

impl UsbSerial {
    pub(super) fn new() -> Self {
        Self(Plain::with(&[(CONF0, 0x4200)]))
    }

    pub(super) fn asking(&self) -> u64 {
        // Nothing happens on a socket that nobody is at.
        0 << Source::Usb as u32
    }

    pub(super) fn read(&self, offset: u32) -> u32 {
        match offset {
            EP1 | INT_RAW | INT_ST | INT_CLR => 0,
            EP1_CONF => ROOM,
            _ => self.0.read(offset),
        }
    }

    pub(super) fn write(&mut self, offset: u32, value: u32) {
        match offset {
            EP1 | EP1_CONF | INT_RAW | INT_ST | INT_CLR => {}
            INT_ENA | CONF0.. => self.0.write(offset, value),
            _ => {}
        }
    }
}
