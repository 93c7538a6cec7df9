//! What is to happen, in the order of its time. Of two that have the same time, the one that was decided first happens first.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::cloud::Sender;
use crate::drive::sim::device::Told;
use crate::drive::sim::wire::Wire;
use crate::time::Moment;

/// Something that is to happen.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) at: Moment,
    /// Counts decisions, so that no two are equal.
    number: u64,
    pub(super) device: u32,
    /// The life of the device that it belongs to; it is dropped when that is over.
    pub(super) life: u32,
    pub(super) due: Due,
}

/// What is to happen.
#[derive(Debug)]
pub(super) enum Due {
    /// The cloud sees a connection.
    Accept { connection: u16 },
    /// The program starts.
    Booted,
    /// The app side changes what is desired. It belongs to no life.
    Change,
    /// The power comes back, or comes for the first time.
    PowerOn,
    /// The cloud reads a request.
    Request { sender: Sender, bytes: Vec<u8> },
    /// The sleep is over.
    SleepOver,
    /// The device may have waited long enough.
    Tick,
    /// The device hears what it asked for.
    Told(Told),
    /// The device hears something on a connection.
    Wire { connection: u16, what: Wire },
}

impl Due {
    /// A number for what it is, that takes part in a digest.
    pub(super) const fn kind(&self) -> u64 {
        match self {
            Self::Accept { .. } => 1,
            Self::Booted => 2,
            Self::Change => 3,
            Self::PowerOn => 4,
            Self::Request { bytes, .. } => 5 + bytes.len() as u64 * 16,
            Self::SleepOver => 6,
            Self::Tick => 7,
            Self::Told(_) => 8,
            Self::Wire { what: Wire::Bytes(bytes), .. } => 9 + bytes.len() as u64 * 16,
            Self::Wire { .. } => 10,
        }
    }
}

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue {
    heap: BinaryHeap<Item>,
    last: u64,
}

impl Queue {
    pub(super) fn push(&mut self, at: Moment, (device, life): (u32, u32), due: Due) {
        self.last += 1;
        self.heap.push(Item { at, number: self.last, device, life, due });
    }

    /// The next one, if it is due before the end.
    pub(super) fn pop(&mut self, end: Moment) -> Option<Item> {
        if self.heap.peek()?.at >= end {
            return None;
        }
        self.heap.pop()
    }
}

impl Ord for Item {
    /// The greatest is the one that is due first, as the heap gives it out first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Item {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_decided_first_happens_first_among_equals() {
        let mut queue = Queue::default();
        let at = |millis| Moment::at(std::time::Duration::from_millis(millis));
        for (device, millis) in [(1, 20), (2, 10), (3, 20), (4, 10), (5, 30)] {
            queue.push(at(millis), (device, 0), Due::Tick);
        }
        let order: Vec<_> =
            std::iter::from_fn(|| queue.pop(at(30))).map(|item| item.device).collect();
        assert_eq!(order, [2, 4, 1, 3]);
    }
}
