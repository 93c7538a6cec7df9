//! The serial line from the board to the host: what is sent takes its time, and arrives garbled when
//! the two ends have different rates.
#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::VecDeque;
use std::time::Duration;

use crate::fault::Faults;
use crate::setup::Fidelity;
use crate::time::Moment;

/// Bytes that wait to be sent. What comes on top is lost, as in a UART without flow control; the
/// longest reply has 8 KiB.
const QUEUE_BYTES_MAX: usize = 256 * 1024;

/// Bits of a byte on the line: one before, eight, one after.
const BITS_OF_BYTE: u64 = 10;

/// Rates that differ by less than this many percent understand each other.
const TOLERANCE_PERCENT: u64 = 4;

/// Bytes that were sent at one rate.
#[derive(Clone, Debug)]
struct Burst {
    /// When its last byte has left.
    at: Moment,
    baud: u32,
    bytes: Vec<u8>,
}

/// The line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    fidelity: Fidelity,
    /// The rate of the board's end.
    pub(crate) baud: u32,
    /// The rate of the host's end, once it is known.
    pub(crate) host_baud: Option<u32>,
    /// When what is sent now begins to leave.
    free_at: Moment,
    /// Until when an operation of the flash keeps the chip from sending.
    held_until: Moment,
    queue: VecDeque<Burst>,
    queued_bytes: usize,
}

impl Line {
    pub(crate) const fn new(fidelity: Fidelity) -> Self {
        Self {
            fidelity,
            baud: 115_200,
            host_baud: None,
            free_at: Moment::START,
            held_until: Moment::START,
            queue: VecDeque::new(),
            queued_bytes: 0,
        }
    }

    pub(crate) fn send(&mut self, now: Moment, bytes: Vec<u8>) {
        if self.queued_bytes + bytes.len() > QUEUE_BYTES_MAX {
            return;
        }
        let bits = BITS_OF_BYTE * bytes.len() as u64;
        let time = match self.fidelity {
            Fidelity::Fast => Duration::ZERO,
            Fidelity::Faithful => {
                Duration::from_micros(bits * 1_000_000 / u64::from(self.baud.max(1)))
            }
        };
        self.free_at = self.free_at.max(now).after(time);
        self.queued_bytes += bytes.len();
        self.queue.push_back(Burst { at: self.free_at, baud: self.baud, bytes });
    }

    /// Sends nothing more for a while.
    pub(crate) fn hold(&mut self, now: Moment, span: Duration) {
        self.free_at = self.free_at.max(now).after(span);
        self.held_until = self.free_at;
    }

    /// Ends what holds the line: a reset stops an operation of the flash, and its answer is never sent.
    pub(crate) fn let_go(&mut self, now: Moment) {
        if self.held_until <= now {
            return;
        }
        let held_until = std::mem::replace(&mut self.held_until, now);
        self.queue.retain(|burst| burst.at < held_until);
        self.queued_bytes = self.queue.iter().map(|burst| burst.bytes.len()).sum();
        self.free_at = self.queue.back().map_or(now, |burst| burst.at);
    }

    /// Forgets what has not left.
    pub(crate) fn clear(&mut self, now: Moment) {
        self.queue.clear();
        self.queued_bytes = 0;
        self.free_at = now;
    }

    /// When the next bytes arrive.
    pub(crate) fn wake_at(&self) -> Option<Moment> {
        self.queue.front().map(|burst| burst.at)
    }

    /// What has arrived by now.
    pub(crate) fn arrived(&mut self, now: Moment, faults: &mut Faults) -> Vec<u8> {
        let mut arrived = Vec::new();
        while let Some(burst) = self.queue.pop_front_if(|burst| burst.at <= now) {
            self.queued_bytes -= burst.bytes.len();
            let garbled = self.garbled(burst.baud, faults, burst.bytes);
            arrived.extend(faults.on_the_way(garbled));
        }
        arrived
    }

    /// What the board understands of bytes from the host.
    pub(crate) fn heard(&self, faults: &Faults, bytes: Vec<u8>) -> Vec<u8> {
        self.garbled(self.baud, faults, bytes)
    }

    fn garbled(&self, baud: u32, faults: &Faults, mut bytes: Vec<u8>) -> Vec<u8> {
        let host_baud = self.host_baud.unwrap_or(baud);
        let is_checked = self.fidelity == Fidelity::Faithful || faults.baud_check;
        let differs = is_checked && !is_near(baud, host_baud);
        let is_too_fast = faults.baud_max.is_some_and(|baud_max| baud.max(host_baud) > baud_max);
        if differs || is_too_fast {
            // Any change will do that makes no frame of a frame.
            bytes.iter_mut().for_each(|byte| *byte = byte.rotate_left(3) ^ 0x9d);
        }
        bytes
    }
}

fn is_near(one: u32, other: u32) -> bool {
    u64::from(one.abs_diff(other)) * 100 <= u64::from(one.max(other)) * TOLERANCE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_faithful_line_takes_its_time() {
        let mut line = Line::new(Fidelity::Faithful);
        let mut faults = Faults::default();
        line.send(Moment::START, vec![0; 1152]);
        let due = Moment::START.after(Duration::from_millis(100));
        assert_eq!(line.wake_at(), Some(due));
        assert_eq!(line.arrived(Moment::START, &mut faults), b"");
        assert_eq!(line.arrived(due, &mut faults).len(), 1152);
    }

    #[test]
    fn rates_that_differ_garble() {
        let mut line = Line::new(Fidelity::Faithful);
        let faults = Faults::default();
        for (host_baud, is_garbled) in [(115_200, false), (117_000, false), (74_880, true)] {
            line.host_baud = Some(host_baud);
            assert_eq!(line.heard(&faults, vec![1, 2]) != [1, 2], is_garbled, "{host_baud}");
        }
    }
}
