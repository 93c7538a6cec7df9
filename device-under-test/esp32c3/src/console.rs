//! What is typed on the console: on UART 0, and on the USB socket of boards without a bridge.
//!
//! The registers are looked at, and no driver is asked: a driver would set the UART up anew, which drops what is on its way.

use esp_hal::peripherals::{UART0, USB_DEVICE};

/// Takes what came in, as much of it as fits, and gives how much that is.
pub(crate) fn take(into: &mut [u8]) -> usize {
    let mut count = 0;
    for to in into {
        let Some(byte) = next() else { break };
        *to = byte;
        count += 1;
    }
    count
}

fn next() -> Option<u8> {
    let uart = UART0::regs();
    if uart.status().read().rxfifo_cnt().bits() > 0 {
        return Some(uart.fifo().read().rxfifo_rd_byte().bits());
    }
    let usb = USB_DEVICE::regs();
    let is_there = usb.ep1_conf().read().serial_out_ep_data_avail().bit_is_set();
    is_there.then(|| usb.ep1().read().rdwr_byte().bits())
}
