//! The OpenCores Ethernet MAC that public emulators of this chip have. No real chip has it.
//!
//! The device reads and writes frames in memory that it is told of. That memory is made of atomics, so that the compiler
//! knows that somebody else changes it. It is asked for news every millisecond instead of interrupting: an emulator's time
//! costs no battery.

use core::sync::atomic::{AtomicU32, Ordering, fence};
use core::task::{Context, Waker};

use embassy_net::driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_time::{Duration, Instant};
use esp_hal::efuse::base_mac_address;
use firmware::Reason;

use crate::network::Settings;

/// Where its registers are.
const REGISTERS_AT: usize = 0x600c_d000;

/// Offsets of the registers that are used (OpenCores, "Ethernet IP Core Specification", section 3).
const MODE: usize = 0x00;
const TRANSMIT_DESCRIPTORS: usize = 0x20;
const ADDRESS_LOW: usize = 0x40;
const ADDRESS_HIGH: usize = 0x44;
const DESCRIPTORS: usize = 0x400;

/// `MODE`: receive, transmit, add the checksum, pad short frames.
const MODE_ON: u32 = 1 | 1 << 1 | 1 << 13 | 1 << 15;

/// A descriptor that the device owns: a frame to send, or room for one.
const OWNED: u32 = 1 << 15;
/// The last descriptor of its kind.
const LAST: u32 = 1 << 13;
/// Pad the frame, and add its checksum.
const PAD_AND_CHECK: u32 = 1 << 12 | 1 << 11;

/// Bytes of the longest frame, checksum included, in whole words.
const FRAME_BYTES: usize = 1536;
const FRAME_WORDS: usize = FRAME_BYTES / 4;
/// Bytes of the checksum that a received length counts.
const CHECKSUM_BYTES: usize = 4;
/// Bytes of the longest frame without its checksum.
const MTU: usize = 1514;

/// Frames that can wait to be taken.
const RECEIVE_FRAMES: usize = 4;

type Frame = [AtomicU32; FRAME_WORDS];

static RECEIVED: [Frame; RECEIVE_FRAMES] =
    [const { [const { AtomicU32::new(0) }; FRAME_WORDS] }; RECEIVE_FRAMES];
static SENT: Frame = [const { AtomicU32::new(0) }; FRAME_WORDS];

/// The device, and which room it fills next.
pub(crate) struct Device {
    next: usize,
}

/// There is nothing to join: the cable is in.
pub(crate) struct Link;

impl Link {
    pub(crate) async fn join(&mut self) -> Result<(), Reason> {
        Ok(())
    }
}

/// Starts the device.
pub(crate) fn open(_settings: Settings) -> (Link, Device) {
    let mac = address();
    register(MODE).store(0, Ordering::Relaxed);
    register(TRANSMIT_DESCRIPTORS).store(1, Ordering::Relaxed);
    let [first, second, low @ ..] = mac;
    register(ADDRESS_LOW).store(u32::from_be_bytes(low), Ordering::Relaxed);
    register(ADDRESS_HIGH).store(u32::from_be_bytes([0, 0, first, second]), Ordering::Relaxed);
    point(0, &SENT, LAST | PAD_AND_CHECK);
    for (index, frame) in RECEIVED.iter().enumerate() {
        point(1 + index, frame, OWNED | last(index));
    }
    register(MODE).store(MODE_ON, Ordering::Relaxed);
    (Link, Device { next: 0 })
}

fn address() -> [u8; 6] {
    let mut mac = [0; 6];
    mac.copy_from_slice(base_mac_address().as_bytes());
    mac
}

const fn last(index: usize) -> u32 {
    if index + 1 == RECEIVE_FRAMES { LAST } else { 0 }
}

/// A register as what it is: a word that somebody else changes.
#[expect(unsafe_code, reason = "a register is memory only by its address")]
fn register(offset: usize) -> &'static AtomicU32 {
    // SAFETY: the address is a multiple of four, and that of a register of the device for as long as the program runs; no
    // Rust object lives there.
    unsafe { AtomicU32::from_ptr((REGISTERS_AT + offset) as *mut u32) }
}

/// The status word of a descriptor; the transmitting one is the first.
fn status(descriptor: usize) -> &'static AtomicU32 {
    register(DESCRIPTORS + 8 * descriptor)
}

fn point(descriptor: usize, frame: &'static Frame, flags: u32) {
    let at = frame.as_ptr() as usize as u32;
    register(DESCRIPTORS + 8 * descriptor + 4).store(at, Ordering::Relaxed);
    status(descriptor).store(flags, Ordering::Relaxed);
}

/// Looks again in a millisecond.
fn look_again(waker: &Waker) {
    let at = Instant::now() + Duration::from_millis(1);
    embassy_time_driver::schedule_wake(at.as_ticks(), waker);
}

impl Driver for Device {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sent;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(Received, Sent)> {
        let index = self.next;
        if status(1 + index).load(Ordering::Acquire) & OWNED != 0 || !is_free() {
            look_again(context.waker());
            return None;
        }
        self.next = (index + 1) % RECEIVE_FRAMES;
        Some((Received { index }, Sent))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<Sent> {
        if is_free() {
            return Some(Sent);
        }
        look_again(context.waker());
        None
    }

    fn link_state(&mut self, _context: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MTU;
        capabilities.max_burst_size = Some(1);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(address())
    }
}

fn is_free() -> bool {
    status(0).load(Ordering::Acquire) & OWNED == 0
}

/// A frame that came.
pub(crate) struct Received {
    index: usize,
}

impl RxToken for Received {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, take: F) -> R {
        let descriptor = 1 + self.index;
        let length = (status(descriptor).load(Ordering::Acquire) >> 16) as usize;
        let length = length.saturating_sub(CHECKSUM_BYTES).min(FRAME_BYTES);
        let mut frame = [0; FRAME_BYTES];
        for (bytes, word) in frame.chunks_exact_mut(4).zip(&RECEIVED[self.index]) {
            bytes.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        status(descriptor).store(OWNED | last(self.index), Ordering::Release);
        take(&mut frame[..length])
    }
}

/// The right to send a frame.
pub(crate) struct Sent;

impl TxToken for Sent {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, fill: F) -> R {
        let mut frame = [0; FRAME_BYTES];
        let length = length.min(FRAME_BYTES);
        let outcome = fill(&mut frame[..length]);
        for (bytes, word) in frame.as_chunks().0.iter().zip(&SENT) {
            word.store(u32::from_le_bytes(*bytes), Ordering::Relaxed);
        }
        fence(Ordering::Release);
        let flags = OWNED | LAST | PAD_AND_CHECK;
        status(0).store((length as u32) << 16 | flags, Ordering::Release);
        outcome
    }
}
