//! Code that tools put into RAM.

/// Segments of one upload; tools send two.
const SEGMENTS_MAX: usize = 32;

/// A piece of RAM.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Segment {
    address: u32,
    length: u32,
}

/// What MEM_BEGIN announced and MEM_DATA filled since the last reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upload {
    segments: Vec<Segment>,
    pub(crate) current: Option<Current>,
}

/// The segment that is being sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Current {
    pub(crate) remaining: u32,
    pub(crate) block_size: u32,
    pub(crate) sequence: u32,
}

impl Upload {
    pub(crate) fn begin(&mut self, total: u32, block_size: u32, address: u32) {
        self.current = Some(Current { remaining: total, block_size, sequence: 0 });
        let segment = Segment { address, length: total };
        if self.segments.len() < SEGMENTS_MAX && !self.segments.contains(&segment) {
            self.segments.push(segment);
        }
    }

    /// Where the segment with this address in it begins.
    pub(crate) fn segment_of(&self, entry: u32) -> Option<u32> {
        let holds = |segment: &&Segment| {
            entry.checked_sub(segment.address).is_some_and(|inside| inside < segment.length)
        };
        self.segments.iter().rev().find(holds).map(|segment| segment.address)
    }
}
