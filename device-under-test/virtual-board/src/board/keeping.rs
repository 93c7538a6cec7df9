//! What a program keeps in the flash: each write of it is seen, and the power can be cut there.

use emulated_chip::FlashMemory;
use firmware::record::{self, SECTORS};

use super::machine::Board;
use crate::app::Region;
use crate::flash::Flash;
use crate::io::{CutAtWrite, Event, Output, WriteCut};
use crate::time::Moment;

/// The records of the program that runs, and the power cuts that wait for one.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    /// Where its records begin.
    places: [u32; SECTORS.len()],
    /// Each with how many writes still pass before.
    waiting: Vec<(CutAtWrite, u32)>,
    /// The write that goes on.
    write: Option<Write>,
    /// Those that ended, and are not told yet.
    ended: Vec<(usize, Option<CutAtWrite>)>,
    /// The power went in the last write; whoever has the flash does nothing more.
    is_dark: bool,
}

/// A record that is being written.
#[derive(Clone, Copy, Debug)]
struct Write {
    at: u32,
    end: u32,
    /// Bytes of what is kept.
    bytes: usize,
    cut: Option<CutAtWrite>,
}

/// The flash, as a program has it.
pub(super) struct Watched<'a> {
    pub(super) flash: &'a mut Flash,
    pub(super) keeping: &'a mut Keeping,
}

impl Keeping {
    /// Another program runs, or the same one again.
    pub(super) fn begin(&mut self, region: Region) {
        self.places = SECTORS.map(|sector| region.sector(sector as u32));
        (self.write, self.is_dark) = (None, false);
    }

    /// Cuts the power at a write.
    pub(super) fn cut_at(&mut self, cut: CutAtWrite) {
        self.waiting.push((cut, cut.after));
    }

    /// Nothing waits any more.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// What of these bytes reaches the flash.
    fn pass<'d>(&mut self, address: u32, data: &'d [u8]) -> &'d [u8] {
        if self.is_dark {
            return &[];
        }
        let is_place = self.places.contains(&address);
        if let Some(bytes) = record::announced(data).filter(|_| is_place) {
            let end = address.saturating_add(record::length(bytes) as u32);
            self.write = Some(Write { at: address, end, bytes, cut: self.next_cut() });
        }
        let Some(write) = self.write.filter(|write| (write.at..write.end).contains(&address))
        else {
            return data;
        };
        let is_last = address.saturating_add(data.len() as u32) >= write.end;
        let passed = match write.cut.map(|cut| cut.at) {
            Some(WriteCut::Before) => &[],
            Some(WriteCut::During) => &data[..data.len() / 2],
            // More pages follow.
            Some(WriteCut::After) | None if !is_last => return data,
            Some(WriteCut::After) | None => data,
        };
        self.write = None;
        self.is_dark = write.cut.is_some();
        self.ended.push((write.bytes, write.cut));
        passed
    }

    fn next_cut(&mut self) -> Option<CutAtWrite> {
        let due = self.waiting.iter().position(|(_, after)| *after == 0);
        let cut = due.map(|place| self.waiting.remove(place).0);
        for (_, after) in &mut self.waiting {
            *after = after.saturating_sub(1);
        }
        cut
    }
}

impl FlashMemory for Watched<'_> {
    fn read(&self, address: u32, length: u32) -> &[u8] {
        self.flash.read(address, length)
    }

    fn size(&self) -> u32 {
        self.flash.size()
    }

    fn erase(&mut self, address: u32, length: u32) -> bool {
        self.keeping.is_dark || self.flash.erase(address, length).is_ok()
    }

    fn program(&mut self, address: u32, data: &[u8]) -> bool {
        let passed = self.keeping.pass(address, data);
        self.flash.program(address, passed).is_ok()
    }

    fn jedec_id(&self) -> [u8; 3] {
        self.flash.jedec_id()
    }

    fn has_power(&self) -> bool {
        !self.keeping.is_dark
    }
}

impl Board {
    /// Tells of what the program kept, and cuts the power if it was to be cut there.
    pub(super) fn tell_of_kept(&mut self, now: Moment) {
        for (bytes, cut) in std::mem::take(&mut self.keeping.ended) {
            self.outputs.push(Output::Event(Event::Keep { bytes, cut }));
            if cut.is_some() {
                self.power_cut(now);
            }
        }
    }
}
