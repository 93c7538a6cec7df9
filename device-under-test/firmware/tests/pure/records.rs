//! What is kept, wherever the power is cut.

use firmware::SECTOR_BYTES;
use firmware::record::{RECORD_BYTES_MAX, Record, newest, next};
use proptest::prelude::*;

/// Two sectors of a flash, as the firmware uses them.
#[derive(Clone)]
struct Sectors([Vec<u8>; 2]);

impl Sectors {
    fn erased() -> Self {
        Self([vec![0xff; SECTOR_BYTES], vec![0xff; SECTOR_BYTES]])
    }

    fn kept(&self) -> Option<&[u8]> {
        newest(self.0.iter().map(Vec::as_slice)).map(|(_, record)| record.data)
    }

    /// Keeps the data; the power fails once so many bytes were erased and so many were programmed.
    fn keep(&mut self, data: &[u8], erased_bytes: usize, programmed_bytes: usize) {
        let (sequence, place) = next(newest(self.0.iter().map(Vec::as_slice)));
        let (bytes, length) = Record { sequence, data }.write();
        let sector = &mut self.0[place];
        let erased_bytes = erased_bytes.min(SECTOR_BYTES);
        sector[..erased_bytes].fill(0xff);
        if erased_bytes == SECTOR_BYTES {
            // A flash can only clear bits.
            let bytes = &bytes[..length.min(programmed_bytes)];
            sector.iter_mut().zip(bytes).for_each(|(to, from)| *to &= from);
        }
    }

    fn keep_whole(&mut self, data: &[u8]) {
        self.keep(data, SECTOR_BYTES, RECORD_BYTES_MAX);
    }
}

#[test]
fn the_last_of_many_is_read() {
    let mut sectors = Sectors::erased();
    assert_eq!(sectors.kept(), None);
    for turn in 0..5 {
        sectors.keep_whole(&[turn; 40]);
        assert_eq!(sectors.kept(), Some(&[turn; 40][..]));
    }
}

#[test]
fn the_sequence_may_begin_again() {
    let (old, _) = Record { sequence: u32::MAX, data: b"old" }.write();
    let (new, _) = Record { sequence: 0, data: b"new" }.write();
    for places in [[&old[..], &new[..]], [&new[..], &old[..]]] {
        assert_eq!(newest(places).unwrap().1.data, b"new");
    }
    assert_eq!(next(newest([&old[..], &[0xff; 64]])), (0, 1));
}

#[test]
fn a_copy_in_memory_counts_as_a_place() {
    let (memory, _) = Record { sequence: 8, data: b"memory" }.write();
    let (flash, _) = Record { sequence: 7, data: b"flash" }.write();
    let after_a_sleep = newest([&flash[..], &[0xff; 64], &memory[..]]);
    assert_eq!(after_a_sleep.unwrap().1.data, b"memory");
    let after_a_power_cut = newest([&flash[..], &[0xff; 64], &[0x5a; 64]]);
    assert_eq!(after_a_power_cut.unwrap().1.data, b"flash");
}

proptest! {
    #[test]
    fn a_power_cut_at_any_byte_leaves_the_old_or_the_new(
        histories in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..512), 1..5),
        new in prop::collection::vec(any::<u8>(), 0..=512),
        erased_bytes in 0..=2 * SECTOR_BYTES,
        programmed_bytes in 0..=RECORD_BYTES_MAX,
    ) {
        let mut sectors = Sectors::erased();
        histories.iter().for_each(|data| sectors.keep_whole(data));
        let old = histories.last().unwrap().clone();
        sectors.keep(&new, erased_bytes, programmed_bytes);
        let kept = sectors.kept().unwrap().to_vec();
        let (_, length) = Record { sequence: 0, data: &new }.write();
        let is_complete = erased_bytes >= SECTOR_BYTES && programmed_bytes >= length;
        if is_complete {
            prop_assert_eq!(&kept, &new);
        } else {
            prop_assert!(kept == old || kept == new);
        }
        // And the next one is kept whatever was left behind.
        sectors.keep_whole(b"next");
        prop_assert_eq!(sectors.kept(), Some(&b"next"[..]));
    }

    #[test]
    fn a_changed_bit_is_found_out(data in prop::collection::vec(any::<u8>(), 0..512), at: prop::sample::Index, bit in 0_u8..8) {
        let (mut bytes, length) = Record { sequence: 3, data: &data }.write();
        bytes[at.index(length)] ^= 1 << bit;
        prop_assert_eq!(Record::read(&bytes[..length]), None);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
        let _ = Record::read(&bytes);
        let _ = Record::read(&[b"KEPT", &bytes[..]].concat());
    }
}
